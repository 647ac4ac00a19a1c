"""Which frames of its media a clip uses: through dissolves, constant time warps and mixed rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn, Protocol

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError
from lumiere_engine.protocol.ranges import FrameRange

from .positions import DEFAULT_RATE, PlacedClip, known_duration
from .times import HIGHEST_PICTURE_RATE, exact_rate, is_speed, same_rate, snapped, to_frames


class MediaInfo(Protocol):
    """What a probe tells of a media file."""

    @property
    def frame_count(self) -> int:
        """How many frames the file has."""

    @property
    def rate(self) -> Fraction:
        """Frames per second."""

    @property
    def start_frame(self) -> int:
        """The file's own timecode as a frame number at `rate`; 0 if it has none."""


@dataclass(frozen=True)
class Usage:
    """The frames of a media file that a clip uses, counted from 0 at the file's first frame.

    Attributes:
        rate: frames per second of the file.
        written_rate: the same as the timeline writes it, such as 23.976.
        media_range: all frames that are seen, dissolves included.
        trimmed_media_range: those between the cuts.
        available: the frames that there are; None if neither the timeline nor a probe tells.
        exact_start: where `trimmed_media_range` starts before rounding down.
        start_frame: the number that the timeline gives to the file's first frame (its timecode), at `rate`.
        source_range: the clip's trimmed range, in its own rate and numbering.
        time_scalar: the constant speed; negative backwards, 0 a freeze frame.
    """

    rate: Fraction
    written_rate: float
    media_range: FrameRange
    trimmed_media_range: FrameRange
    available: FrameRange | None
    exact_start: Fraction
    start_frame: int
    source_range: otio.opentime.TimeRange
    time_scalar: float


def clip_usage(placed: PlacedClip, info: MediaInfo | None) -> Usage:
    """What a clip uses of its media.

    A time t of the source range is the file's frame (t − start of the available range). Times become frames
    with exact fractions (`times.to_frames`), then the range is widened to whole frames: start down, end up,
    so that every frame of which any part is seen is in it. A clip of speed v and duration d uses |v|·d
    frames from its source range's start, backwards too (they are shown in reverse order); a freeze frame
    uses one.

    Raises:
        TimelineError: the range leaves what is available (both are told), a speed that is not constant, a
            source range or rate that is missing or impossible.
    """
    clip, label = placed.clip, placed.label
    try:
        return _usage(placed, info)
    except TimelineError as error:
        if error.clip is None or error.clip == clip.name:
            error.clip = label
        raise


def time_scalar(item: otio.core.Item) -> float:
    """The constant speed of an item: the product of its time warps.

    Raises:
        TimelineError: a time effect without a constant speed, by name.
    """
    scalar = 1.0
    for effect in item.effects:
        if not isinstance(effect, otio.schema.TimeEffect):
            continue
        if not isinstance(effect, otio.schema.LinearTimeWarp) or not is_speed(effect.time_scalar):
            name = effect.effect_name or effect.name
            raise TimelineError(
                f"its time effect {effect.schema_name()}{f' {name!r}' if name else ''} has no constant speed",
                remedy="render the retimed shot to a movie and put that in its place",
            )
        scalar *= effect.time_scalar
    return float(scalar)


def transition_offsets(placed: PlacedClip) -> tuple[otio.opentime.RationalTime, otio.opentime.RationalTime]:
    """How far dissolves reach beyond the clip's cuts: before its start and after its end."""
    none = otio.opentime.RationalTime(0, DEFAULT_RATE)
    parent, index = placed.parent, placed.indices[-1]
    if not isinstance(parent, otio.schema.Track):
        return none, none
    before = parent[index - 1] if index else None
    after = parent[index + 1] if index + 1 < len(parent) else None
    head = before.in_offset if isinstance(before, otio.schema.Transition) else None
    tail = after.out_offset if isinstance(after, otio.schema.Transition) else None
    return head or none, tail or none


def _usage(placed: PlacedClip, info: MediaInfo | None) -> Usage:
    clip = placed.clip
    scalar = time_scalar(clip)
    offered = clip.media_reference.available_range if clip.media_reference else None
    source = _source_range(clip, info)
    written = _written_rate(offered, source, info)
    start = to_frames(source.start_time, written)
    span = to_frames(source.duration, written)
    first, low, count = _offered(offered, written, info, start, span * Fraction(abs(scalar)))
    scale = _frames_per_written_frame(written, info)
    base = math.floor(first * scale)
    available = None
    if count is not None:
        available = _whole((low - first) * scale, (low - first + count) * scale)
        if info is not None:
            available = available.intersection(FrameRange(0, info.frame_count))
    begin, speed = (start - first) * scale, Fraction(abs(scalar)) * scale
    head, tail = (to_frames(offset, written) * speed for offset in transition_offsets(placed))
    if scalar < 0:
        head, tail = tail, head
    lengths = _lengths(source.duration, span, written)
    for length in lengths:
        end = begin + length * speed
        used = _within(
            available, begin - head, end + tail, slack=not same_rate(source.duration.rate, written)
        )
        if used is not None:
            break
    else:
        assert available is not None
        by_time = _whole(begin - head, begin + lengths[0] * speed + tail)
        _refuse_range(by_time.shifted(base), available.shifted(base), head or tail)
    return Usage(
        rate=_file_rate(written, info),
        written_rate=written,
        media_range=used,
        trimmed_media_range=_whole(begin, end).intersection(used),
        available=available,
        exact_start=snapped(begin),
        start_frame=base,
        source_range=source,
        time_scalar=scalar,
    )


