"""Timelines that hosts and panels work on: registered here, so that finished clips find back to them."""

from __future__ import annotations

import json
import sqlite3
import time

from ..protocol.engine import RegisterTimeline, Selection, Timeline, TimelineResult, TimelineResults
from ..protocol.errors import UnknownJobError
from ..protocol.states import JobState
from ..protocol.wire import decode, encode
from .database import Database
from .events import Events
from .rows import job_of

_MOST = 500


class TimelineBook:
    """The registered timelines.

    Args:
        database: where they are.
        events: told of every registration.
    """

    def __init__(self, database: Database, events: Events) -> None:
        self._database, self._events = database, events

    def register(self, asked: RegisterTimeline) -> Timeline:
        """Note a timeline and what is selected in it; the same host, path and name again only changes that."""
        with self._database.change() as connection:
            row = connection.execute(
                """
                INSERT INTO timelines (host, path, name, selection, registered_s) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (host, path, name)
                DO UPDATE SET selection = excluded.selection, registered_s = excluded.registered_s
                RETURNING *
                """,
                (asked.host, asked.path, asked.name, json.dumps(encode(asked.selection)), time.time()),
            ).fetchone()
            timeline = _timeline(row)
            self._events.add(connection, "timeline", None, dict(encode(timeline)))
        self._events.bell.ring()
        return timeline

    def all(self) -> tuple[Timeline, ...]:
        """Up to 500 timelines, the last registered first."""
        rows = self._database.read("SELECT * FROM timelines ORDER BY registered_s DESC LIMIT ?", _MOST)
        return tuple(map(_timeline, rows))

    def results(self, number: int) -> TimelineResults:
        """The finished clips of a timeline, the last one first.

        Raises:
            UnknownJobError: no such timeline.
        """
        known = self._database.read("SELECT * FROM timelines WHERE id = ?", min(max(number, 0), 2**63 - 1))
        if not known:
            raise UnknownJobError(f"there is no timeline {str(number)[:20]}")
        rows = self._database.read(
            "SELECT * FROM jobs WHERE timeline = ? AND state = 'done' ORDER BY id DESC LIMIT ?", number, _MOST
        )
        return TimelineResults(_timeline(known[0]), tuple(map(_result, rows)))


def _timeline(row: sqlite3.Row) -> Timeline:
    selection = tuple(decode(Selection, one) for one in json.loads(row["selection"]))
    return Timeline(row["id"], row["name"], row["host"], row["path"], selection, row["registered_s"])


def _result(row: sqlite3.Row) -> TimelineResult:
    job = job_of(row)
    result = job.result or {}
    return TimelineResult(
        job=job.id,
        state=JobState(job.state).value,
        media=result["output"],
        origin=result["origin"],
        frame_count=result["frame_count"],
        start_frame=result["start_frame"],
        rate=result["rate"],
        placement=job.placement,
    )
