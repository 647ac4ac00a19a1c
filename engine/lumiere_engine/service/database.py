"""The engine's SQLite file: opened, checked, migrated; every failure of it becomes one readable line."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from ..protocol.errors import StoreError

FILE = "queue.sqlite3"
BACKUP = "queue.backup.sqlite3"
_BUSY_S = 10.0
_FULL = ("disk is full", "disk I/O error", "readonly database", "unable to open")
_DAMAGED = ("malformed", "not a database", "corrupt")


class Database:
    """One file, two connections: changes of state wait for the disk, progress does not.

    Both see each other's changes at once, and a killed process loses neither; a power cut can lose the last
    progress, never a state.

    Args:
        folder: where the file lies.

    Raises:
        StoreError: it is damaged, of a newer version, or cannot be opened. Nothing is changed then.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.RLock()
        with self._readable():
            self._durable = self._connect("FULL")
            self._quick = self._connect("NORMAL")
            self._check()
            self._migrate()

    @contextlib.contextmanager
    def change(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction: everything in it happens, or nothing.

        Args:
            durable: whether it is on the disk when this returns.
        """
        with self._lock, self._readable():
            connection = self._durable if durable else self._quick
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def read(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self._lock, self._readable():
            return self._quick.execute(sql, values).fetchall()

    def backup(self) -> None:
        """Copy the queue to a file beside it, which replaces the last copy only when it is whole."""
        part = self.path.with_name(f".{BACKUP}.part")
        with self._readable(), contextlib.closing(sqlite3.connect(self.path)) as source:
            with contextlib.closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
            part.replace(self.path.with_name(BACKUP))

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with self._lock:
            self._quick.close()
            self._durable.close()

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _check(self) -> None:
        (found,) = self._durable.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"malformed: {found}")

    def _migrate(self) -> None:
        (version,) = self._durable.execute("PRAGMA user_version").fetchone()
        steps = _migrations()
        if version > len(steps):
            raise StoreError(
                f"the queue was written by a newer Lumiere (version {version}, known up to {len(steps)})",
                clip=str(self.path),
                remedy="install that version again",
            )
        for number, script in enumerate(steps[version:], start=version + 1):
            self._durable.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> StoreError:
        text = str(error)
        if any(word in text for word in _DAMAGED):
            return StoreError(
                f"the queue is damaged: {text}",
                clip=str(self.path),
                remedy=f"nothing was changed; stop the engine and put {BACKUP} in its place",
            )
        if any(word in text for word in _FULL) or isinstance(error, OSError):
            return StoreError(
                f"the queue cannot be written: {text}",
                clip=str(self.path),
                remedy="free some space there; nothing that was queued is lost",
            )
        return StoreError(f"the queue cannot be used: {text}", clip=str(self.path))


def _migrations() -> list[str]:
    folder = resources.files(__package__) / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return [file.read_text(encoding="utf-8") for file in files]
