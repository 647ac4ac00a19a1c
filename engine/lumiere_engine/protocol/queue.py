"""What the engine is asked about jobs, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

from .errors import SpecError
from .jobs import WorkOrder
from .states import JobState
from .wire import labelled

HIGHEST_PRIORITY = 100
MOST_JOBS_AT_ONCE = 1000
MOST_TEXT = 500


@dataclass(frozen=True)
class Finish:
    """What happens to the clip after it is rendered, in a child process of the engine.

    Attributes:
        name: one that the installation registers (entry point group `lumiere.finish`), such as "sidecar" or
            "timeline". It may be done twice: after a crash it is done again, and must not mind.
        params: what it takes.
        outputs: the files that it writes, beside those of the order.
    """

    name: str
    params: Dict[str, Any] = field(default_factory=dict)
    outputs: Tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > MOST_TEXT:
            raise SpecError("a finishing step has a name of up to 500 characters")


@labelled("Submit.1")
@dataclass(frozen=True)
class Submit:
    """A job to be queued; from then on its settings are frozen.

    Attributes:
        order: what is to be done. All paths are absolute.
        key: idempotency key, chosen by the client: the same key again answers with the same job.
        title: for people; empty takes the output's name.
        priority: -100..100; higher goes first.
        draft: whether it waits to be released.
        finish: what happens after rendering.
        timeline: number of a registered timeline that the result belongs to.
        placement: where in that timeline; None if it has none.
    """

    order: WorkOrder
    key: str
    title: str = ""
    priority: int = 0
    draft: bool = False
    finish: Optional[Finish] = None
    timeline: Optional[int] = None
    placement: "Optional[Placement]" = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= 200 or not self.key.isascii() or not self.key.isprintable():
            raise SpecError("an idempotency key has 1 to 200 ASCII characters")
        if len(self.title) > MOST_TEXT or not _storable(self.title):
            raise SpecError("a title has up to 500 characters")
        check_priority(self.priority)
        if self.placement is not None and self.timeline is None:
            raise SpecError("a placement without a timeline")


@dataclass(frozen=True)
class Placement:
    """Where a result belongs in a timeline: the client says, since the engine reads no timelines.

    Attributes:
        clip: the timeline's clip.
        track: name of the track that it is on.
        record_start, record_duration: its place on the timeline, in frames of the timeline's rate.
        rate: that rate, "24000/1001".
        source_start: the first visible frame, counted in the result's file from 0.
    """

    clip: str
    record_start: int
    record_duration: int
    rate: str
    source_start: int = 0
    track: str = ""

    def __post_init__(self) -> None:
        if self.record_duration < 0 or self.source_start < 0:
            raise SpecError("a placement's duration and source start are 0 or more")


@labelled("SubmitBatch.1")
@dataclass(frozen=True)
class SubmitBatch:
    """Several jobs: all of them are queued, or none.

    Attributes:
        jobs: up to 1000.
    """

    jobs: Tuple[Submit, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.jobs) <= MOST_JOBS_AT_ONCE:
            raise SpecError(f"a batch has 1 to {MOST_JOBS_AT_ONCE} jobs")


@dataclass(frozen=True)
class JobProgress:
    """How far a running job is.

    Attributes:
        stage: as `Progress.stage`, or "finish".
        done, total: steps of the stage.
        note: the last thing that the user should know, or None.
        left_s: measured time left, s; None before it can be told.
        left_low_s, left_high_s: its range: in four of five jobs the truth lay within.
    """

    stage: str
    done: int
    total: int
    note: Optional[str] = None
    left_s: Optional[float] = None
    left_low_s: Optional[float] = None
    left_high_s: Optional[float] = None


@labelled("Job.2")
@dataclass(frozen=True)
class Job:
    """One job of the queue.

    Attributes:
        id: its number.
        state: where it stands.
        title: for people.
        order: what is done, frozen.
        priority: -100..100.
        position: its place in the line, 1 is next; None unless it waits.
        attempt: how often it was started.
        wish: what was asked of it while it runs and has not happened yet: "cancel" or "pause".
        chunk_frames: how many frames are imagined at a time by now; smaller after memory ran out.
        progress: of the running attempt, or the last.
        error: a `Failure.1`, why it failed.
        result: a `JobResult.1`.
        outcome: what the finishing step answered.
        thumbnails: frame numbers of which there is a small picture.
        timeline: number of the timeline that it belongs to.
        placement: where in it.
        retry_of: the job that this one tries again.
        device: kind of the device that it began on, "cuda", "mps" or "cpu": it goes on only there, so that its result
            is of one device.
        created_s, started_s, finished_s: seconds since 1970, UTC.
    """

    id: int
    state: JobState
    title: str
    order: WorkOrder
    priority: int
    position: Optional[int]
    attempt: int
    wish: Optional[str]
    chunk_frames: int
    progress: Optional[JobProgress]
    error: Optional[Dict[str, Any]]
    result: Optional[Dict[str, Any]]
    outcome: Optional[Dict[str, Any]]
    thumbnails: Tuple[int, ...]
    timeline: Optional[int]
    placement: Optional[Placement]
    retry_of: Optional[int]
    created_s: float
    started_s: Optional[float]
    finished_s: Optional[float]
    device: Optional[str] = None


@labelled("Jobs.1")
@dataclass(frozen=True)
class Jobs:
    """Several jobs.

    Attributes:
        jobs: those that wait or run in the order of the line, or finished ones, newest first.
        more: whether there are further ones; ask with `before` = the last one's number.
    """

    jobs: Tuple[Job, ...]
    more: bool = False


@labelled("Move.1")
@dataclass(frozen=True)
class Move:
    """Another place in the line.

    Attributes:
        before: number of a waiting job that it goes before, whose priority it takes; None is the line's end.
    """

    before: Optional[int] = None


@labelled("Prioritise.1")
@dataclass(frozen=True)
class Prioritise:
    """Another priority.

    Attributes:
        priority: -100..100.
    """

    priority: int

    def __post_init__(self) -> None:
        check_priority(self.priority)


@labelled("Again.1")
@dataclass(frozen=True)
class Again:
    """A job made from another one: a retry, or a duplicate.

    Attributes:
        key: idempotency key of the new job.
        output: where a duplicate's clip goes; its origin matte goes beside it.
    """

    key: str
    output: Optional[str] = None


def check_priority(priority: int) -> None:
    """Refuse a priority that is out of range.

    Raises:
        SpecError: it is.
    """
    if not -HIGHEST_PRIORITY <= priority <= HIGHEST_PRIORITY:
        raise SpecError(f"a priority of {priority} is out of range", remedy="choose -100 to 100")


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
