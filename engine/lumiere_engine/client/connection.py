"""One way to the engine: finds it, starts it if need be, and finds it again after it was restarted."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Iterator, Optional

from ..protocol.engine import PROTOCOL, Endpoint
from ..protocol.errors import EngineError, EngineUnreachableError, LumiereError, RefusedError, from_wire
from ..protocol.places import VARIABLE, endpoint_file, log_file, state_folder
from ..protocol.wire import decode
from .interpreter import interpreter

_START_S = 20.0
_POLL_S = 0.01
_ANSWER_S = 60.0
_SILENCE_S = 15.0  # the engine is heard every 5 s at least
_TRIES = 4
_SPAWNS = 2
# The engines that this process has started: it must hear of their end.
_children: "list[subprocess.Popen[bytes]]" = []


class Connection:
    """Requests to the engine of one folder.

    Args:
        folder: the engine's; None takes the user's own.
        start: whether an engine is started where none runs.
        devices: what the jobs of an engine that is started here run on; None leaves it at what it was.
    """

    def __init__(
        self, folder: Optional[Path] = None, *, start: bool = True, devices: Optional[str] = None
    ) -> None:
        self.folder = state_folder() if folder is None else folder
        self._start, self._devices = start, devices

    def request(
        self, method: str, path: str, body: Optional[Any] = None, *, any_protocol: bool = False
    ) -> Any:
        """One call; safe to repeat, since all that is sent is idempotent or carries a key.

        Args:
            method: "GET" or "POST".
            path: of the call, with its query.
            body: a JSON-ready object; None sends an empty one.
            any_protocol: whether an engine of another version may be asked.

        Raises:
            LumiereError: what the engine answered.
            EngineUnreachableError: there is no engine, or it does not answer.
        """
        failure: Optional[Exception] = None
        stale: Optional[str] = None
        for attempt in range(_TRIES):
            endpoint = self.endpoint(stale, any_protocol=any_protocol)
            try:
                status, content = _exchange(endpoint, method, path, body)
            except ConnectionRefusedError as error:
                failure, stale = error, endpoint.token  # it was killed: nobody took its file away
                continue
            except (OSError, http.client.HTTPException) as error:
                failure = error  # it ended between the look at its file and the answer
                time.sleep(0.1 * (attempt + 1))
                continue
            if status == 401:
                stale = endpoint.token  # something else has its port by now
                continue
            return _understood(status, content)
        raise EngineUnreachableError(
            f"the engine does not answer: {failure or 'it refuses the token'}",
            clip=str(self.folder),
            remedy=f"see {log_file(self.folder)}",
        )

    def picture(self, path: str) -> bytes:
        """The content of a call that answers with a picture."""
        status, content = _exchange(self.endpoint(), "GET", path, None)
        if status != 200:
            _understood(status, content)
        return content

    def lines(self, path: str, last_event: Optional[int]) -> Iterator[str]:
        """The lines of a stream, until the engine ends it.

        Raises:
            OSError: it broke off.
        """
        endpoint = self.endpoint()
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=_SILENCE_S)
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        if last_event is not None:
            headers["Last-Event-ID"] = str(last_event)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                _understood(answer.status, answer.read())
            for line in answer:
                yield line.decode("utf-8", "replace").rstrip("\r\n")

    def endpoint(self, stale: Optional[str] = None, *, any_protocol: bool = False) -> Endpoint:
        """Where the engine listens; starts one if there is none and that is wanted.

        Args:
            stale: token of an engine that is known to be gone.
            any_protocol: whether one of another version will do.

        Raises:
            EngineUnreachableError: there is none.
            EngineError: it is of another version.
        """
        found = self.found(stale)
        if found is None:
            if not self._start:
                raise EngineUnreachableError("the engine is not running", remedy="lumiere engine start")
            found = self._started(stale)
        if found.protocol != PROTOCOL and not any_protocol:
            raise EngineError(
                f"the engine that runs is version {found.version} and speaks another protocol",
                remedy="lumiere engine stop, then try again",
            )
        return found

    def found(self, stale: Optional[str] = None) -> Optional[Endpoint]:
        """The endpoint of an engine that is alive, as far as can be told without asking it; None if there is none."""
        for child in _children:
            child.poll()  # one that was killed is no process any more only after that
        try:
            data = json.loads(endpoint_file(self.folder).read_bytes())
            endpoint = decode(Endpoint, data)
            os.kill(endpoint.pid, 0)
        except (OSError, ValueError, LumiereError, OverflowError):
            return None
        return None if endpoint.token == stale else endpoint

    def was_stopped(self) -> bool:
        """Whether the last engine ended because it was told to: then it took its endpoint file away."""
        return not endpoint_file(self.folder).exists()

    def _started(self, stale: Optional[str]) -> Endpoint:
        """Start an engine and wait until it listens.

        Several clients may do this at once: the engine's lock lets one of theirs live, and all find that.
        """
        deadline = time.monotonic() + _START_S
        began, process = self._spawn()
        again = _SPAWNS
        while time.monotonic() < deadline:
            found = self.found(stale)
            if found is not None:
                return found
            if process.poll() is not None and not self._locked():
                # ours found the lock taken by one that has ended since, or cannot live at all
                if not again:
                    break
                again -= 1
                time.sleep(0.1)
                began, process = self._spawn()
            time.sleep(_POLL_S)
        raise EngineError(
            self._last_words(began) or "the engine did not start", remedy=f"see {log_file(self.folder)}"
        )

    def _spawn(self) -> "tuple[int, subprocess.Popen[bytes]]":
        """An engine process, and how long the log was before it."""
        python, environment = interpreter(self.folder)
        devices = () if self._devices is None else ("--devices", self._devices)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with log_file(self.folder).open("ab") as log:
                process = subprocess.Popen(
                    [python, "-m", "lumiere_engine.service", *devices],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=str(self.folder),
                    env={**environment, VARIABLE: str(self.folder)},
                    start_new_session=True,
                )
                _children.append(process)
                return log.tell(), process
        except OSError as error:
            raise EngineError(
                f"the engine cannot be started: {error.strerror}",
                clip=str(self.folder),
                remedy=f"set {VARIABLE} to a folder of yours",
            ) from error

    def _locked(self) -> bool:
        """Whether an engine holds the lock: it listens, or will soon."""
        import fcntl

        with contextlib.suppress(OSError), (self.folder / "lock").open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _last_words(self, began: int) -> str:
        with contextlib.suppress(OSError), log_file(self.folder).open("rb") as log:
            log.seek(began)
            said = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
            if said:
                return said[-1].replace("lumiere: ", "", 1)
        return ""


def _exchange(endpoint: Endpoint, method: str, path: str, body: Optional[Any]) -> "tuple[int, bytes]":
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=_ANSWER_S)
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    content = None
    if method == "POST":
        headers["Content-Type"] = "application/json"
        content = json.dumps({} if body is None else body).encode()
    with contextlib.closing(connection):
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _understood(status: int, content: bytes) -> Any:
    try:
        data = json.loads(content)
    except ValueError:
        raise EngineError(f"the engine answered with status {status} and no JSON") from None
    if status == 200:
        return data
    error = from_wire(data if isinstance(data, dict) else {})
    if isinstance(error, RefusedError) and status == 401:
        raise EngineUnreachableError(
            "the engine refuses the token", remedy="lumiere engine stop, then try again"
        )
    raise error
