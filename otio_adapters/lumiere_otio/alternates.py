"""The result as an alternate of its clip: one media reference more, which hosts that read several can switch to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import OutputError, TimelineError
from lumiere_engine.protocol.ranges import FrameRange

from .document import SCHEMA, Json, at, changed_at, load_model, schema_of
from .reading import BUNDLE_SUFFIXES, JSON_SUFFIXES, Timeline
from .result import METADATA_KEY, child_keys, reference_node
from .selection import ClipSelection

_DEFAULT = "DEFAULT_MEDIA"


def check_keeps_alternates(output: Path) -> None:
    """Refuse a name whose format has one media for each clip, and would lose all but that which is seen.

    Raises:
        OutputError: it has.
    """
    if output.suffix.lower() not in (*JSON_SUFFIXES, *BUNDLE_SUFFIXES[:1]):
        raise OutputError(
            f"{output.name}: this format has one media for each clip, no alternates",
            remedy="write .otio, or leave --alternate out",
        )


def add_alternate(
    timeline: Timeline,
    selection: ClipSelection,
    *,
    media_path: Path,
    result_range: FrameRange,
    rate: Fraction,
    media_start_frame: int,
) -> Timeline:
    """A new timeline in which the clip has the result as a second media reference; what is seen stays as it is.

    Args:
        timeline: what was read; not changed.
        selection, media_path, result_range, rate, media_start_frame: as `add_result`.

    Raises:
        TimelineError: the result numbers its frames otherwise than the clip's media, so that a host which
            switches to it would show other frames.
    """
    if media_start_frame != selection.source_start_frame + result_range.start:
        raise TimelineError(
            "the result numbers its frames otherwise than the clip's media, so it can be no alternate of it",
            clip=selection.name,
            remedy="leave --alternate out",
        )
    reference = reference_node(selection, media_path, result_range, rate, media_start_frame)
    reference |= {"name": Path(media_path).name, "metadata": {METADATA_KEY: {"alternate_of": selection.name}}}
    keys = (*timeline.keys, "tracks", *child_keys(selection.indices))
    document = changed_at(timeline.document, keys, lambda clip: _with_reference(clip, reference))
    return Timeline(timeline.path, document, timeline.keys, load_model(at(document, timeline.keys)))


def _with_reference(clip: Json, reference: Json) -> Json:
    """A clip's node with a media reference more, under a key of its own."""
    known: dict[str, Any] = dict(clip.get("media_references") or {})
    changed = dict(clip)
    if schema_of(clip) == ("Clip", 1):  # which has one reference alone
        known = {_DEFAULT: changed.pop("media_reference", None)}
        changed |= {SCHEMA: "Clip.2", "active_media_reference_key": _DEFAULT}
    names = (METADATA_KEY, *(f"{METADATA_KEY} {number}" for number in range(2, len(known) + 3)))
    free = next(name for name in names if name not in known)
    return changed | {"media_references": known | {free: reference}}
