"""The result: a copy of the timeline with one track more.

The new track lies directly above the one with the clip, in the same stack, so that every position holds
through nested stacks. It carries the clip's own trimmed range without its dissolves: the original dissolves
underneath, and a dissolve on the new track would mix with whatever is below instead of with the neighbour.
The result's media holds the dissolves' frames and handles all the same, so an editor can put the dissolve
back.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import SpecError, TimelineError
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_engine.protocol.recipe import sidecar_path

from .document import SCHEMA, Json, Keys, at, changed_at, load_model, nodes
from .positions import PlacedClip, known_duration, picture_clips, start_in_parent
from .reading import Timeline
from .selection import ClipSelection
from .times import same_rate, to_frames

GENERATION = "Generation.1"
METADATA_KEY = "Lumiere"
_TINY = 1e-6
_FROM_RECIPE = ("effect", "seed", "version")


def add_result(
    timeline: Timeline,
    selection: ClipSelection,
    *,
    media_path: Path,
    result_range: FrameRange,
    rate: Fraction,
    media_start_frame: int,
    recipe: Mapping[str, Any],
    name: str | None = None,
    track_name: str = "Lumiere",
    output_path: Path | None = None,
    origin_path: Path | None = None,
) -> Timeline:
    """A new timeline: the old one, unchanged in every other item, with the result on a new track.

    Args:
        timeline: what was read; not changed.
        selection: the clip that the result is of.
        media_path: the result's movie.
        result_range: the frames of the source's file, counted from 0 at its first, that the result's file
            holds: the visible range and handles.
        rate: frames per second of the result's file.
        media_start_frame: the timecode of the result's first frame, as a frame number at `rate`.
            `selection.source_start_frame + result_range.start` keeps the source's numbering.
        recipe: what the sidecar holds; its `effect`, `seed` and `version` are repeated in the clip's
        metadata. name: the new clip's name; `NAME (removed)` if None. track_name: the new track's name.
        output_path: where the timeline will be written; the metadata tells the recipe's place from there.
        origin_path: the origin matte of the result, if there is one.

    Raises:
        SpecError: `result_range` lacks frames that the clip shows.
        TimelineError: the clip is not in this timeline, or lies where no track can be put above it.
    """
    if not result_range.contains_range(selection.media_range):
        raise SpecError(
            f"the result has the frames {result_range}, the clip shows {selection.media_range}",
            clip=selection.name,
        )
    placed = _placed(timeline, selection)
    clip = _clip_node(timeline, selection, name or f"{selection.name} (removed)")
    clip["media_references"] = {
        "DEFAULT_MEDIA": reference_node(selection, media_path, result_range, rate, media_start_frame)
    }
    clip["source_range"] = _source_range_node(timeline, selection, result_range, rate, media_start_frame)
    clip["metadata"] = {METADATA_KEY: _metadata(selection, recipe, media_path, output_path, origin_path)}
    stack, index, track = _track_node(timeline, placed, clip, track_name)
    keys = (*timeline.keys, "tracks", *child_keys(stack))
    document = changed_at(timeline.document, keys, lambda node: _inserted(node, index, track))
    result = Timeline(timeline.path, document, timeline.keys, load_model(at(document, timeline.keys)))
    _check_position(result, placed, (*stack, index), selection)
    return result


def _placed(timeline: Timeline, selection: ClipSelection) -> PlacedClip:
    clips = picture_clips(timeline.model)
    if selection.index < len(clips) and clips[selection.index].indices == selection.indices:
        return clips[selection.index]
    raise TimelineError("the clip is not in this timeline", clip=selection.name)


def _clip_node(timeline: Timeline, selection: ClipSelection, name: str) -> Json:
    """A new clip with all effects of the original, so that it is retimed and framed as the original is."""
    original = _node_at(timeline, selection.indices)
    node: Json = json.loads(otio.schema.Clip(name=name).to_json_string())
    node["effects"] = [_without_identity(effect) for effect in original.get("effects") or []]
    return node


def reference_node(
    selection: ClipSelection,
    media_path: Path,
    result_range: FrameRange,
    rate: Fraction,
    media_start_frame: int,
) -> Json:
    """The result's media: a bare absolute path and its range in its own timecode."""
    written = _written_rate(selection, rate)
    reference = otio.schema.ExternalReference(
        target_url=str(Path(media_path).absolute()),
        available_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(media_start_frame, written),
            otio.opentime.RationalTime(result_range.duration, written),
        ),
    )
    node: Json = json.loads(reference.to_json_string())
    return node


