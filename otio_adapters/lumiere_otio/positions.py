"""Where clips are: their place in the tree, in their parent, and on the timeline.

OpenTimelineIO's own `transformed_time` ignores time warps of nested stacks and raises where a duration is
unknown; positions here are sums of exact fractions, in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

from .times import (
    HIGHEST_PICTURE_RATE,
    exact_rate,
    from_seconds,
    is_speed,
    snapped,
    timecode,
    to_seconds,
)

DEFAULT_RATE = 24.0


@dataclass(frozen=True)
class PlacedClip:
    """A picture clip and its place in the tree.

    Attributes:
        clip: OpenTimelineIO's clip.
        index: its number among the picture clips, from 0.
        indices: child indices from the root stack down to the clip.
        ancestors: the compositions on that way, the root stack first, the clip's parent last.
    """

    clip: otio.schema.Clip
    index: int
    indices: tuple[int, ...]
    ancestors: tuple[otio.core.Composition, ...]

    @property
    def parent(self) -> otio.core.Composition:
        """The track or stack that holds the clip."""
        return self.ancestors[-1]

    @property
    def track_name(self) -> str:
        """Name of the track of the root stack that the clip is on or within."""
        top = self.ancestors[1] if len(self.ancestors) > 1 else self.clip
        return str(top.name)

    @property
    def label(self) -> str:
        """The clip in an error: its name, else its number."""
        return self.clip.name or f"#{self.index}"


def picture_clips(model: otio.schema.Timeline) -> list[PlacedClip]:
    """The clips that are not on (or nested within) a sound track, in the order of `ClipInfo.index`."""
    found = _clips(model.tracks, (), (model.tracks,))
    return [PlacedClip(clip, i, indices, chain) for i, (clip, indices, chain) in enumerate(found)]


def sound_clip_names(model: otio.schema.Timeline) -> set[str]:
    """Names of clips that are on sound tracks."""
    tracks = [track for track in model.tracks.find_children() if isinstance(track, otio.schema.Track)]
    sound = [track for track in tracks if track.kind == otio.schema.TrackKind.Audio]
    return {clip.name for track in sound for clip in track.find_clips()}


def start_in_parent(parent: otio.core.Composition, index: int) -> otio.opentime.RationalTime:
    """Where child `index` starts in its parent, as OpenTimelineIO adds it up, though its own duration be
    unknown.

    Raises:
        TimelineError: an item before it in the track has no known duration (named).
    """
    if not isinstance(parent, otio.schema.Track):
        return otio.opentime.RationalTime(0, _rate_or_default(parent[index]))
    last = next(
        (i for i in range(index - 1, -1, -1) if not isinstance(parent[i], otio.schema.Transition)), None
    )
    if last is None:
        return otio.opentime.RationalTime(0, _rate_or_default(parent[index]))
    try:
        end = parent.range_of_child_at_index(last).end_time_exclusive()
    except Exception:  # as in `known_duration`
        end = None
    if end is None or not (math.isfinite(end.value) and math.isfinite(end.rate) and end.rate > 0):
        # asked one by one only here, to name the culprit: in long tracks that takes long
        for i in range(last + 1):
            if not isinstance(parent[i], otio.schema.Transition):
                known_duration(parent[i])
        end = parent.range_of_child_at_index(last).end_time_exclusive()
    return end


class Starts:
    """Where children start in their parents, each parent added up once rather than for each of its children.

    Args:
        model: the timeline.
    """

    def __init__(self, model: otio.schema.Timeline) -> None:
        self.rate = timeline_rate(model)
        self._known: dict[tuple[int, ...], list[Fraction]] = {}
        self.ways_out: dict[tuple[int, ...], tuple[Fraction, Fraction]] = {}

    def of(self, parent: otio.core.Composition, indices: tuple[int, ...]) -> Fraction:
        """Seconds from the parent's beginning.

        Args:
            parent: the composition.
            indices: child indices from the root stack down to the child.

        Raises:
            TimelineError: as `start_in_parent`.
        """
        if not isinstance(parent, otio.schema.Track):
            return Fraction(0)
        known = self._known.setdefault(indices[:-1], [Fraction(0)])
        for index in range(len(known) - 1, indices[-1]):
            child = parent[index]
            passes = isinstance(child, otio.schema.Transition)
            known.append(known[-1] + (0 if passes else to_seconds(known_duration(child))))
        return known[indices[-1]]


def known_duration(item: Any) -> otio.opentime.RationalTime:
    """The duration of an item in its parent.

    Raises:
        TimelineError: it has neither a source range nor an available range, or a rate that is no number.
    """
    try:
        duration = item.duration()
    except Exception:  # CannotComputeAvailableRangeError, or a NotImplementedError from within
        duration = None
    if duration is None:
        raise TimelineError(
            "it has neither a source_range nor an available_range, so its duration is unknown",
            clip=item.name or type(item).__name__,
        )
    if duration.value:
        try:
            to_seconds(duration)
        except TimelineError as error:
            error.clip = item.name or type(item).__name__
            raise
    return duration


def record_range(
    model: otio.schema.Timeline,
    placed: PlacedClip,
    duration: otio.opentime.RationalTime | None = None,
    starts: Starts | None = None,
) -> otio.opentime.TimeRange:
    """Where a clip is in the timeline, `global_start_time` included, at the timeline's rate.

    It is the clip's trimmed range (what lies between its cuts; dissolves reach beyond), taken up through
    nested stacks with their source ranges and constant speeds. It is not clamped to what the nested stacks
    show.

    Args:
        model: the timeline.
        placed: the clip.
        duration: the clip's duration where the file does not tell it.
        starts: what was added up for other clips of this timeline.

    Raises:
        TimelineError: an unknown duration or impossible rate on the way, or a nested stack without constant
            speed.
    """
    length = to_seconds(duration or known_duration(placed.clip))
    start = _start(placed.parent, placed.indices, starts)
    zero, speed = _way_out(placed.ancestors, placed.indices[:-1], starts)
    start, length = zero + start / speed, length / speed
    if model.global_start_time is not None:
        start += to_seconds(model.global_start_time)
    rate = starts.rate if starts else timeline_rate(model)
    return otio.opentime.TimeRange(from_seconds(start, rate), from_seconds(length, rate))


def _start(parent: otio.core.Composition, indices: tuple[int, ...], starts: Starts | None) -> Fraction:
    """Seconds from the parent's beginning to a child."""
    return starts.of(parent, indices) if starts else to_seconds(start_in_parent(parent, indices[-1]))


