"""The way to the engine: found, started if need be, and found again after it died; nothing here waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lumiere_engine.client import Connection
from lumiere_engine.protocol import LumiereError
from lumiere_engine.protocol.engine import Endpoint, Event
from lumiere_engine.protocol.errors import EngineError, EngineUnreachableError, from_wire
from lumiere_engine.protocol.wire import decode, encode, parse_json
from PySide6.QtCore import QByteArray, QObject, QTimer, QUrl, Signal
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest

from .background import Background

_SILENCE_MS = 15_000  # the engine is heard every 5 s at least
_AGAIN_MS = 300
_AGAIN_AFTER_FAILURE_MS = 3_000

Then = Callable[[Any], None]
Failed = Callable[[LumiereError], None]


class EngineLink(QObject):
    """Calls and events of the engine.

    Args:
        background: finds and starts the engine, which may take a second.
        parent: with which it ends.
    """

    state_changed = Signal(str, str)
    """"starting", "connected", "lost", "stopped" or "failed"; and a sentence for people."""
    heard = Signal(object)
    """An `Event`."""
    failed = Signal(object)
    """A `LumiereError` of a call that nobody else handles."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._endpoint: Endpoint | None = None
        self._stale: str | None = None  # token of an engine that is gone
        self._calls = QNetworkAccessManager(self)
        # one stream for each client on a manager of its own: six on one would block its calls
        self._streams = QNetworkAccessManager(self)
        self._stream: QNetworkReply | None = None
        self._buffer = b""
        self._last_event: int | None = None
        self._waiting: list[Callable[[], None]] = []
        self._closed = False
        self.state, self.message = "starting", "Starting the engine"
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setInterval(_SILENCE_MS)
        self._silence.timeout.connect(self._lost)

    def start(self) -> None:
        """Find the engine, or start it, and listen; also after somebody has stopped it."""
        if self._endpoint is None:
            self._stale = None
            self._find()

    def close(self) -> None:
        """Stop listening; the engine goes on."""
        self._closed = True
        self._drop_stream()

    def get(self, path: str, then: Then, failed: Failed | None = None) -> None:
        """Ask; `then` gets parsed JSON."""
        self._call("GET", path, None, lambda content: then(_parsed(content)), failed)

    def post(
        self, path: str, message: Any = None, then: Then | None = None, failed: Failed | None = None
    ) -> None:
        """Send a message of the protocol; `then` gets parsed JSON."""
        body = json.dumps({} if message is None else encode(message)).encode()
        self._call("POST", path, body, lambda content: then and then(_parsed(content)), failed)

    def picture(self, path: str, then: Then) -> None:
        """Ask for a picture; `then` gets its bytes, and nothing where there is none."""
        self._call("GET", path, None, then, lambda error: None)

    def _call(
        self, method: str, path: str, body: bytes | None, then: Then, failed: Failed | None, tries: int = 3
    ) -> None:
        if self._endpoint is None:
            self._waiting.append(lambda: self._call(method, path, body, then, failed, tries))
            return
        request = self._request(path)
        if body is None:
            reply = self._calls.get(request)
        else:
            request.setHeader(QNetworkRequest.KnownHeaders.ContentTypeHeader, "application/json")
            reply = self._calls.post(request, QByteArray(body))

        def finished() -> None:
            reply.deleteLater()
            status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
            content = bytes(reply.readAll().data())
            if self._closed:
                return
            if status == 200:
                then(content)
            elif status is None or status == 401:
                # it ended in between; all that is sent may be sent again, since it carries a key
                if tries > 1:
                    self._lost()
                    self._call(method, path, body, then, failed, tries - 1)
                else:
                    (failed or self.failed.emit)(EngineUnreachableError("the engine does not answer"))
            else:
                (failed or self.failed.emit)(_error(content, int(status)))

        reply.finished.connect(finished)

    def _request(self, path: str) -> QNetworkRequest:
        assert self._endpoint is not None
        request = QNetworkRequest(QUrl(f"http://127.0.0.1:{self._endpoint.port}{path}"))
        request.setRawHeader(b"Authorization", f"Bearer {self._endpoint.token}".encode())
        return request

    def _find(self) -> None:
        if self._closed:
            return
        stale = self._stale

        def look() -> Endpoint | None:
            connection = Connection()
            if stale is not None and connection.found(stale) is None and connection.was_stopped():
                return None
            return connection.endpoint(stale)

        self._background.do(look, self._found, failed=self._not_found, replaces="find engine")

    def _found(self, endpoint: Endpoint | None) -> None:
        if self._closed:
            return
        if endpoint is None:
            self._say("stopped", "The engine was stopped. Click here to start it again")
            return
        self._endpoint = endpoint
        self._listen()
        self._say("connected", "Engine ready")
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()

    def _not_found(self, error: LumiereError) -> None:
        self._say("failed", str(error))
        QTimer.singleShot(_AGAIN_AFTER_FAILURE_MS, self._find)

    def _listen(self) -> None:
        self._drop_stream()
        request = self._request("/events")
        if self._last_event is not None:
            request.setRawHeader(b"Last-Event-ID", str(self._last_event).encode())
        stream = self._stream = self._streams.get(request)
        self._buffer = b""
        stream.readyRead.connect(self._read)
        stream.finished.connect(self._lost)
        self._silence.start()

    def _read(self) -> None:
        if self._stream is None:
            return
        self._silence.start()
        self._buffer += bytes(self._stream.readAll().data())
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                event = decode(Event, parse_json(line[len(b"data: ") :]))
                self._last_event = event.id
                self.heard.emit(event)

    def _lost(self) -> None:
        """The engine ended, or was silent for too long: find it again, which starts it if need be."""
        if self._closed or self._endpoint is None:
            return
        self._stale, self._endpoint = self._endpoint.token, None
        self._drop_stream()
        self._say("lost", "The engine stopped: starting it again. Nothing is lost, what ran goes on")
        QTimer.singleShot(_AGAIN_MS, self._find)

    def _drop_stream(self) -> None:
        stream, self._stream = self._stream, None
        self._silence.stop()
        if stream is not None:
            stream.readyRead.disconnect(self._read)
            stream.finished.disconnect(self._lost)
            stream.abort()
            stream.deleteLater()

    def _say(self, state: str, message: str) -> None:
        self.state, self.message = state, message
        self.state_changed.emit(state, message)


def _parsed(content: bytes) -> Any:
    return parse_json(content)


def _error(content: bytes, status: int) -> LumiereError:
    try:
        return from_wire(json.loads(content))
    except (ValueError, AttributeError):
        return EngineError(f"the engine answered with status {status}")