def _source_range_node(
    timeline: Timeline,
    selection: ClipSelection,
    result_range: FrameRange,
    rate: Fraction,
    media_start_frame: int,
) -> Json:
    """The original's trimmed range in the numbering of the result's file; verbatim what is the same."""
    source, written = selection.source_range, _written_rate(selection, rate)
    original = _node_at(timeline, selection.indices).get("source_range")
    start, duration = _time_node(source.start_time), _time_node(source.duration)
    if isinstance(original, dict):
        start, duration = original["start_time"], original["duration"]
    frame = selection.exact_start - result_range.start + media_start_frame
    if to_frames(source.start_time, written) != frame:
        own = source.start_time.rate
        whole = frame.denominator == 1 and same_rate(own, written)
        value = frame if whole else frame * Fraction(own) / Fraction(written)
        start = _time_node(otio.opentime.RationalTime(float(value), own))
    return {SCHEMA: "TimeRange.1", "duration": duration, "start_time": start}


def _written_rate(selection: ClipSelection, rate: Fraction) -> float:
    """The rate of the result's media as the timeline writes that of the original's."""
    return selection.written_rate if round(selection.written_rate) == round(rate) else float(rate)


def _metadata(
    selection: ClipSelection,
    recipe: Mapping[str, Any],
    media_path: Path,
    output_path: Path | None,
    origin_path: Path | None,
) -> Json:
    """The `Lumiere` block: a hint only, since hosts drop metadata; the sidecar is what counts."""
    sidecar = sidecar_path(Path(media_path).absolute())
    block: Json = {
        "label": GENERATION,
        **{key: recipe[key] for key in _FROM_RECIPE if key in recipe},
        "source_clip": selection.name,
        "recipe": _from(output_path, sidecar) if output_path else sidecar.name,
    }
    if origin_path is not None:
        origin = Path(origin_path).absolute()
        block["origin_matte"] = _from(output_path, origin) if output_path else str(origin)
    return block


def _from(output_path: Path, path: Path) -> str:
    """A path as told from the timeline's folder, with forward slashes."""
    try:
        return Path(os.path.relpath(path, Path(output_path).absolute().parent)).as_posix()
    except ValueError:  # another Windows drive
        return str(path)


def _track_node(
    timeline: Timeline, placed: PlacedClip, clip: Json, track_name: str
) -> tuple[tuple[int, ...], int, Json]:
    """Indices of the stack to insert into, the place in it, and the new track."""
    new = otio.schema.Track(name=track_name, kind=otio.schema.TrackKind.Video)
    track: Json = json.loads(new.to_json_string())
    parent, index = placed.parent, placed.indices[-1]
    if not isinstance(parent, otio.schema.Track):
        track["children"] = [clip]
        return placed.indices[:-1], index + 1, track
    if not isinstance(placed.ancestors[-2], otio.schema.Stack):
        raise TimelineError(
            "it is on a track within a track, above which no track can lie",
            clip=placed.label,
            remedy="put the inner track into a nested stack",
        )
    start = start_in_parent(parent, index)
    before = gap_nodes(start)
    original = _node_at(timeline, placed.indices[:-1])
    after = []
    if parent.source_range is not None:
        track["source_range"] = original.get("source_range")
        after = _gap_up_to(parent.source_range.end_time_exclusive(), start, clip)
    retimes = [i for i, effect in enumerate(parent.effects) if isinstance(effect, otio.schema.TimeEffect)]
    track["effects"] = [_without_identity(original["effects"][i]) for i in retimes]
    track["children"] = [*before, clip, *after]
    return placed.indices[:-2], placed.indices[-2] + 1, track


