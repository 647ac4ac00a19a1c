"""A worker of the engine: it ends when the engine does, and is heard while it works."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1
_BEAT_S = 5.0


def end_with_engine() -> None:
    """See to it that no worker outlives its engine, whatever that dies of.

    The pipe from the engine breaks when it dies; on Linux the system itself ends the worker, too, even while a library
    holds Python's lock. What is finished lies on the shelves, so ending hard loses nothing.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_wait_for_the_end, name="engine", daemon=True).start()


def beat(say: Callable[[dict[str, Any]], None]) -> None:
    """Say every few seconds that this process is alive."""

    def beating() -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                time.sleep(_BEAT_S)
                say({"label": "Beat.1"})

    threading.Thread(target=beating, name="beat", daemon=True).start()


def _wait_for_the_end() -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    os.kill(os.getpid(), signal.SIGKILL)
