"""Whatever is sent, the answer is JSON with a status below 500, and the engine goes on."""

from __future__ import annotations

import copy
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import JobSpec, RemoveParams, Submit, WorkOrder
from lumiere_engine.protocol.wire import encode
from lumiere_engine.service.calls import CALLS
from lumiere_engine.service.schema import protocol_schema

SCHEMA = protocol_schema()
_AWKWARD = st.sampled_from(
    [None, True, -1, 0, 2**63, 10**40, 1e308, "", "\0", "\ud800", "../..", "/", "a" * 3000, [], {}, [[[]]]]
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, tools: Any) -> Iterator[EngineClient]:
    home = tmp_path_factory.mktemp("fuzz") / "home"
    client = EngineClient(home)
    client.pause_queue()
    yield client
    client.info()  # it is not stuck
    tools.end(home)


def send(engine: EngineClient, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
    endpoint = engine.connection.endpoint()
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=20)
    headers = {"Authorization": f"Bearer {endpoint.token}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content)


CALLED = [call for call in CALLS if call.path != "/engine/stop"]
paths = st.sampled_from(["1", "2", "999", "0", "-1", "9" * 30, "abc", "%00", "%2e%2e", "1e3"])
queries = st.sampled_from(
    [
        "",
        "?state=done",
        "?state=x",
        "?limit=0",
        "?limit=99999999999999999999",
        "?before=-1",
        "?a=1",
        "?state=%ff",
    ]
)


@pytest.mark.parametrize("call", CALLED, ids=lambda call: f"{call.method} {call.path}")
def test_nothing_that_follows_the_schema_or_nearly_does_is_a_500(
    call: Any, engine: EngineClient, from_schema: Any
) -> None:
    body = st.just({})
    if call.takes is not None:
        body = from_schema(SCHEMA["$defs"][call.takes.__name__], SCHEMA["$defs"], _AWKWARD)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(paths, min_size=2, max_size=2), queries, body)
    def check(numbers: list[str], query: str, data: Any) -> None:
        path = call.path
        for name, number in zip(("{job}", "{frame}"), numbers, strict=True):
            path = path.replace(name, number).replace("{timeline}", number)
        content = json.dumps(data).encode() if call.method == "POST" else None
        status, answer = send(engine, call.method, path + query, content)
        assert status < 500, (status, answer)
        assert isinstance(answer, dict) and ("label" in answer)

    check()


ORDER = WorkOrder(
    JobSpec("remove", "/tmp/a.mov", ("/tmp/m.mkv",), params=RemoveParams("draft")), "/tmp/none/o.mkv"
)
RIGHT = encode(Submit(ORDER, "key"))


def places(data: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    for key, part in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield from places(part, (*here, key))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=st.sampled_from(list(places(RIGHT))[1:]),
    junk=_AWKWARD | st.integers() | st.text(max_size=8),
    cut=st.booleans(),
)
def test_a_job_with_one_thing_wrong_is_no_500(
    place: tuple[Any, ...], junk: Any, cut: bool, engine: EngineClient
) -> None:
    data = copy.deepcopy(RIGHT)
    part = data
    for key in place[:-1]:
        part = part[key]
    if cut:
        del part[place[-1]]
    else:
        part[place[-1]] = junk
    status, answer = send(engine, "POST", "/jobs", json.dumps(data).encode())
    assert 400 <= status < 500 and answer["label"] == "Failure.1" and answer["message"]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_a_body_that_is_no_json_is_refused(body: bytes, engine: EngineClient) -> None:
    status, answer = send(engine, "POST", "/jobs", body)
    assert status == 400 and answer["label"] == "Failure.1"


@pytest.mark.parametrize(
    "body",
    [b"[" * 1_000_000, b'{"a":' * 100_000, b"9" * 100_000, b"1e999", b"NaN", b'"\\ud800"', b"\x00"],
    ids=repr,
)
def test_a_body_made_to_break_a_parser_is_refused(body: bytes, engine: EngineClient) -> None:
    assert send(engine, "POST", "/jobs", body)[0] == 400


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(noise=st.binary(max_size=300))
def test_noise_on_the_socket_hurts_nobody(noise: bytes, engine: EngineClient) -> None:
    port = engine.connection.endpoint().port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(noise)
    assert engine.info().pid


def test_those_who_never_finish_their_requests_block_nobody(engine: EngineClient) -> None:
    endpoint = engine.connection.endpoint()
    head = (
        f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\nAuthorization: Bearer {endpoint.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    slow = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(100)]
    try:
        for number, connection in enumerate(slow):
            connection.sendall(head.encode() if number % 2 else b"GET /engine HT")
        assert engine.info().pid and engine.jobs()
    finally:
        for connection in slow:
            connection.close()


def test_the_folder_of_the_engine_holds_what_it_should(engine: EngineClient) -> None:
    names = {path.name for path in Path(engine.connection.folder).iterdir()}
    assert names <= {
        "endpoint.json",
        "interpreter",
        "engine.log",
        "lock",
        "jobs",
        "queue.sqlite3",
        "queue.sqlite3-wal",
        "queue.sqlite3-shm",
        "queue.backup.sqlite3",
    }
