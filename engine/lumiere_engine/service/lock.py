"""One engine per folder: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from ..protocol.errors import EngineError

FILE = "lock"


class InstanceLock:
    """Held as long as this object is not closed.

    Args:
        folder: the engine's.

    Raises:
        EngineError: another engine holds it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._file: IO[str] = (folder / FILE).open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError("an engine is already running", clip=str(folder)) from None
        except OSError as error:
            raise EngineError(
                f"the engine's folder cannot be used: {error.strerror}", clip=str(folder)
            ) from error

    def close(self) -> None:
        """Let another engine start."""
        self._file.close()