def _way_out(
    ancestors: tuple[otio.core.Composition, ...], indices: tuple[int, ...], starts: Starts | None
) -> tuple[Fraction, Fraction]:
    """Where the last ancestor's zero lies in the root stack, in seconds, and its speed there."""
    if starts and indices in starts.ways_out:
        return starts.ways_out[indices]
    holder = ancestors[-1]
    speed = _nest_speed(holder)
    trim = to_seconds(holder.source_range.start_time) if holder.source_range is not None else Fraction(0)
    zero = -trim / speed
    if indices:
        outer, outer_speed = _way_out(ancestors[:-1], indices[:-1], starts)
        zero = outer + (_start(ancestors[-2], indices, starts) + zero) / outer_speed
        speed *= outer_speed
    if starts:
        starts.ways_out[indices] = zero, speed
    return zero, speed


def timeline_rate(model: otio.schema.Timeline) -> float:
    """The written rate of record times: that of the global start, else of the first picture clip."""
    if model.global_start_time is not None and _is_picture_rate(model.global_start_time.rate):
        return float(model.global_start_time.rate)
    for placed in picture_clips(model):
        try:
            rate = known_duration(placed.clip).rate
        except TimelineError:
            continue
        if _is_picture_rate(rate):
            return float(rate)
    return DEFAULT_RATE


def record_text(record: otio.opentime.TimeRange, model: otio.schema.Timeline) -> str:
    """A record range as people read it: first and last frame as timecode, `01:00:00:00-01:00:01:23`."""
    rate = exact_rate(record.start_time.rate)
    first = int(snapped(Fraction(record.start_time.value)) // 1)
    frames = max(1, round(record.duration.value))
    drop = is_drop_frame(model)
    return f"{timecode(first, rate, drop_frame=drop)}-{timecode(first + frames - 1, rate, drop_frame=drop)}"


def is_drop_frame(model: otio.schema.Timeline) -> bool:
    """Whether the metadata that a Final Cut Pro file leaves says that timecode is counted drop-frame."""
    for keys in (("fcp_xml", "timecode", "displayformat"), ("fcpxml", "tcFormat")):
        node: Any = model.metadata
        try:
            for key in keys:
                node = node[key]
        except (KeyError, TypeError, IndexError):
            continue
        return str(node) == "DF"
    return False


def _clips(
    parent: otio.core.Composition, indices: tuple[int, ...], chain: tuple[otio.core.Composition, ...]
) -> Iterator[tuple[otio.schema.Clip, tuple[int, ...], tuple[otio.core.Composition, ...]]]:
    for index, child in enumerate(parent):
        here = (*indices, index)
        if isinstance(child, otio.schema.Clip):
            yield child, here, chain
        elif isinstance(child, otio.schema.Track) and child.kind == otio.schema.TrackKind.Audio:
            continue
        elif isinstance(child, otio.core.Composition):
            yield from _clips(child, here, (*chain, child))


def _nest_speed(holder: otio.core.Composition) -> Fraction:
    """Speed of a composition within its parent, 1 if it has no time effect."""
    speed = Fraction(1)
    for effect in holder.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp) and is_speed(effect.time_scalar, forward=True):
            speed *= Fraction(effect.time_scalar)
        elif isinstance(effect, otio.schema.TimeEffect):
            raise TimelineError(
                f"it is within '{holder.name}', whose {effect.schema_name()} has no constant forward speed"
            )
    return speed


def _rate_or_default(item: Any) -> float:
    try:
        return float(known_duration(item).rate)
    except TimelineError:
        return DEFAULT_RATE


def _is_picture_rate(rate: float) -> bool:
    return 0 < rate <= HIGHEST_PICTURE_RATE
