"""What the engine says about itself, its estimates, its timelines, and what happens in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

from .errors import SpecError
from .jobs import WorkOrder
from .queue import MOST_TEXT, Placement
from .wire import labelled

PROTOCOL = 2


@labelled("Endpoint.1")
@dataclass(frozen=True)
class Endpoint:
    """Where the engine listens: the content of the endpoint file, which only its user can read.

    Attributes:
        pid: of the engine.
        port: on 127.0.0.1.
        token: 256 random bits, hexadecimal; new each time the engine starts.
        protocol: version of this protocol.
        version: of the engine.
    """

    pid: int
    port: int
    token: str
    protocol: int
    version: str


@dataclass(frozen=True)
class Device:
    """A device that jobs run on, with a worker of its own.

    Attributes:
        name: "cuda:0", "mps" or "cpu"; what stands before the colon is its kind. The same name twice is two workers.
        job: number of the job that runs on it.
        worker_pid: its process.
        yielded: it was given back, and takes no job until the queue is resumed.
    """

    name: str
    job: Optional[int] = None
    worker_pid: Optional[int] = None
    yielded: bool = False

    @property
    def kind(self) -> str:
        """The name without its number."""
        return self.name.partition(":")[0]


@labelled("EngineInfo.2")
@dataclass(frozen=True)
class EngineInfo:
    """The engine's state.

    Attributes:
        version, protocol, pid: as in `Endpoint`.
        started_s: seconds since 1970, UTC.
        paused: whether no further job is started.
        devices: what jobs run on, in the order in which they are asked for work.
        counts: state → how many jobs.
        memory_bytes: what the engine itself holds.
        roots: folders that paths may lie in.
        last_event: id of the last event.
    """

    version: str
    protocol: int
    pid: int
    started_s: float
    paused: bool
    devices: Tuple[Device, ...]
    counts: Dict[str, int]
    memory_bytes: int
    roots: Tuple[str, ...]
    last_event: int

    @property
    def running(self) -> Tuple[int, ...]:
        """Numbers of the jobs that run."""
        return tuple(device.job for device in self.devices if device.job is not None)

    @property
    def workers(self) -> Tuple[int, ...]:
        """Their processes."""
        return tuple(device.worker_pid for device in self.devices if device.worker_pid is not None)


@labelled("AddRoot.1")
@dataclass(frozen=True)
class AddRoot:
    """Let the engine read and write in a folder.

    Attributes:
        path: the folder, absolute.
    """

    path: str


@labelled("Estimate.1")
@dataclass(frozen=True)
class Estimate:
    """What a job will take, before it starts.

    Attributes:
        seconds, seconds_low, seconds_high: of working time; the truth is expected within in four of five jobs.
        memory_bytes, memory_low_bytes, memory_high_bytes: at the worker's peak.
        disk_bytes: what the workspace needs beside the output while it works.
        frames: to be worked on.
        width, height: of the plate, pixels.
        basis: "history" of this machine, or "prior" if there is none yet.
        samples: how many finished jobs the history has.
        waiting_s: what those before it in the line need; None for a job that waits nowhere.
    """

    seconds: float
    seconds_low: float
    seconds_high: float
    memory_bytes: int
    memory_low_bytes: int
    memory_high_bytes: int
    disk_bytes: int
    frames: int
    width: int
    height: int
    basis: str
    samples: int
    waiting_s: Optional[float] = None


@labelled("JobMedia.1")
@dataclass(frozen=True)
class JobMedia:
    """What a worker found when it opened a job's plate.

    Attributes:
        width, height: pixels.
        frames: how many of them are worked on.
    """

    width: int
    height: int
    frames: int

    @property
    def megapixels(self) -> float:
        """Of one frame."""
        return self.width * self.height / 1e6


@labelled("Learning.1")
@dataclass(frozen=True)
class Learning:
    """How far a job's network has learned the shot.

    Attributes:
        job: its number.
        step, total: of learning.
        losses: the curve so far in up to 200 points, means of neighbouring steps.
        sheet: the step that the picture sheet is of; 0 if there is none yet.
    """

    job: int
    step: int
    total: int
    losses: Tuple[float, ...] = ()
    sheet: int = 0


@dataclass(frozen=True)
class Selection:
    """What is selected in a host or a panel.

    Attributes:
        clip: the clip's name.
        media: its media file.
        source_start, source_duration: in the media, frames.
        record_start, record_duration: on the timeline, frames.
        rate: of the timeline, "24/1".
    """

    clip: str
    media: str = ""
    source_start: int = 0
    source_duration: int = 0
    record_start: int = 0
    record_duration: int = 0
    rate: str = "24/1"

    def __post_init__(self) -> None:
        if min(self.source_duration, self.record_duration) < 0:
            raise SpecError("a selection's durations are 0 or more")


@labelled("Plan.1")
@dataclass(frozen=True)
class Plan:
    """The question what a job will take.

    Attributes:
        order: what would be done.
    """

    order: WorkOrder


@labelled("RegisterTimeline.1")
@dataclass(frozen=True)
class RegisterTimeline:
    """A timeline that a host or a panel works on; the same host and path again update it.

    Attributes:
        name: for people.
        host: which program, such as "resolve" or "panel".
        path: the timeline's file, or the host's own name for it.
        selection: what is selected now.
    """

    name: str
    host: str
    path: str = ""
    selection: Tuple[Selection, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.name, self.host):
            if not 1 <= len(text) <= MOST_TEXT:
                raise SpecError("a timeline's name and host have 1 to 500 characters")
        for text in (self.name, self.host, self.path):
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise SpecError("a timeline's name, host and path are Unicode text")


@labelled("Timeline.1")
@dataclass(frozen=True)
class Timeline:
    """A registered timeline; attributes as in `RegisterTimeline`.

    Attributes:
        id: its number.
        registered_s: seconds since 1970, UTC.
    """

    id: int
    name: str
    host: str
    path: str
    selection: Tuple[Selection, ...]
    registered_s: float


@labelled("Timelines.1")
@dataclass(frozen=True)
class Timelines:
    """All registered timelines, the last one first."""

    timelines: Tuple[Timeline, ...]


@dataclass(frozen=True)
class TimelineResult:
    """A finished clip of a timeline.

    Attributes:
        job: its number.
        state: "done", or "lost" if its files are gone.
        media, origin: the files.
        frame_count, start_frame, rate: as in `JobResult`.
        placement: where it belongs, as it was submitted.
    """

    job: int
    state: str
    media: str
    origin: Optional[str]
    frame_count: int
    start_frame: int
    rate: str
    placement: Optional[Placement]


@labelled("TimelineResults.1")
@dataclass(frozen=True)
class TimelineResults:
    """The finished clips of one timeline, the last one first."""

    timeline: Timeline
    results: Tuple[TimelineResult, ...]


@labelled("Event.1")
@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        id: grows with every event, also over restarts of the engine.
        kind: "job" (a job is new or its state or place changed), "progress", "thumbnail", "queue" (paused or
            resumed), "learning", "timeline", "snapshot" (what was missed is no longer known: begin from this).
        job: number of the job, if it is about one.
        data: "job": a `Job.2` without its order; "progress": fields of `JobProgress`; "thumbnail": "frame";
            "learning": "step" and "total"; "queue": "paused"; "timeline": a `Timeline.1`; "snapshot": an
            `EngineInfo.2`.
    """

    id: int
    kind: str
    job: Optional[int] = None
    data: Dict[str, Any] = field(default_factory=dict)
