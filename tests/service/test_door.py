"""The attacks that hit others, and the answer that each gets here; the engine is the real process."""

from __future__ import annotations

import http.client
import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol.engine import Endpoint
from lumiere_engine.protocol.places import endpoint_file


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One engine for this page."""
    return tmp_path_factory.mktemp("door") / "home"


@pytest.fixture(scope="module")
def client(home: Path, tools: Any) -> Iterator[EngineClient]:
    client = EngineClient(home)
    client.info()
    yield client
    tools.end(home)


@pytest.fixture(scope="module")
def endpoint(client: EngineClient) -> Endpoint:
    found = client.connection.found()
    assert found is not None
    return found


def ask(
    endpoint: Endpoint,
    method: str = "GET",
    path: str = "/engine",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    *,
    without: tuple[str, ...] = (),
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers of a request that is right but for what is said here."""
    right = {"Host": f"127.0.0.1:{endpoint.port}", "Authorization": f"Bearer {endpoint.token}"}
    if method == "POST":
        right["Content-Type"] = "application/json"
        body = b"{}" if body is None else body
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {**right, **(headers or {})}.items():
        if name not in without:
            connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else {}, dict(answer.getheaders())


PORT = "{port}"
ATTACKS = [
    # who was hit by it                          method  path          headers                        status
    ("DNS rebinding: Ollama CVE-2024-28224", "GET", "/engine", {"Host": "evil.example"}, 421),
    ("the same, with our port", "GET", "/engine", {"Host": f"evil.example:{PORT}"}, 421),
    (
        "the same, with our address in its name",
        "GET",
        "/engine",
        {"Host": f"127.0.0.1.evil.example:{PORT}"},
        421,
    ),
    ("another port", "GET", "/engine", {"Host": "127.0.0.1:1"}, 421),
    ("no port", "GET", "/engine", {"Host": "127.0.0.1"}, 421),
    ("a name that ends in ours", "GET", "/engine", {"Host": f"evil-localhost:{PORT}"}, 421),
    ("a user in the host", "GET", "/engine", {"Host": f"a@127.0.0.1:{PORT}"}, 421),
    (
        "a web page: Ray CVE-2025-62593, Gradio CVE-2024-1727",
        "POST",
        "/yield",
        {"Origin": "https://a.example"},
        403,
    ),
    ("Origin: null, ComfyUI #13245", "POST", "/yield", {"Origin": "null"}, 403),
    (
        "our own origin: there are no pages of ours",
        "GET",
        "/engine",
        {"Origin": f"http://127.0.0.1:{PORT}"},
        403,
    ),
    ("an empty origin", "GET", "/engine", {"Origin": ""}, 403),
    ("an image tag", "GET", "/engine", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("a page on another port of this machine", "GET", "/engine", {"Sec-Fetch-Site": "same-site"}, 403),
    ("preflight", "OPTIONS", "/jobs", {"Access-Control-Request-Method": "POST"}, 405),
    ("preflight of a page", "OPTIONS", "/jobs", {"Origin": "https://a.example"}, 403),
    ("a wrong token", "GET", "/engine", {"Authorization": "Bearer " + "0" * 64}, 401),
    ("an empty token", "GET", "/engine", {"Authorization": "Bearer "}, 401),
    ("no scheme", "GET", "/engine", {"Authorization": "{token}"}, 401),
    ("half of the token", "GET", "/engine", {"Authorization": "Bearer {half}"}, 401),
    ("basic", "GET", "/engine", {"Authorization": "Basic {token}"}, 401),
    (
        "a form: Gradio CVE-2024-1727",
        "POST",
        "/yield",
        {"Content-Type": "application/x-www-form-urlencoded"},
        415,
    ),
    ("text, which needs no preflight", "POST", "/yield", {"Content-Type": "text/plain"}, 415),
    ("an upload", "POST", "/yield", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ("JSON by another name", "POST", "/yield", {"Content-Type": "application/json, text/plain"}, 415),
    ("a packed body", "POST", "/yield", {"Content-Encoding": "gzip"}, 415),
    ("a method that changes nothing here", "DELETE", "/jobs/1", {}, 405),
    ("a method override", "GET", "/yield", {"X-HTTP-Method-Override": "POST"}, 405),
    ("traversal: InvokeAI CVE-2024-11042, CVE-2025-6237", "GET", "/jobs/../../etc/passwd", {}, 404),
    ("the same, encoded", "GET", "/jobs/1/thumbnails/..%2f..%2fendpoint.json", {}, 404),
    ("the same, encoded twice", "GET", "/jobs/%252e%252e/thumbnails/1", {}, 404),
    ("a picture of no job", "GET", "/jobs/1/thumbnails/1", {}, 404),
    ("a negative number", "GET", "/jobs/-1", {}, 404),
    ("other digits", "GET", "/jobs/%D9%A1", {}, 404),
    ("a page", "GET", "/", {}, 404),
    ("a redirect", "GET", "/jobs/", {}, 404),
    ("a redirect to another host", "GET", "//evil.example/jobs", {}, 404),
    ("a head without a body", "HEAD", "/jobs", {}, 405),
    ("documentation of the API", "GET", "/openapi.json", {}, 404),
    ("static files", "GET", "/static/x.js", {}, 404),
]


@pytest.mark.parametrize(
    ("name", "method", "path", "headers", "status"), ATTACKS, ids=[a[0] for a in ATTACKS]
)
def test_an_attack_is_answered(
    name: str, method: str, path: str, headers: dict[str, str], status: int, endpoint: Endpoint
) -> None:
    known = {"port": str(endpoint.port), "token": endpoint.token, "half": endpoint.token[:32]}
    filled = {key: value.format(**known) for key, value in headers.items()}
    found, failure, answered = ask(endpoint, method, path, filled)
    assert found == status, failure
    assert method == "HEAD" or (failure["label"] == "Failure.1" and failure["message"])
    assert endpoint.token not in json.dumps(failure)
    names = {key.lower() for key in answered}
    assert not [
        key
        for key in names
        if key.startswith("access-control") or key in ("set-cookie", "server", "location")
    ]
    assert answered["content-type" if "content-type" in answered else "Content-Type"] == "application/json"
    assert ask(endpoint)[0] == 200  # and it still answers who may ask


@pytest.mark.parametrize("name", ["Authorization", "Host"])
def test_what_is_missing_is_not_assumed(name: str, endpoint: Endpoint) -> None:
    if name == "Host":
        said = raw(endpoint, "GET /engine HTTP/1.0\r\n\r\n")  # 1.1 without a host is refused by the parser
        assert b" 421 " in said.splitlines()[0]
    else:
        assert ask(endpoint, without=(name,))[0] == 401


def raw(endpoint: Endpoint, text: str, more: bytes = b"") -> bytes:
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=10) as connection:
        connection.sendall(text.encode() + more)
        said = b""
        while b"\r\n\r\n" not in said:
            part = connection.recv(65536)
            if not part:
                break
            said += part
        return said


def test_two_hosts_are_none(endpoint: Endpoint) -> None:
    host = f"Host: 127.0.0.1:{endpoint.port}\r\n"
    said = raw(endpoint, f"GET /engine HTTP/1.1\r\n{host}Host: evil.example\r\n\r\n")
    assert said.splitlines()[0].split()[1] in (b"400", b"421")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(endpoint: Endpoint) -> None:
    head = (
        f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\nAuthorization: Bearer {endpoint.token}\r\n"
        "Content-Type: application/json\r\n"
    )
    said = raw(endpoint, f"{head}Content-Length: {10**12}\r\n\r\n")
    assert b" 413 " in said.splitlines()[0]
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    said = raw(endpoint, f"{head}Transfer-Encoding: chunked\r\n\r\n", chunk * 65)
    assert b" 413 " in said.splitlines()[0]
    assert ask(endpoint)[0] == 200


def test_a_get_changes_nothing(endpoint: Endpoint, client: EngineClient) -> None:
    before = client.info()
    for path in ("/yield", "/queue/pause", "/engine/stop", "/jobs/1/cancel", "/roots", "/plan"):
        assert ask(endpoint, "GET", path)[0] in (404, 405)
    after = client.info()
    assert (after.paused, after.last_event, after.roots) == (before.paused, before.last_event, before.roots)


def test_only_its_user_can_read_the_endpoint(home: Path, endpoint: Endpoint) -> None:
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(endpoint_file(home).stat().st_mode) == 0o600
    assert len(bytes.fromhex(endpoint.token)) == 32


def test_it_listens_on_this_machine_alone(endpoint: Endpoint) -> None:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    mine = [address for address in listening if int(address.rpartition(":")[2], 16) == endpoint.port]
    assert mine == [f"0100007F:{endpoint.port:04X}"]


def test_each_start_has_another_token(tmp_path: Path, tools: Any) -> None:
    tokens = set()
    for _ in range(2):
        home = tmp_path / "home"
        EngineClient(home).info()
        found = EngineClient(home).connection.found()
        assert found is not None
        tokens.add(found.token)
        tools.end(home)
    assert len(tokens) == 2 and not endpoint_file(home).exists()
