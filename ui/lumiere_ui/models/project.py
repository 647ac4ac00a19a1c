"""What is open in the panel, in words that no timeline library has to be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from lumiere_engine.protocol import FrameRange, MotionHints, Progress, Submit, Weights
from lumiere_engine.protocol.engine import Plan, RegisterTimeline, TimelineResult
from lumiere_engine.protocol.roto import Mask, Tracked

PREVIEW_TITLE = "Preview · "
"""How the title of a preview's job begins."""


@dataclass(frozen=True)
class ClipItem:
    """A clip on a track.

    Attributes:
        index: its number among the timeline's picture clips.
        name: for people.
        start, duration: on the timeline, frames, the timeline's own start left out.
        media: its file or pattern, as far as the timeline tells; None for no media.
        media_start: the frame of the file at the clip's start, as far as the timeline tells.
        missing: why its media cannot be used, or "".
    """

    index: int
    name: str
    start: int
    duration: int
    media: str | None = None
    media_start: int = 0
    missing: str = ""


@dataclass(frozen=True)
class TrackItem:
    """A track with its clips in the order of time."""

    name: str
    clips: tuple[ClipItem, ...]


@dataclass(frozen=True)
class Project:
    """A timeline, or one media file shown as a timeline of one clip.

    Attributes:
        path: the file.
        name: for people.
        is_timeline: whether results go onto a new track of a timeline.
        rate: frames per second.
        start_frame: the timecode of its first frame, as a frame number.
        drop_frame: whether its timecode drops numbers.
        tracks: from the lowest.
    """

    path: Path
    name: str
    is_timeline: bool
    rate: Fraction
    start_frame: int
    drop_frame: bool
    tracks: tuple[TrackItem, ...]

    @property
    def duration(self) -> int:
        """Frames up to the end of the last clip."""
        return max((clip.start + clip.duration for track in self.tracks for clip in track.clips), default=0)

    def clip(self, index: int) -> ClipItem | None:
        """The clip of that number."""
        return next((clip for track in self.tracks for clip in track.clips if clip.index == index), None)


