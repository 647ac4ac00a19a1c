"""The door: what does not come from a program of this user, on this machine, is turned away before anything is read.

A browser can be made to send requests here by any web page. It cannot leave out `Origin` on what it posts across
sites, cannot name our port's exact `Host` after rebinding a name, and does not know the token.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ..protocol.errors import LumiereError, RefusedError, SpecError
from .answers import failure

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY_BYTES = 4 << 20
BODY_S = 20.0
_METHODS = ("GET", "POST")
_JSON = ("application/json", "application/json;charset=utf-8")


class Door:
    """Stands before an ASGI application.

    Args:
        app: what is behind it; it finds a request's whole body in `scope["lumiere.body"]`.
        port: where the engine listens.
        token: what a client must bear.
    """

    def __init__(self, app: App, port: int, token: str) -> None:
        self._app = app
        self._hosts = (f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode())
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            return  # there are no web sockets
        refusal = self._refusal(scope)
        if refusal is None:
            body, refusal = await _body(scope, receive)
            scope["lumiere.body"] = body
        if refusal is not None:
            status, error = refusal
            headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
            await failure(error, status, headers)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, LumiereError] | None:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        if len(headers.get(b"host", ())) != 1 or headers[b"host"][0] not in self._hosts:
            return 421, RefusedError("the request names another host")
        if b"origin" in headers:
            return 403, RefusedError("requests of web pages are refused")
        if any(value != b"none" for value in headers.get(b"sec-fetch-site", ())):
            return 403, RefusedError("requests of web pages are refused")
        if not self._knows(headers.get(b"authorization", [])):
            return 401, RefusedError(
                "the token is missing or wrong",
                remedy="read the endpoint file again: it changes at each start",
            )
        if scope["method"] not in _METHODS:
            return 405, RefusedError("only GET and POST are known here")
        if scope["method"] == "POST":
            kind = b"".join(headers.get(b"content-type", [])).decode("latin-1").replace(" ", "").lower()
            if kind not in _JSON or b"content-encoding" in headers:
                return 415, SpecError("the body must be plain application/json")
        length = headers.get(b"content-length", [b"0"])[0]
        if not length.isdigit() or len(length) > 18 or int(length) > MOST_BODY_BYTES:
            return 413, SpecError(f"a body has at most {MOST_BODY_BYTES} bytes")
        return None

    def _knows(self, values: list[bytes]) -> bool:
        given = values[0] if len(values) == 1 else b""
        return hmac.compare_digest(given, b"Bearer " + self._token)


async def _body(scope: Scope, receive: Receive) -> tuple[bytes, tuple[int, LumiereError] | None]:
    """The whole body, as long as it stays within the limits of size and time."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return b"", (400, SpecError("the client went away"))
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > MOST_BODY_BYTES:
                    return b"", (413, SpecError(f"a body has at most {MOST_BODY_BYTES} bytes"))
                if not message.get("more_body", False):
                    return b"".join(parts), None
    except TimeoutError:
        return b"", (408, SpecError("the body did not arrive in time"))
