"""Lists of jobs, page by page, by the indices of the table: ten thousand finished jobs do not slow them."""

from __future__ import annotations

from collections.abc import Sequence

from ..protocol.errors import SpecError
from ..protocol.queue import Job, Jobs
from ..protocol.states import JobState
from .database import Database
from .rows import job_of

MOST_LISTED = 500
_UNFINISHED = ("running", "queued", "paused", "draft")
_FINISHED = ("done", "failed", "cancelled")


def find(
    database: Database, states: Sequence[JobState], *, before: int | None = None, limit: int = 100
) -> Jobs:
    """Jobs of some states; of none given, all.

    Unfinished ones come first, in the order of the line; then the finished ones, newest first.

    Args:
        database: where they are.
        states: "lost" finds the done ones that are lost.
        before: only finished jobs with a smaller number: the next page.
        limit: 1..500.

    Raises:
        SpecError: the limit is out of range.
    """
    if not 1 <= limit <= MOST_LISTED:
        raise SpecError(f"a limit of {limit} is out of range", remedy=f"choose 1 to {MOST_LISTED}")
    wanted = set(states) or set(JobState)
    jobs: list[Job] = []
    if before is None:
        jobs, more = _unfinished(database, [s for s in _UNFINISHED if JobState(s) in wanted], limit)
        if more:
            return Jobs(tuple(jobs), more)
    finished = [s for s in _FINISHED if JobState(s) in wanted or (s == "done" and JobState.LOST in wanted)]
    found, more = _finished(database, finished, wanted, before, limit - len(jobs))
    return Jobs(tuple([*jobs, *found]), more)


def _unfinished(database: Database, states: Sequence[str], limit: int) -> tuple[list[Job], bool]:
    """Up to `limit` jobs in the order of the line, and whether there are more."""
    jobs: list[Job] = []
    for state in states:
        rows = database.read(
            "SELECT * FROM jobs WHERE state = ? ORDER BY priority DESC, place LIMIT ?",
            state,
            limit + 1 - len(jobs),
        )
        jobs += [job_of(row, k if state == "queued" else None) for k, row in enumerate(rows, start=1)]
    return jobs[:limit], len(jobs) > limit


def _finished(
    database: Database, states: Sequence[str], wanted: set[JobState], before: int | None, limit: int
) -> tuple[list[Job], bool]:
    """Up to `limit` finished jobs of the wanted states, and whether there are more."""
    found: list[Job] = []
    last = 2**63 - 1 if before is None else before
    while states:
        rows = database.read(
            " UNION ALL ".join(
                "SELECT * FROM (SELECT * FROM jobs WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?)"
                for _ in states
            )
            + " ORDER BY id DESC LIMIT ?",
            *(value for state in states for value in (state, last, limit + 1)),
            limit + 1,
        )
        for row in rows:
            job = job_of(row)
            if job.state in wanted:
                if len(found) == limit:
                    return found, True
                found.append(job)
        if len(rows) <= limit:
            break
        last = rows[-1]["id"]
    return found, False
