"""One clip of a timeline, chosen by name or number, with its media and its exact ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError, UnknownClipError
from lumiere_engine.protocol.ranges import FrameRange

from .media import MediaFile, check_sequence, find_media
from .positions import PlacedClip, picture_clips, record_range, record_text, sound_clip_names
from .reading import Timeline, clip_info, has_media, media_folder
from .times import exact_rate
from .usage import MediaInfo, Usage, clip_usage

MOST_NAMES = 20
_NUMBER = re.compile(r"(#?)(\d{1,9})")


@dataclass(frozen=True)
class ClipSelection:
    """A clip with everything that an effect and its result need.

    Attributes:
        clip: OpenTimelineIO's clip; treat it as read-only.
        index: its number in `list_clips`.
        name: its name, or `clip #N` if it has none.
        track_name, track_index: the root stack's track that it is on or within, counted from 0.
        indices: child indices from the root stack down to the clip.
        media_path: the movie, or an image sequence's printf pattern.
        first_number: of an image sequence, the number of its first file; None for a movie.
        rate: frames per second of the media.
        written_rate: the same as the timeline writes it, such as 23.976.
        media_range: the frames of the media file that are seen, dissolves included, counted from 0.
        trimmed_media_range: those between the cuts.
        available: the frames that the file has; None if nobody tells.
        exact_start: where the trimmed range starts in the file, in frames, before rounding down.
        source_start_frame: the number that the timeline gives to the file's first frame (its timecode).
        source_range: the clip's trimmed range in its own numbering.
        record_start, record_duration: its place in the timeline, global start included.
        record: the same as text, `01:00:00:00-01:00:01:23`, both ends included.
        time_scalar: the constant speed; negative backwards, 0 a freeze frame.
    """

    clip: otio.schema.Clip
    index: int
    name: str
    track_name: str
    track_index: int
    indices: tuple[int, ...]
    media_path: Path
    first_number: int | None
    rate: Fraction
    written_rate: float
    media_range: FrameRange
    trimmed_media_range: FrameRange
    available: FrameRange | None
    exact_start: Fraction
    source_start_frame: int
    source_range: otio.opentime.TimeRange
    record_start: otio.opentime.RationalTime
    record_duration: otio.opentime.RationalTime
    record: str
    time_scalar: float

    @property
    def handles(self) -> tuple[int, int]:
        """Frames that the media has before and after `media_range`; none where nobody tells."""
        if self.available is None:
            return 0, 0
        return (
            self.media_range.start - self.available.start,
            self.available.end_exclusive - self.media_range.end_exclusive,
        )

    def with_handles(self, handles: int) -> FrameRange:
        """`media_range` with up to that many frames more at either end, as far as the media goes."""
        head, tail = self.handles
        return self.media_range.grown(min(head, handles), min(tail, handles))


def select_clip(
    timeline: Timeline,
    which: str | None = None,
    *,
    timeline_path: Path | None = None,
    relink: Sequence[Path] = (),
    probe: Callable[[Path], MediaInfo] | None = None,
) -> ClipSelection:
    """The clip that `which` names, with its media found and its ranges checked.

    Args:
        timeline: the timeline.
        which: a clip's name, or `#N` or `N` as counted by `list_clips` (a clip that is named `N` goes
            first); None for the only clip with media.
        timeline_path: where relative media paths start from; the timeline's own path if None.
        relink: folders to search for media that is not where the timeline says.
        probe: tells of a media file what it really has (of a sequence, given its pattern).

    Raises:
        UnknownClipError: no such clip, or several of that name (each told with its number and place).
        MissingMediaError: its media is nowhere, or in several places.
        TimelineError: ranges or speed that cannot serve (see `usage.clip_usage`).
    """
    placed = find_clip(timeline, which)
    media = find_media(placed.clip, media_folder(timeline_path or timeline.path), relink, label=placed.label)
    usage = clip_usage(placed, _probed(probe, placed, media))
    check_sequence(media, usage.media_range, label=placed.label)
    return _selection(timeline, placed, media, usage)


def find_clip(timeline: Timeline, which: str | None) -> PlacedClip:
    """The picture clip that `which` names; see `select_clip`.

    Raises:
        UnknownClipError: none, or several.
    """
    clips = picture_clips(timeline.model)
    if which is None:
        found = [placed for placed in clips if has_media(placed.clip)]
        if len(found) == 1:
            return found[0]
        what = "no clip with media" if not found else f"{len(found)} clips"
        raise UnknownClipError(
            f"the timeline has {what}",
            remedy=f"choose one with --clip: {_names(timeline, clips)}" if found else None,
        )
    number = _NUMBER.fullmatch(which.strip())
    named = [] if number and number[1] else [placed for placed in clips if placed.clip.name == which]
    if not named and number and int(number[2]) < len(clips):
        return clips[int(number[2])]
    if not named and not number:
        named = [placed for placed in clips if placed.clip.name.strip() == which.strip()]
    if len(named) == 1:
        return named[0]
    if named:
        raise UnknownClipError(
            f"{len(named)} clips are named '{which}'",
            remedy=f"choose one by its number: {_names(timeline, named)}",
        )
    if which in sound_clip_names(timeline.model):
        raise UnknownClipError(f"'{which}' is only on sound tracks")
    raise UnknownClipError(
        f"the timeline has no clip '{which}'",
        remedy=f"it has {_names(timeline, clips)}" if clips else "it has no picture clips at all",
    )


def _selection(timeline: Timeline, placed: PlacedClip, media: MediaFile, usage: Usage) -> ClipSelection:
    try:
        record = record_range(timeline.model, placed, usage.source_range.duration)
    except TimelineError as error:
        raise TimelineError(
            f"its place in the timeline is not known: {error}", clip=placed.label, remedy=error.remedy
        ) from None
    return ClipSelection(
        clip=placed.clip,
        index=placed.index,
        name=placed.clip.name or f"clip #{placed.index}",
        track_name=placed.track_name,
        track_index=placed.indices[0],
        indices=placed.indices,
        media_path=media.path,
        first_number=media.first_number,
        rate=usage.rate,
        written_rate=usage.written_rate,
        media_range=usage.media_range,
        trimmed_media_range=usage.trimmed_media_range,
        available=usage.available,
        exact_start=usage.exact_start,
        source_start_frame=usage.start_frame,
        source_range=usage.source_range,
        record_start=record.start_time,
        record_duration=record.duration,
        record=record_text(record, timeline.model),
        time_scalar=usage.time_scalar,
    )


@dataclass(frozen=True)
class _SequenceInfo:
    """A probed image sequence at the rate of the timeline's reference: pictures in a folder have none."""

    frame_count: int
    rate: Fraction
    start_frame: int = 0


def _probed(
    probe: Callable[[Path], MediaInfo] | None, placed: PlacedClip, media: MediaFile
) -> MediaInfo | None:
    """What the probe tells; of an image sequence only the number of frames, if the reference has a rate."""
    info = probe(media.path) if probe else None
    if info is None or media.first_number is None:
        return info
    reference = placed.clip.media_reference
    rates = [reference.available_range.start_time.rate] if reference and reference.available_range else []
    rates += [reference.rate] if isinstance(reference, otio.schema.ImageSequenceReference) else []
    rate = next((exact_rate(rate) for rate in rates if rate > 0), Fraction(info.rate))
    return _SequenceInfo(info.frame_count, rate, media.first_number)


def _names(timeline: Timeline, clips: Sequence[PlacedClip]) -> str:
    """`#0 name @record, #1 …`, at most `MOST_NAMES` of them."""
    told = ", ".join(str(clip_info(timeline, placed)) for placed in clips[:MOST_NAMES])
    return told + (f" and {len(clips) - MOST_NAMES} more" if len(clips) > MOST_NAMES else "")