def _lengths(duration: otio.opentime.RationalTime, span: Fraction, written: float) -> list[Fraction]:
    """What a duration may mean in frames of the written rate: by time; at one timecode base by count too.

    Hosts put 24 fps media frame for frame into 23.976 timelines, where by time it would end a thousandth
    before the clip does.
    """
    if round(duration.rate) != round(written) or same_rate(duration.rate, written):
        return [span]
    return [span, Fraction(duration.value)]


def _within(
    available: FrameRange | None, begin: Fraction, end: Fraction, *, slack: bool
) -> FrameRange | None:
    """The whole frames of a stretch of time, None if they are not all available.

    With `slack` (between different rates, where hosts round a clip to whole frames of the timeline) it may
    reach beyond the media by less than a frame, which then does not count.
    """
    used = _whole(begin, end)
    if available is None or available.contains_range(used):
        return used
    if slack and available.start - 1 < begin and end < available.end_exclusive + 1:
        return available.intersection(used)
    return None


def _source_range(clip: otio.schema.Clip, info: MediaInfo | None) -> otio.opentime.TimeRange:
    """The clip's trimmed range; the whole file where the timeline names none."""
    offered = clip.media_reference.available_range if clip.media_reference else None
    source = clip.source_range or offered
    if source is None:
        if info is None:
            known_duration(clip)
        assert info is not None
        rate = float(info.rate)
        source = otio.opentime.TimeRange(
            otio.opentime.RationalTime(info.start_frame, rate),
            otio.opentime.RationalTime(info.frame_count, rate),
        )
    if source.duration.value <= 0:
        raise TimelineError("it has no frames (its source_range is empty)")
    return source


def _written_rate(
    offered: otio.opentime.TimeRange | None, source: otio.opentime.TimeRange, info: MediaInfo | None
) -> float:
    """The rate that the media's frames are counted at: the first that is told and can be one of pictures."""
    rates = [offered.start_time.rate, offered.duration.rate] if offered else []
    rates += [float(info.rate)] if info else []
    rates += [source.start_time.rate]
    for rate in rates:
        if 0 < rate <= HIGHEST_PICTURE_RATE:
            return float(rate)
    raise TimelineError(f"its ranges have the rate {rates[0]:g}, which is no frame rate")


def _file_rate(written: float, info: MediaInfo | None) -> Fraction:
    return Fraction(info.rate) if info else exact_rate(written)


def _frames_per_written_frame(written: float, info: MediaInfo | None) -> Fraction:
    """Frames of the file per frame that the timeline counts.

    Rates with the same timecode numbering (24 and 23.976) are frame for frame: there the timeline only
    conformed the rate. Other rates go by time.
    """
    if info is None or round(info.rate) == round(written):
        return Fraction(1)
    return Fraction(info.rate) / exact_rate(written)


def _offered(
    offered: otio.opentime.TimeRange | None,
    written: float,
    info: MediaInfo | None,
    start: Fraction,
    used: Fraction,
) -> tuple[Fraction, Fraction, Fraction | None]:
    """First frame number of the file, then start and length of what it has, in frames of the written rate.

    The available range starts with the file's first frame, unless the file's own timecode shows that it is
    only a part. Without an available range it is the probed file, numbered by its own timecode if what is
    used lies there, else from 0. Without either, nobody knows the length, and frames count from 0.
    """
    scale = _frames_per_written_frame(written, info)
    own = info.start_frame / scale if info else Fraction(0)
    count = info.frame_count / scale if info else None
    if offered is not None and offered.duration.value > 0:
        first, length = to_frames(offered.start_time, written), to_frames(offered.duration, written)
        is_part = count is not None and own > 0 and own < first and first + length <= own + count
        return (own if is_part else first), first, length
    if count is None:
        return Fraction(0), Fraction(0), None
    inside = own - 1 < start and start + used < own + count + 1
    return (own, own, count) if inside else (Fraction(0), Fraction(0), count)


def _whole(begin: Fraction, end: Fraction) -> FrameRange:
    """The whole frames that a stretch of time touches, at least one."""
    start = math.floor(snapped(begin))
    return FrameRange.between(start, max(start + 1, math.ceil(snapped(end))))


def _refuse_range(used: FrameRange, available: FrameRange, dissolves: Fraction) -> NoReturn:
    remedy = None
    if available.duration == 1:
        remedy = "a still picture that is held has no frames to work on: render it to a movie first"
    extra = " (dissolves included)" if dissolves else ""
    raise TimelineError(
        f"it uses the frames {used}{extra} of its media, which has only {available}",
        remedy=remedy or "trim the clip, or relink it to media that is long enough",
    )
