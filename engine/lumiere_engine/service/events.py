"""What happens, as numbered events in the database, and a bell for those who wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import threading
import time
from typing import Any

from ..protocol.engine import Event
from .database import Database

KEPT = 5000
_TRIM_EVERY = 500


class Bell:
    """Wakes coroutines from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sleepers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def ring(self) -> None:
        """Wake all that listen."""
        with self._lock:
            sleepers = list(self._sleepers.items())
        for event, loop in sleepers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def listen(self) -> asyncio.Event:
        """An event that is set at each ring, until it is handed back to `leave`."""
        event = asyncio.Event()
        with self._lock:
            self._sleepers[event] = asyncio.get_running_loop()
        return event

    def leave(self, event: asyncio.Event) -> None:
        """Stop listening."""
        with self._lock:
            self._sleepers.pop(event, None)


class Events:
    """The log of events.

    Args:
        database: where they are kept, the last 5000 of them.
        bell: rung by whoever has committed an event.
    """

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self.bell = bell

    def add(self, connection: sqlite3.Connection, kind: str, job: int | None, data: dict[str, Any]) -> None:
        """Record an event within the transaction of what it tells."""
        row = (kind, job, json.dumps(data), time.time())
        cursor = connection.execute("INSERT INTO events (kind, job, data, at_s) VALUES (?, ?, ?, ?)", row)
        if cursor.lastrowid and cursor.lastrowid % _TRIM_EVERY == 0:
            connection.execute("DELETE FROM events WHERE id <= ?", (cursor.lastrowid - KEPT,))

    def last(self) -> int:
        """The number of the last event, 0 if nothing ever happened."""
        rows = self._database.read("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return int(rows[0][0]) if rows else 0

    def after(self, number: int, limit: int = 200) -> list[Event] | None:
        """The events after `number`; None if some of them are no longer, or not at all, known."""
        if number > self.last():
            return None
        rows = self._database.read(
            "SELECT id, kind, job, data FROM events WHERE id > ? ORDER BY id LIMIT ?", number, limit
        )
        if rows and rows[0]["id"] != number + 1:
            return None
        return [Event(row["id"], row["kind"], row["job"], json.loads(row["data"])) for row in rows]


async def wait_for(rung: asyncio.Event, seconds: float) -> None:
    """Wait for a ring, but not longer than that."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(rung.wait(), seconds)