def _gap_up_to(end: otio.opentime.RationalTime, start: otio.opentime.RationalTime, clip: Json) -> list[Json]:
    """A gap after the clip, so that a trimmed track's new neighbour is no shorter than its source range."""
    length = clip["source_range"]["duration"]
    return gap_nodes(end - start - otio.opentime.RationalTime(length["value"], length["rate"]))


def gap_nodes(duration: otio.opentime.RationalTime) -> list[Json]:
    """A gap of exactly that duration as OpenTimelineIO will read it; no gap if it is not positive.

    OpenTimelineIO's JSON reader is off in the last digit for about one fractional number in ten, and
    there are numbers that it never arrives at. Then the gap is written as two, whole frames and the rest:
    their sum is exact.
    """
    if duration.value <= 0:
        return []
    if _as_read(duration.value) == duration.value:
        return [_gap_node(duration)]
    whole = float(math.floor(duration.value))
    for digits in (17, 16, 15, 14):
        rest = round(duration.value - whole, digits)
        if whole and whole + _as_read(rest) == duration.value:
            parts = (otio.opentime.RationalTime(value, duration.rate) for value in (whole, rest))
            return [_gap_node(part) for part in parts]
    return [_gap_node(duration)]


def _gap_node(duration: otio.opentime.RationalTime) -> Json:
    node: Json = json.loads(otio.schema.Gap().to_json_string())
    start = otio.opentime.RationalTime(0, duration.rate)
    duration_node, start_node = _time_node(duration), _time_node(start)
    node["source_range"] = {SCHEMA: "TimeRange.1", "duration": duration_node, "start_time": start_node}
    return node


def _time_node(time: otio.opentime.RationalTime) -> Json:
    return {SCHEMA: "RationalTime.1", "rate": time.rate, "value": time.value}


def _as_read(number: float) -> float:
    """What OpenTimelineIO reads where JSON has this number."""
    return float(otio.core.deserialize_json_from_string(f"[{json.dumps(number)}]")[0])


def _without_identity(node: Any) -> Any:
    """A copy of a JSON node without the identities by which other nodes may refer to it."""
    copy = json.loads(json.dumps(node))
    for part in nodes(copy):
        part.pop("OTIO_REF_ID", None)
    return copy


def child_keys(indices: tuple[int, ...]) -> Keys:
    """What leads from the root stack's node to that of an item."""
    return tuple(key for index in indices for key in ("children", index))


def _node_at(timeline: Timeline, indices: tuple[int, ...]) -> Json:
    """The JSON node of an item of the model.

    Raises:
        TimelineError: the file writes it as a reference to another place in it.
    """
    try:
        node: Json = at(timeline.document, (*timeline.keys, "tracks", *child_keys(indices)))
    except (KeyError, IndexError, TypeError):
        raise TimelineError("the file keeps items as references to others", clip=timeline.name) from None
    return node


def _inserted(composition: Json, index: int, track: Json) -> Json:
    """A composition's node with a child more."""
    children = list(composition["children"])
    children.insert(index, track)
    return {**composition, "children": children}


def _check_position(
    result: Timeline, placed: PlacedClip, track: tuple[int, ...], selection: ClipSelection
) -> None:
    """That the new clip starts and lasts as the original, as OpenTimelineIO reads it.

    Equal to less than a millionth of a frame: see `gap_nodes` for what the last digit depends on.
    """
    stack: Any = result.model.tracks
    for index in track:
        stack = stack[index]
    here = next(i for i, child in enumerate(stack) if isinstance(child, otio.schema.Clip))
    try:
        off = start_in_parent(stack, here) - start_in_parent(placed.parent, placed.indices[-1])
        longer = known_duration(stack[here]) - selection.source_range.duration
        exact = abs(off.value) < _TINY and abs(longer.value) < _TINY
    except TimelineError:
        exact = False
    if not exact:
        raise TimelineError("the result could not be placed exactly where the clip is", clip=selection.name)