@dataclass(frozen=True)
class Shot:
    """A clip whose media was opened: exact where `ClipItem` is only what the timeline says.

    Attributes:
        clip: its number in the project.
        name: for people.
        media: file or pattern.
        width, height: of the plate, pixels.
        frames: the frames of the file that the clip shows, dissolves included, counted from 0.
        frame_count: frames of the file.
        rate: of the file.
        start_frame: the timecode of the file's first frame as a frame number.
        drop_frame: whether that drops numbers.
        record_start: where the clip starts on the timeline, frames.
        speed: frames of the media per frame of the timeline.
        layout: its samples in words.
    """

    clip: int
    name: str
    media: str
    width: int
    height: int
    frames: FrameRange
    frame_count: int
    rate: Fraction
    start_frame: int
    drop_frame: bool
    record_start: int
    speed: Fraction
    layout: str

    def media_frame(self, record: int) -> int:
        """The frame of the file that is seen at a frame of the timeline; the nearest that the clip shows."""
        offset = int((record - self.record_start) * self.speed // 1)
        last = max(self.frames.start, self.frames.end_exclusive - 1)
        return min(max(self.frames.start + offset, self.frames.start), last)

    def record_frame(self, media: int) -> int:
        """The frame of the timeline at which a frame of the file is first seen."""
        if self.speed == 0:
            return self.record_start
        return self.record_start - int((self.frames.start - media) / self.speed // 1)


@dataclass(frozen=True)
class Request:
    """What an artist asks for: all that a job, a preview or an estimate is prepared from.

    Attributes:
        project, shot: what it is done to.
        roto: the drawing's file.
        effect, params, seed: as in a `JobSpec`.
        frames: of the shot's media, those to work on; None is all of them.
        repairs: the result whose media the shot shows, if that is what is worked on.
        earlier: media of the clip's results, those first that a new one should go on from.
        picture: what a generated clip begins with, instead of the shot's first visible frame.
    """

    project: Project
    shot: Shot
    roto: Path
    effect: str
    params: Any
    seed: int = 0
    frames: FrameRange | None = None
    repairs: TimelineResult | None = None
    earlier: tuple[str, ...] = ()
    picture: str | None = None


@dataclass(frozen=True)
class TrackRequest:
    """A mask that is to be tracked.

    Attributes:
        shot: whose frames.
        roto: the drawing's file; what is tracked is kept beside it.
        mask: with what is drawn.
        wanted: the frames of the media that are to be tracked.
        within: a frame; of `wanted` only the shot between two cuts that holds it. None: all of it.
        changed: frames whose drawing has changed: only what they touch is tracked again. None: all of it.
    """

    shot: Shot
    roto: Path
    mask: Mask
    wanted: FrameRange
    within: int | None = None
    changed: tuple[int, ...] | None = None


@dataclass(frozen=True)
class SteadinessRequest:
    """A question how steady a matte or a result is.

    Attributes:
        what: "chatter" of the drawing's matte, or "flicker" of a result inside of it.
        media: the plate, or the result.
        frames: of that media.
        roto: the drawing's file.
        roto_first: its frame that belongs to the first of `frames`.
    """

    what: str
    media: str
    frames: FrameRange
    roto: Path
    roto_first: int


@dataclass(frozen=True)
class Steadiness:
    """How steady it is.

    Attributes:
        first: the frame of the shot's media that the first value belongs to.
        values: per frame; None where nothing can be said.
        warn: from where on a value is worth a look.
    """

    first: int
    values: tuple[float | None, ...]
    warn: float

    def at(self, frame: int) -> float | None:
        """The value of a frame of the shot's media."""
        place = frame - self.first
        return self.values[place] if 0 <= place < len(self.values) else None

    def loud(self) -> tuple[int, ...]:
        """The frames that are worth a look."""
        found = enumerate(self.values, start=self.first)
        return tuple(frame for frame, value in found if value is not None and value > self.warn)


@dataclass(frozen=True)
class Prepared:
    """A job, ready to be queued.

    Attributes:
        submit: the job; its timeline is still to be registered.
        folders: what the engine must be allowed to use.
        timeline: what its result belongs to; None for a preview.
        preview: of a preview, the frames of the media that it shows; of a loop's, the frames that it is made from.
        loop: whether the preview is a loop, as long as it comes out.
        repair: whether it repairs a result.
    """

    submit: Submit
    folders: tuple[Path, ...]
    timeline: RegisterTimeline | None = None
    preview: FrameRange | None = None
    loop: bool = False
    repair: bool = False


@dataclass(frozen=True)
class Preview:
    """A finished preview.

    Attributes:
        media: its file, small.
        plate: the file of the shot that it is of.
        frames: the frames of the shot's media that it shows; of a loop, the first turn.
        loop: whether it goes on for ever, before and after `frames` as well.
        over: another one that is laid over it until the right one is there; None where this is it.
        share: how much of `over` is seen, 0..1.
        note: of a mixture, what it is, for people.
    """

    media: str
    plate: str
    frames: FrameRange
    loop: bool = False
    over: Preview | None = None
    share: float = 0.0
    note: str = ""

    def index(self, frame: int) -> int | None:
        """Its frame that shows a frame of the shot's media; None where it shows nothing."""
        if self.loop:
            return (frame - self.frames.start) % self.frames.duration
        return frame - self.frames.start if frame in self.frames else None


@dataclass(frozen=True)
class PaintAdvice:
    """Which frames an artist should paint.

    Attributes:
        keys: frames of the media that together show most of the shot.
        following: the one to paint next: what is painted shows least of it.
        followed: per frame of the shot, the share that painted frames show, 0..1; empty where none is painted.
    """

    keys: tuple[int, ...]
    following: int
    followed: tuple[float, ...] = ()


@dataclass(frozen=True)
class LoopPoint:
    """A loop that a shot may run in.

    Attributes:
        start: its first frame, of the media.
        period: its length, frames.
        seam: difference there over the usual difference of neighbours: 1 is no seam at all.
    """

    start: int
    period: int
    seam: float


class Desk(Protocol):
    """What the panel has done for it: the composition root knows timelines, files and jobs.

    All of it may take a while and is called from a thread; all raise `LumiereError`s.
    """

    def open(self, path: Path) -> Project:
        """A timeline or a media file."""
        ...

    def inspect(self, project: Project, clip: int) -> Shot:
        """A clip's media, opened."""
        ...

    def prepare(self, request: Request) -> Prepared:
        """A job: of all frames or, of a plain movie, some."""
        ...

    def prepare_preview(self, request: Request) -> Prepared:
        """The same of a few frames, at proxy size."""
        ...

    def estimate(self, request: Request) -> tuple[Plan, tuple[Path, ...]]:
        """The question what a job will take, and what the engine must be allowed to use for it."""
        ...

    def let_go(self, media: Sequence[str]) -> None:
        """Clear away what is kept of the work of results; corrections of them are rendered whole from then on."""
        ...

    def import_masks(self, shot: Shot, path: Path, roto: Path, frame: int) -> tuple[Mask, ...]:
        """Masks that another program has drawn; shapes without time stand on a frame of the media."""
        ...

    def export_masks(self, shot: Shot, roto: Path, output: Path, frame: int) -> Path:
        """The matte of the whole shot as a movie or sequence, or the shapes of a frame as SVG."""
        ...

    def track(self, request: TrackRequest, on_progress: Callable[[Progress], None]) -> tuple[Tracked, ...]:
        """Mattes for frames on which nothing is drawn; what `on_progress` raises stops it."""
        ...

    def steadiness(self, request: SteadinessRequest, on_progress: Callable[[Progress], None]) -> Steadiness:
        """How steady a matte or a result is; what `on_progress` raises stops it."""
        ...

    def export_frame(self, shot: Shot, frame: int) -> Path:
        """A frame of the media as a picture that can be painted over; its name tells the frame."""
        ...

    def advise_paintings(self, request: Request, on_progress: Callable[[Progress], None]) -> PaintAdvice:
        """Which frames to paint; what `on_progress` raises stops it."""
        ...

    def loop_points(self, request: Request, on_progress: Callable[[Progress], None]) -> tuple[LoopPoint, ...]:
        """Where a shot may loop, the best first; what `on_progress` raises stops it."""
        ...

    def read_hints(self, path: Path) -> MotionHints:
        """Motion hints from a file."""
        ...

    def add_model(self, path: Path) -> str:
        """Register a model; returns its name."""
        ...

    def weights(
        self, image: str, motion: str | None, loras: tuple[str, ...], upscale: str | None
    ) -> tuple[Weights, ...]:
        """What a job is told of registered models."""
        ...

    def save_results(self, project: Project, results: Sequence[TimelineResult]) -> Path:
        """A timeline beside the project's with a track for each result; returns its path."""
        ...


def shot_of_result(shot: Shot, result: TimelineResult, record_start: int) -> Shot:
    """A clip's result as a shot to be drawn on: it stands where the clip does, on frames of the result's own file.

    Args:
        shot: the clip.
        result: of it.
        record_start: where the result begins on the timeline.
    """
    placement = result.placement
    first = 0 if placement is None else placement.source_start
    shown = shot.frames.end_exclusive - shot.media_frame(record_start)
    return replace(
        shot,
        name=f"{shot.name}, repaired",
        media=result.media,
        frames=FrameRange.between(first, min(first + shown, result.frame_count)),
        frame_count=result.frame_count,
        start_frame=result.start_frame,
        record_start=record_start,
    )


def timeline_of(project: Project) -> RegisterTimeline:
    """How a project is known to the engine."""
    return RegisterTimeline(project.path.name[:500], "panel", str(project.path))
