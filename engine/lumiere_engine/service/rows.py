"""From a row of the table to the `Job` that clients see."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from ..protocol.jobs import WorkOrder
from ..protocol.queue import Job, JobProgress, Placement
from ..protocol.states import JobState
from ..protocol.wire import decode

# Positions in the line are counted where they are asked for: they change with every job that comes or goes.
JOB_COLUMNS = """
    jobs.*,
    CASE jobs.state WHEN 'queued' THEN (
        SELECT 1 + COUNT(*) FROM jobs AS other WHERE other.state = 'queued'
        AND (other.priority > jobs.priority OR (other.priority = jobs.priority AND other.place < jobs.place))
    ) END AS position
"""


def job_of(row: sqlite3.Row, position: int | None = None) -> Job:
    """The job of a row.

    Args:
        row: all columns of `jobs`.
        position: its place in the line.
    """
    state = JobState(row["state"])
    if state is JobState.DONE and not intact(_loaded(row["files"])):
        state = JobState.LOST
    progress, placement = _loaded(row["progress"]), _loaded(row["placement"])
    return Job(
        id=row["id"],
        state=state,
        title=row["title"],
        order=WorkOrder.from_wire(json.loads(row["work_order"])),
        priority=row["priority"],
        position=position,
        attempt=row["attempt"],
        wish=row["wish"],
        chunk_frames=row["chunk_frames"],
        progress=None if progress is None else decode(JobProgress, progress),
        error=_loaded(row["error"]),
        result=_loaded(row["result"]),
        outcome=_loaded(row["outcome"]),
        thumbnails=tuple(json.loads(row["thumbnails"])),
        timeline=row["timeline"],
        placement=None if placement is None else decode(Placement, placement),
        retry_of=row["retry_of"],
        created_s=row["created_s"],
        started_s=row["started_s"],
        finished_s=row["finished_s"],
        device=row["device"],
    )


def intact(files: list[dict[str, Any]] | None) -> bool:
    """Whether files are there as `fingerprints` recorded them."""
    for file in files or ():
        try:
            found = Path(file["path"]).stat()
        except OSError:
            return False
        if (found.st_size, found.st_mtime_ns) != (file["size_bytes"], file["mtime_ns"]):
            return False
    return True


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)
