"""The states of a job, and the one table that says which may follow which.

draft ──▶ queued ◀──▶ paused          retry and duplicate make a new job: a terminal state never changes
            │ ▲          ▲
            ▼ │          │
          running ───────┘
            │
            ├──▶ done        (reads as lost while its files are not as they were recorded)
            ├──▶ failed
            └──▶ cancelled   (also from draft, queued and paused)
"""

from __future__ import annotations

from enum import Enum

from .errors import StateError


class JobState(str, Enum):
    """Where a job stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def terminal(self) -> bool:
        """Whether nothing follows it."""
        return not TRANSITIONS[self]


# `lost` is never stored: it is how a done job reads whose files are gone or changed, and when they are back it
# reads as done again. Whether they are is asked of the disk each time.
TRANSITIONS: "dict[JobState, frozenset[JobState]]" = {
    JobState.DRAFT: frozenset((JobState.QUEUED, JobState.CANCELLED)),
    JobState.QUEUED: frozenset((JobState.RUNNING, JobState.PAUSED, JobState.CANCELLED)),
    JobState.RUNNING: frozenset(
        (JobState.QUEUED, JobState.PAUSED, JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    ),
    JobState.PAUSED: frozenset((JobState.QUEUED, JobState.CANCELLED)),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.LOST: frozenset(),
}


def check_transition(job: int, before: JobState, after: JobState) -> None:
    """Refuse what the table does not have.

    Raises:
        StateError: with the states that may follow.
    """
    if after in TRANSITIONS[before]:
        return
    if before.terminal:
        raise StateError(
            f"job {job} is {before.value}, which does not change",
            remedy=f"lumiere queue retry {job} makes a new job of it",
        )
    raise StateError(
        f"job {job} is {before.value} and cannot become {after.value}",
        remedy="it can become " + ", ".join(sorted(state.value for state in TRANSITIONS[before])),
    )
