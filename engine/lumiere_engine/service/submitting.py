"""From a `Submit` to a row of the table, and back."""

from __future__ import annotations

import json
import sqlite3
import time

from ..protocol.errors import OutputError, SpecError, UnknownJobError
from ..protocol.jobs import WorkOrder
from ..protocol.queue import Finish, Placement, Submit
from ..protocol.wire import decode, encode


def known(connection: sqlite3.Connection, submit: Submit) -> int | None:
    """The number of the job that was submitted with this key before; None if there is none.

    Raises:
        SpecError: that one had another order.
    """
    row = connection.execute(
        "SELECT id, work_order FROM jobs WHERE idempotency_key = ?", (submit.key,)
    ).fetchone()
    if row is None:
        return None
    if json.loads(row["work_order"]) != json.loads(json.dumps(submit.order.to_wire())):
        raise SpecError(
            f"the idempotency key of job {row['id']} comes with another order", remedy="take a new key"
        )
    return int(row["id"])


def insert(connection: sqlite3.Connection, submit: Submit, retry_of: int | None) -> int:
    """Add a job at the end of the line; returns its number.

    Raises:
        OutputError: an unfinished job is going to write the same file.
        UnknownJobError: its timeline is not registered.
    """
    _refuse_conflict(connection, submit)
    _refuse_unknown_timeline(connection, submit)
    (last,) = connection.execute("SELECT COALESCE(MAX(place), 0) FROM jobs").fetchone()
    values = {
        "idempotency_key": submit.key,
        "state": "draft" if submit.draft else "queued",
        "title": submit.title or _name_of(submit.order.output),
        "work_order": json.dumps(submit.order.to_wire()),
        "finish": None if submit.finish is None else json.dumps(encode(submit.finish)),
        "priority": submit.priority,
        "place": last + 1,
        "chunk_frames": submit.order.chunk_frames,
        "timeline": submit.timeline,
        "placement": None if submit.placement is None else json.dumps(encode(submit.placement)),
        "retry_of": retry_of,
        "created_s": time.time(),
    }
    if retry_of is not None:  # what it had rendered need not be rendered again, if it is still there
        row = connection.execute("SELECT result, files FROM jobs WHERE id = ?", (retry_of,)).fetchone()
        values |= {"result": row["result"], "files": row["files"]}
    cursor = connection.execute(
        f"INSERT INTO jobs ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )
    number = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT OR IGNORE INTO outputs (path, job) VALUES (?, ?)",
        [(_storable(path), number) for path in outputs_of(submit)],
    )
    return number


def submitted(row: sqlite3.Row, key: str) -> Submit:
    """What the job of a row was submitted as, with another key."""
    finish, placement = row["finish"], row["placement"]
    return Submit(
        order=WorkOrder.from_wire(json.loads(row["work_order"])),
        key=key,
        title=row["title"],
        priority=row["priority"],
        finish=None if finish is None else decode(Finish, json.loads(finish)),
        timeline=row["timeline"],
        placement=None if placement is None else decode(Placement, json.loads(placement)),
    )


def outputs_of(submit: Submit) -> list[str]:
    """All files that a job writes."""
    order = submit.order
    own = (order.output, order.origin, order.save_network)
    return [path for path in own if path] + list(submit.finish.outputs if submit.finish else ())


def _refuse_conflict(connection: sqlite3.Connection, submit: Submit) -> None:
    for path in outputs_of(submit):
        other = connection.execute(
            """
            SELECT jobs.id, jobs.state FROM outputs JOIN jobs ON jobs.id = outputs.job
            WHERE outputs.path = ? AND jobs.state IN ('draft', 'queued', 'running', 'paused')
            """,
            (_storable(path),),
        ).fetchone()
        if other is not None:
            raise OutputError(
                f"job {other['id']}, which is already {other['state']}, writes the same file",
                clip=path,
                remedy="wait for it, cancel it, or choose another name",
            )


def _refuse_unknown_timeline(connection: sqlite3.Connection, submit: Submit) -> None:
    if submit.timeline is None:
        return
    if connection.execute("SELECT 1 FROM timelines WHERE id = ?", (submit.timeline,)).fetchone() is None:
        raise UnknownJobError(f"there is no timeline {submit.timeline}", remedy="register it first")


def _name_of(path: str) -> str:
    return _storable(path.replace("\\", "/").rpartition("/")[2][:500])


def _storable(path: str) -> str:
    """A path as text that a database takes: names of files need not be Unicode."""
    return path.encode("utf-8", "backslashreplace").decode()
