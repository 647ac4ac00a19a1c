"""The folder in which a job keeps what it has finished, so that an interrupted one goes on from there.

It lies beside the output, on the same disk, and is named by the job's fingerprint: the same command finds it
again, any other starts afresh. A finished job removes it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from ..protocol.errors import BusyError, LumiereError, OutputError
from ..protocol.places import GONE, kept_file, workspace_folder

Array = np.ndarray
# What the names of workspaces begin with that several jobs share; a job's own begins with its fingerprint.
BORROWING, PAINTING = "borrow", "style"
_USERS = "users"
_TRIES = 10
# NumPy parses an array's header with `ast`, which several threads at once can break (CPython up to 3.12).
_READING = threading.Lock()
OnKept = Callable[[str, int], None]


def _nobody(shelf: str, number: int) -> None:
    """Hears of entries where nobody else does."""


class Shelf:
    """Numbered arrays on disk, each there completely or not at all.

    Args:
        folder: where they lie.
        on_kept: hears of each entry that was put there.
    """

    def __init__(self, folder: Path, on_kept: OnKept = _nobody) -> None:
        self._folder = folder
        self._on_kept = on_kept
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, number: int) -> bool:
        """Whether entry `number` is there."""
        return self._path(number).exists()

    def put(self, number: int, **arrays: Array) -> None:
        """Store the arrays of entry `number`."""
        path = self._path(number)
        half = path.with_suffix(".half")
        try:
            with half.open("wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            half.replace(path)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise OutputError(
                f"cannot keep intermediate results: {error.strerror}",
                clip=str(self._folder),
                remedy="free some space or choose another output folder",
            ) from error
        self._on_kept(f"{self._folder.parent.name}/{self._folder.name}", number)

    def get(self, number: int, *names: str) -> dict[str, Array]:
        """The arrays of entry `number`; only those `names`, if any are given."""
        try:
            with _READING, np.load(self._path(number)) as arrays:
                return {name: arrays[name] for name in names or arrays.files}
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise LumiereError(
                f"intermediate results are damaged: {error}",
                clip=str(self._path(number)),
                remedy="delete that folder and run again",
            ) from error

    def adopt(self, other: Shelf, number: int) -> None:
        """Take over entry `number` of another shelf, if that has it and this one does not; both keep it."""
        source, path = other._path(number), self._path(number)
        if path.exists() or not source.exists():
            return
        half = path.with_suffix(".half")
        half.unlink(missing_ok=True)
        try:
            os.link(source, half)
        except OSError:  # not every file system has links
            shutil.copyfile(source, half)
        half.replace(path)
        self._on_kept(f"{self._folder.parent.name}/{self._folder.name}", number)

    def drop(self, number: int) -> None:
        """Forget entry `number`, if it is there."""
        self._path(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08d}.npz"


class Numbered:
    """A shelf whose entries are counted from `start`."""

    def __init__(self, shelf: Shelf, start: int) -> None:
        self._shelf, self._start = shelf, start

    def put(self, number: int, **arrays: Array) -> None:
        """See `Shelf.put`."""
        self._shelf.put(self._start + number, **arrays)

    def get(self, number: int, *names: str) -> dict[str, Array]:
        """See `Shelf.get`."""
        return self._shelf.get(self._start + number, *names)


class Workspace:
    """The folder of one job, locked against a second process.

    Args:
        output: the job's output; the folder is made beside it.
        fingerprint: of the job, or of the part of it that several jobs share.
        keep: whether it stays when the job is done.
        user: of a shared workspace, fingerprint of the job that opens it: it stays as long as that job's own does.
        on_kept: hears of each entry that is put on one of its shelves.
    """

    def __init__(
        self,
        output: Path,
        fingerprint: str,
        *,
        keep: bool = False,
        user: str | None = None,
        on_kept: OnKept = _nobody,
    ) -> None:
        self.folder = workspace_folder(output, fingerprint)
        self._output, self._keep = output, keep
        self._user = None if user is None else workspace_folder(output, user).name
        self._on_kept = on_kept
        self._lock: IO[str] | None = None

    def shelf(self, name: str) -> Shelf:
        """A shelf of this job."""
        return Shelf(self.folder / name, self._on_kept)

    @property
    def exists(self) -> bool:
        """Whether the folder is there."""
        return self.folder.is_dir()

    def conclude(self, facts: dict[str, Any], *shelves: str) -> None:
        """Mark a finished job's work as complete, with what is to be known of it; of its shelves only these stay."""
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name not in shelves:
                shutil.rmtree(folder, ignore_errors=True)
        final = kept_file(self.folder)
        half = final.with_suffix(".half")
        half.write_text(json.dumps(facts))
        half.replace(final)

    def facts(self) -> dict[str, Any] | None:
        """What `conclude` was told; None if the job was not finished, or nothing is kept of it."""
        try:
            facts = json.loads(kept_file(self.folder).read_text())
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None

    def beside(self, fingerprint: str) -> Workspace:
        """Another job's workspace in the same place; it is not locked, and may not be there."""
        return Workspace(self._output, fingerprint)

    def __enter__(self) -> Workspace:
        try:
            self._lock = self._locked()
            if self._user is not None:
                (self.folder / _USERS).mkdir(exist_ok=True)
                (self.folder / _USERS / self._user).touch()
        except BlockingIOError as error:
            raise BusyError(
                "the same job is already running", clip=str(self.folder), remedy="wait for it or cancel it"
            ) from error
        except OSError as error:
            raise OutputError(
                f"cannot write here: {error.strerror}",
                clip=str(self.folder.parent.parent),
                remedy="choose another output folder",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._keep:
            self.discard()
        if self._lock is not None:
            self._lock.close()

    def _locked(self) -> IO[str]:
        """The folder's lock, held; who held it before may have removed the folder meanwhile."""
        for attempt in range(_TRIES):
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                lock = (self.folder / "lock").open("w")
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(lock.fileno()), Path(lock.name).stat()):
                    return lock
            except (FileNotFoundError, FileExistsError):
                if attempt == _TRIES - 1:
                    raise
        raise BlockingIOError

    def discard(self) -> None:
        """Remove everything that was kept, and the common folder if no other job is in it.

        What other jobs use that are not finished, or whose work is kept, stays.
        """
        users = self.folder / _USERS
        if self._user is not None:
            (users / self._user).unlink(missing_ok=True)
        if any((self.folder.parent / user.name).is_dir() for user in users.glob("*")):
            return
        # under another name first: who comes now must not begin in a folder that is being emptied
        gone = self.folder.with_name(f"{self.folder.name}.{os.getpid()}-{threading.get_ident()}{GONE}")
        with suppress(OSError):
            self.folder.rename(gone)
        with suppress(OSError):
            for left in list(self.folder.parent.glob(f"*{GONE}")):  # also of a worker that was killed here
                shutil.rmtree(left, ignore_errors=True)
        with_others = self.folder.parent
        with suppress(OSError):  # another job is in it, or has just begun
            with_others.rmdir()
