"""One child process: asked one thing, heard line by line, and never outliving the engine.

It runs in a session of its own, so that a Ctrl-C in the engine's terminal does not reach it, and holds a pipe from
the engine whose end tells it that the engine is gone.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..protocol.errors import LumiereError, OutOfMemory, WorkerError, from_wire
from ..protocol.worker import environment

GRACE_S = 20.0
_LAST_WORDS_BYTES = 64 * 1024
_RERUN = "retry it: it goes on from where it stopped"


class Child:
    """A running child process.

    Args:
        module: what it runs, as `python -m`.
        request: the one object that it reads from its standard input.
        log: file for what it prints to its standard error.
        surroundings: environment variables beside those of every worker.
    """

    def __init__(
        self, module: str, request: dict[str, Any], log: Path, surroundings: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**environment(), **(surroundings or {})},
                start_new_session=True,
            )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at once, which `answer` tells
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        self._killer: threading.Timer | None = None

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it says: labelled objects, one a line, until it ends; what libraries print is left out."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                data = json.loads(line)
            except ValueError:
                continue
            if isinstance(data, dict) and isinstance(data.get("label"), str):
                yield data

    def answer(self, last: dict[str, Any] | None) -> dict[str, Any]:
        """Wait for its end; `last` is its last message that was no progress.

        Raises:
            LumiereError: the failure that it told.
            WorkerError: it died without an answer.
            OutOfMemory: the system killed it, most likely for want of memory.
        """
        code = self._process.wait()
        if last is not None and last["label"] == "Failure.1":
            raise from_wire(last)
        if last is None or code != 0:
            raise self._death(code)
        return last

    def stop(self, grace_s: float) -> None:
        """Ask it to end, and make it end after `grace_s`; returns at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        if self._killer is None:
            self._killer = threading.Timer(grace_s, self.kill)
            self._killer.daemon = True
            self._killer.start()

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def close(self) -> None:
        """End it if it still runs, and let go of its pipes."""
        self.kill()
        self._process.wait()
        if self._killer is not None:
            self._killer.cancel()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()

    def _death(self, code: int) -> LumiereError:
        if code < 0:
            known = {number.value: number.name for number in signal.Signals}
            name = known.get(-code, f"signal {-code}")
            if -code == signal.SIGKILL:
                return OutOfMemory(f"the worker was killed by {name} (out of memory?)", remedy=_RERUN)
            return WorkerError(f"the worker was killed by {name}", remedy=_RERUN)
        words = self._last_words()
        return WorkerError(
            f"the worker died: {words}" if words else f"the worker died with code {code}", remedy=_RERUN
        )

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, self._log.stat().st_size - _LAST_WORDS_BYTES))
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:500] if said else ""
