"""What a host is to Lumiere: a timeline that can be looked at, and finished clips that can be put on a new track."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from lumiere_engine.protocol.errors import TimelineError


@dataclass(frozen=True)
class HostClip:
    """A picture clip on a host's timeline.

    Attributes:
        name: as the host shows it.
        record_start, record_duration: its place, in frames of the timeline; the timeline's own start included.
        media: its movie, absolute; "" if it has none that can be used.
        media_rate: frames per second of the media.
        media_frames: how many frames the media has; 0 if the host does not tell.
        source_start: the frame of the media, counted from 0, that is seen first; fractions between rates.
        speed: frames of the media per frame of the timeline; 1 shows each once.
        problem: why it cannot be worked on, or "".
    """

    name: str
    record_start: int
    record_duration: int
    media: str = ""
    media_rate: Fraction = Fraction(24)
    media_frames: int = 0
    source_start: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    problem: str = ""


@dataclass(frozen=True)
class HostTrack:
    """A picture track with its clips in the order of time."""

    name: str
    clips: tuple[HostClip, ...]


@dataclass(frozen=True)
class HostTimeline:
    """What is open in a host.

    Attributes:
        name: for people.
        folder: where Lumiere may keep its files: beside the project.
        rate: frames per second.
        start_frame: the timecode of its first frame as a frame number.
        tracks: picture tracks, from the lowest.
        selected: clips of the tracks.
    """

    name: str
    folder: Path
    rate: Fraction
    start_frame: int
    tracks: tuple[HostTrack, ...]
    selected: tuple[HostClip, ...] = ()


@dataclass(frozen=True)
class FinishedClip:
    """A result to be placed.

    Attributes:
        job: its number.
        media: the movie, absolute.
        frame_count: frames of the movie.
        start_frame: the timecode of the movie's first frame as a frame number.
        original: the clip that it belongs above, as it lies on the timeline now.
        source_start: the frame of the movie, counted from 0, that is seen first; its fraction is the original's.
    """

    job: int
    media: Path
    frame_count: int
    start_frame: int
    original: HostClip
    source_start: Fraction

    @property
    def name(self) -> str:
        """What it is called on the timeline."""
        return f"{self.original.name} (Lumiere {self.job})"


class Host(Protocol):
    """An editing program. All calls come from its main thread.

    What every host does, whatever its API: it changes nothing but a track that did not exist before; it refuses, by
    a `TimelineError` of one line, what it cannot place exactly; it looks at the timeline again after placing.
    """

    name: str
    """Which program, such as "blender": what the engine knows it by."""

    def timeline(self) -> HostTimeline:
        """What is open and what is selected.

        Raises:
            TimelineError: nothing is open, or it cannot be worked on.
        """

    def place(self, clip: FinishedClip) -> str:
        """Put a finished clip on a new track, at the original's frames, in one step that can be undone.

        Returns:
            the new track's name.

        Raises:
            TimelineError: it cannot be placed exactly; the timeline is as it was.
        """

    def placed(self) -> tuple[int, ...]:
        """The jobs whose clips lie on the timeline."""


def find_original(timeline: HostTimeline, name: str, record_start: int, media: str = "") -> HostClip:
    """The clip that a result belongs to: where it was, or, if it was moved, the only one of that name.

    Args:
        timeline: as it is now.
        name: the clip's.
        record_start: where it was.
        media: if known, what it must show still.

    Raises:
        TimelineError: it is gone, or several could be meant.
    """
    clips = [
        clip
        for track in timeline.tracks
        for clip in track.clips
        if clip.name == name and (not media or clip.media == media)
    ]
    here = [clip for clip in clips if clip.record_start == record_start]
    found = here or clips
    if len(found) == 1:
        return found[0]
    what = "is no longer in the timeline" if not found else f"is in the timeline {len(found)} times"
    raise TimelineError(
        f"the clip {what}, so that nobody knows where its result belongs",
        clip=name,
        remedy="put it back, or place the result by hand",
    )


def check_fits(clip: FinishedClip) -> None:
    """Refuse a movie that lacks frames which the original shows.

    Raises:
        TimelineError: it is too short.
    """
    original = clip.original
    last = clip.source_start + original.speed * (original.record_duration - 1)
    if clip.source_start < 0 or last >= clip.frame_count:
        raise TimelineError(
            f"the result has {clip.frame_count} frames, the clip shows {int(clip.source_start)} to {int(last)}",
            clip=original.name,
            remedy="the clip was trimmed longer meanwhile: remove again",
        )


def selected_one(timeline: HostTimeline) -> HostClip:
    """The clip to work on.

    Raises:
        TimelineError: none is selected, or one that cannot be worked on.
    """
    if not timeline.selected:
        raise TimelineError("no clip is selected", remedy="select one in the timeline")
    clip: HostClip | None = timeline.selected[-1]
    assert clip is not None
    if clip.problem:
        raise TimelineError(clip.problem, clip=clip.name)
    return clip
