"""A whole timeline at a glance: tracks and clips with their places, for drawing; media is looked for, not opened."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from lumiere_engine.protocol.errors import LumiereError, TimelineError

from .media import find_media
from .positions import PlacedClip, Starts, is_drop_frame, picture_clips, record_range, timeline_rate
from .reading import Timeline, has_media, media_folder
from .times import exact_rate, to_frames


@dataclass(frozen=True)
class ClipPlace:
    """A clip.

    Attributes:
        index: as `ClipInfo.index`.
        name: its name, or `clip #N`.
        start, duration: frames of the timeline, its global start left out.
        media: its movie or pattern; None if it has none, or it is nowhere.
        media_start: about where it starts in the media, frames; exact only after the media was opened.
        problem: why it cannot be used, or "".
    """

    index: int
    name: str
    start: int
    duration: int
    media: Path | None
    media_start: int
    problem: str


@dataclass(frozen=True)
class Overview:
    """A timeline.

    Attributes:
        rate: frames per second.
        start_frame: its global start as a frame number.
        drop_frame: whether its timecode drops numbers.
        tracks: name and clips, from the lowest; nested clips stand on the track that they are within.
    """

    rate: Fraction
    start_frame: int
    drop_frame: bool
    tracks: tuple[tuple[str, tuple[ClipPlace, ...]], ...]


def overview(timeline: Timeline) -> Overview:
    """All tracks and clips; a thousand clips take less than half a second.

    Raises:
        TimelineError: a rate that is no number.
    """
    model = timeline.model
    rate = timeline_rate(model)
    folder = media_folder(timeline.path)
    starts = Starts(model)
    tracks: dict[int, list[ClipPlace]] = {}
    names: dict[int, str] = {}
    found: dict[str, Path | LumiereError] = {}
    for placed in picture_clips(model):
        number = placed.indices[0]
        names[number] = placed.track_name
        tracks.setdefault(number, []).append(_clip(model, placed, starts, folder, found))
    start = model.global_start_time
    return Overview(
        exact_rate(rate),
        0 if start is None else int(to_frames(start, rate) // 1),
        is_drop_frame(model),
        tuple((names[number], tuple(clips)) for number, clips in sorted(tracks.items())),
    )


def _place(model: otio.schema.Timeline, placed: PlacedClip, starts: Starts) -> tuple[int, int]:
    """Start and duration in frames.

    Raises:
        TimelineError: they are not known.
    """
    record = record_range(model, placed, starts=starts)
    start = to_frames(record.start_time, record.start_time.rate)
    if model.global_start_time is not None:
        start -= to_frames(model.global_start_time, record.start_time.rate)
    return round(start), max(1, round(to_frames(record.duration, record.duration.rate)))


def _clip(
    model: otio.schema.Timeline,
    placed: PlacedClip,
    starts: Starts,
    folder: Path | None,
    found: dict[str, Path | LumiereError],
) -> ClipPlace:
    problem, start, duration = "", 0, 1
    try:
        start, duration = _place(model, placed, starts)
    except TimelineError as error:
        problem = str(error)
    media = None
    if not has_media(placed.clip):
        problem = problem or "it has no picture media"
    else:
        place = _media(placed, folder, found)
        if isinstance(place, Path):
            media = place
        else:
            problem = problem or str(place)
    name = placed.clip.name or f"clip #{placed.index}"
    return ClipPlace(placed.index, name, start, duration, media, _media_start(placed), problem)


def _media(
    placed: PlacedClip, folder: Path | None, found: dict[str, Path | LumiereError]
) -> Path | LumiereError:
    """The file, or why there is none; looked for once for all clips of it."""
    reference = placed.clip.media_reference
    key = getattr(reference, "target_url", None) or reference.to_json_string(-1)
    if key not in found:
        try:
            found[key] = find_media(placed.clip, folder, (), label=placed.label).path
        except LumiereError as error:
            found[key] = error
    return found[key]


def _media_start(placed: PlacedClip) -> int:
    source, reference = placed.clip.source_range, placed.clip.media_reference
    if source is None:
        return 0
    available = getattr(reference, "available_range", None)
    try:
        first = to_frames(source.start_time, source.start_time.rate)
        if available is not None:
            first -= to_frames(available.start_time, source.start_time.rate)
    except TimelineError:
        return 0
    return max(0, int(first // 1))
