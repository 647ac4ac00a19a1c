"""The queue: every change of a job is one transaction that holds the guard, the change and its event."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import Any

from ..protocol.errors import SpecError, StateError, UnknownJobError
from ..protocol.queue import Again, Job, Jobs, Submit
from ..protocol.states import JobState, check_transition
from .database import Database
from .events import Events
from .listing import find
from .rows import JOB_COLUMNS, job_of
from .submitting import insert, known, submitted

# What a worker's early end leads to, unless it was wished for.
_AFTER_A_STOP = (JobState.QUEUED, JobState.FAILED)
_WISHES = {"cancel": JobState.CANCELLED, "pause": JobState.PAUSED}


class Queue:
    """All jobs of this engine.

    Args:
        database: where they are.
        events: told of every change.
    """

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    # What clients ask

    def submit(self, submits: Sequence[Submit], *, retry_of: int | None = None) -> list[Job]:
        """Queue all of the jobs, or none; one whose key is known is answered as it stands.

        Raises:
            OutputError: an unfinished job is going to write the same file.
            SpecError: a key is known for another order.
        """
        ids = []
        with self._database.change() as connection:
            for submit in submits:
                number = known(connection, submit)
                if number is None:
                    number = insert(connection, submit, retry_of)
                    self._tell(connection, number)
                ids.append(number)
        self._events.bell.ring()
        return [self.get(number) for number in ids]

    def known(self, keys: Sequence[str]) -> set[str]:
        """Those of the idempotency keys that were used before."""
        found: set[str] = set()
        for key in keys:
            found.update(
                row[0]
                for row in self._database.read(
                    "SELECT idempotency_key FROM jobs WHERE idempotency_key = ?", key
                )
            )
        return found

    def get(self, number: int) -> Job:
        """One job.

        Raises:
            UnknownJobError: there is none of that number.
        """
        rows = self._database.read(f"SELECT {JOB_COLUMNS} FROM jobs WHERE id = ?", _number(number))
        if not rows:
            raise _unknown(number)
        return job_of(rows[0], rows[0]["position"])

    def find(self, states: Sequence[JobState], *, before: int | None = None, limit: int = 100) -> Jobs:
        """Jobs of some states; see `listing.find`."""
        return find(self._database, states, before=before, limit=limit)

    def counts(self) -> dict[str, int]:
        """State → how many jobs; those that are lost count as done."""
        rows = self._database.read("SELECT state, COUNT(*) AS count FROM jobs GROUP BY state")
        return {row["state"]: row["count"] for row in rows}

    def change(self, number: int, after: JobState, **columns: Any) -> Job:
        """Put a job into another state.

        Args:
            number: the job.
            after: the state.
            columns: of the table, set in the same transaction.

        Raises:
            StateError: the table of transitions does not have it.
            UnknownJobError: no such job.
        """
        with self._database.change() as connection:
            row = _row(connection, number)
            if after in _AFTER_A_STOP and row["wish"] is not None:
                after, columns = (
                    _WISHES[row["wish"]],
                    {"wish": None},
                )  # that is why its worker ended, or as good as
            check_transition(number, JobState(row["state"]), after)
            if after.terminal:
                columns = {"finished_s": time.time(), "wish": None, "lease_s": None, **columns}
            self._update(connection, number, {"state": after.value, **columns})
        self._events.bell.ring()
        return self.get(number)

    def wish(self, number: int, wish: str) -> Job:
        """Cancel or pause: at once if it does not run, else as soon as its worker has stopped.

        Args:
            number: the job.
            wish: "cancel" or "pause".
        """
        after = _WISHES[wish]
        with self._database.change() as connection:
            row = _row(connection, number)
            state = JobState(row["state"])
            if state is JobState.RUNNING:
                self._update(connection, number, {"wish": wish})
            elif state is not after:
                check_transition(number, state, after)
                ended = {"finished_s": time.time()} if after.terminal else {}
                self._update(connection, number, {"state": after.value, **ended})
        self._events.bell.ring()
        return self.get(number)

    def release(self, number: int) -> Job:
        """Let a draft or paused job wait in the line; a running one that should pause goes on."""
        with self._database.change() as connection:
            row = _row(connection, number)
            state = JobState(row["state"])
            if state is JobState.RUNNING and row["wish"] == "pause":
                self._update(connection, number, {"wish": None})
            elif state not in (JobState.QUEUED, JobState.RUNNING):
                check_transition(number, state, JobState.QUEUED)
                self._update(connection, number, {"state": "queued"})
        self._events.bell.ring()
        return self.get(number)

    def prioritise(self, number: int, priority: int) -> Job:
        """Give a job another priority."""
        with self._database.change() as connection:
            if JobState(_row(connection, number)["state"]).terminal:
                raise StateError(f"job {number} is over and has no priority")
            self._update(connection, number, {"priority": priority})
        self._events.bell.ring()
        return self.get(number)

    def move(self, number: int, before: int | None) -> Job:
        """Put a waiting job before another one, whose priority it takes, or at the end of the line."""
        with self._database.change() as connection:
            for asked in (number, *(() if before is None else (before,))):
                state = _row(connection, asked)["state"]
                if state != "queued":
                    raise StateError(f"job {asked} is {state} and does not wait in the line")
            line = connection.execute(
                "SELECT id, priority FROM jobs WHERE state = 'queued' ORDER BY priority DESC, place"
            ).fetchall()
            priorities = {row["id"]: row["priority"] for row in line}
            order = [row["id"] for row in line if row["id"] != number]
            if before == number:
                raise SpecError(f"job {number} cannot go before itself")
            order.insert(len(order) if before is None else order.index(before), number)
            if before is None:
                priorities[number] = min(priorities.values())
            else:
                priorities[number] = priorities[before]
            connection.executemany(
                "UPDATE jobs SET place = ?, priority = ? WHERE id = ?",
                [(place, priorities[job], job) for place, job in enumerate(order)],
            )
            self._update(connection, number, {})
        self._events.bell.ring()
        return self.get(number)

    def retry(self, number: int, again: Again) -> Job:
        """Make a new job of one that failed, was cancelled or is lost; it goes on from the finished chunks.

        Raises:
            StateError: it is in another state.
        """
        job = self.get(number)
        if job.state not in (JobState.FAILED, JobState.CANCELLED, JobState.LOST):
            raise StateError(
                f"job {number} is {job.state.value}: only what failed, was cancelled or is lost is retried",
                remedy=f"lumiere queue duplicate {number} makes another one",
            )
        (new,) = self.submit([submitted(self.row(number), again.key)], retry_of=number)
        return new

    # What the supervisor does

    def claim(self, kind: str, *, without: Sequence[int] = ()) -> sqlite3.Row | None:
        """Take the next job of the line, if the queue is not paused; it is running then.

        Args:
            kind: of the device that it will run on; a job that has begun on another kind is left.
            without: numbers of jobs that are left, too.
        """
        now = time.time()
        with self._database.change() as connection:
            row = connection.execute(
                f"""
                UPDATE jobs SET state = 'running', attempt = attempt + 1, wish = NULL, device = ?,
                    started_s = COALESCE(started_s, ?), lease_s = ?
                WHERE id = (
                    SELECT id FROM jobs WHERE state = 'queued' AND (device IS NULL OR device = ?)
                    AND id NOT IN ({", ".join("?" * len(without))})
                    ORDER BY priority DESC, place LIMIT 1
                ) AND NOT EXISTS (SELECT 1 FROM settings WHERE name = 'paused')
                RETURNING *
                """,
                (kind, now, now, kind, *without),
            ).fetchone()
            if row is not None:
                self._tell(connection, row["id"])
        if row is not None:
            self._events.bell.ring()
        return row

    def at_work(self, numbers: Collection[int]) -> set[int]:
        """Those of some jobs that run or wait in the line."""
        rows = self._database.read(
            f"SELECT id FROM jobs WHERE id IN ({', '.join('?' * len(numbers))})"
            " AND state IN ('running', 'queued')",
            *numbers,
        )
        return {row["id"] for row in rows}

    def record(self, number: int, *, durable: bool = True, **columns: Any) -> None:
        """Set columns of a job without changing its state."""
        with self._database.change(durable=durable) as connection:
            assignments = ", ".join(f"{name} = ?" for name in columns)
            connection.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", (*columns.values(), number))

    def progress(self, number: int, progress: dict[str, Any]) -> None:
        """Record how far a job is; quick, since it may be lost."""
        with self._database.change(durable=False) as connection:
            connection.execute(
                "UPDATE jobs SET progress = ?, lease_s = ? WHERE id = ?",
                (json.dumps(progress), time.time(), number),
            )
            self._events.add(connection, "progress", number, progress)
        self._events.bell.ring()

    def thumbnail(self, number: int, frames: Sequence[int], latest: int) -> None:
        """Record that there is a small picture of one more frame."""
        with self._database.change(durable=False) as connection:
            connection.execute("UPDATE jobs SET thumbnails = ? WHERE id = ?", (json.dumps(frames), number))
            self._events.add(connection, "thumbnail", number, {"frame": latest})
        self._events.bell.ring()

    def learning(self, number: int, step: int, total: int) -> None:
        """Tell that a job's network has learned more."""
        with self._database.change(durable=False) as connection:
            self._events.add(connection, "learning", number, {"step": step, "total": total})
        self._events.bell.ring()

    def row(self, number: int) -> sqlite3.Row:
        """All columns of a job."""
        rows = self._database.read("SELECT * FROM jobs WHERE id = ?", _number(number))
        if not rows:
            raise _unknown(number)
        return rows[0]

    def requeue_running(self) -> list[int]:
        """After a start: what ran when the engine died waits again, or gets what was wished for it.

        Nobody else can hold these jobs, since the engine's lock is ours.
        """
        rows = self._database.read("SELECT id FROM jobs WHERE state = 'running'")
        for row in rows:
            self.change(row["id"], JobState.QUEUED)
        return [row["id"] for row in rows]

    # Inside

    def _update(self, connection: sqlite3.Connection, number: int, columns: dict[str, Any]) -> None:
        if columns:
            assignments = ", ".join(f"{name} = ?" for name in columns)
            connection.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", (*columns.values(), number))
        self._tell(connection, number)

    def _tell(self, connection: sqlite3.Connection, number: int) -> None:
        row = _row(connection, number)
        data = {name: row[name] for name in ("state", "title", "wish", "priority", "attempt", "chunk_frames")}
        self._events.add(connection, "job", number, data)


def _row(connection: sqlite3.Connection, number: int) -> sqlite3.Row:
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (_number(number),)).fetchone()
    if row is None:
        raise _unknown(number)
    return row


def _number(number: int) -> int:
    if not 0 < number < 2**63:
        raise _unknown(number)
    return number


def _unknown(number: int) -> UnknownJobError:
    return UnknownJobError(
        f"there is no job {str(number)[:20]}", remedy="lumiere queue list shows those there are"
    )
