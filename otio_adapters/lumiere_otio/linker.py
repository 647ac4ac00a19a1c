"""OpenTimelineIO's media linker that prefers what Lumiere made of a clip's media.

    otio.adapters.read_from_file(path, media_linker_name="lumiere",
                                 media_linker_argument_map={"folders": ["/results"]})

A clip whose media has a result in one of the folders, with all the frames that the clip shows, refers to the newest
such result; a result that is not where it was is found by its name. Every other clip stays as it is. Loaded by
OpenTimelineIO as a file of its own, so imports are absolute.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import LumiereError
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_engine.protocol.recipe import SIDECAR_SUFFIX, read_sidecar

from lumiere_otio.media import file_name, paths_of_url
from lumiere_otio.result import METADATA_KEY
from lumiere_otio.times import to_frames

FOLDERS_VARIABLE = "LUMIERE_RESULTS"
"""Folders to look in where the arguments name none, separated as on PATH."""


def link_media_reference(
    in_clip: otio.schema.Clip, media_linker_argument_map: Mapping[str, Any] | None = None
) -> otio.core.MediaReference | None:
    """The reference that the clip shall have; None leaves it as it is."""
    reference = in_clip.media_reference
    if not isinstance(reference, otio.schema.ExternalReference) or not reference.target_url:
        return None
    folders = _folders(media_linker_argument_map or {})
    if METADATA_KEY in in_clip.metadata:
        return _moved(reference, folders)
    try:
        wanted = _shown(in_clip)
    except LumiereError:
        return None
    if wanted is None:
        return None
    found = [one for one in _results(folders) if _is_of(one[1], reference.target_url, wanted)]
    if not found:
        return None
    media, recipe = max(found, key=lambda one: (one[0].stat().st_mtime_ns, one[0].name))
    return _result_reference(reference, media, recipe)


def _folders(arguments: Mapping[str, Any]) -> list[Path]:
    named = arguments.get("folders") or os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep)
    return [Path(folder) for folder in ([named] if isinstance(named, str) else named) if folder]


def _moved(reference: Any, folders: list[Path]) -> otio.core.MediaReference | None:
    """A result that lies in one of the folders by now."""
    if any(place.exists() for place in paths_of_url(reference.target_url, None)):
        return None
    name = file_name(reference.target_url)
    for folder in folders:
        if (folder / name).is_file():
            again = reference.deepcopy()
            again.target_url = str((folder / name).absolute())
            return again
    return None


def _shown(clip: otio.schema.Clip) -> FrameRange | None:
    """The frames of the media's file between the cuts; None where the file does not say, or at another speed."""
    offered, source = clip.media_reference.available_range, clip.source_range
    if offered is None or source is None or any(isinstance(e, otio.schema.TimeEffect) for e in clip.effects):
        return None
    rate = offered.start_time.rate
    start = to_frames(source.start_time, rate) - to_frames(offered.start_time, rate)
    end = start + to_frames(source.duration, rate)
    return FrameRange.between(int(start // 1), int(-(-end // 1))) if 0 <= start < end else None


def _results(folders: list[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each result in the folders with its recipe."""
    for folder in folders:
        for sidecar in sorted(folder.glob(f"*{SIDECAR_SUFFIX}")):
            media = sidecar.with_name(sidecar.name.removesuffix(SIDECAR_SUFFIX))
            try:
                recipe = read_sidecar(sidecar)
            except LumiereError:
                continue
            if media.is_file():
                yield media, recipe


def _is_of(recipe: dict[str, Any], url: str, wanted: FrameRange) -> bool:
    spec = recipe.get("spec")
    if not isinstance(spec, dict):
        return False
    try:
        held = FrameRange(int(spec["written"]["start"]), int(spec["written"]["duration"]))
        plate = Path(spec["plate"])
    except (KeyError, TypeError, ValueError, LumiereError):
        return False
    return plate in paths_of_url(url, plate.parent) and held.contains_range(wanted)


def _result_reference(original: Any, media: Path, recipe: dict[str, Any]) -> otio.core.MediaReference:
    """The result in the numbering of the original, so that the clip's own range holds."""
    rate, written = original.available_range.start_time.rate, recipe["spec"]["written"]
    first = otio.opentime.RationalTime(float(written["start"]), rate)
    reference = otio.schema.ExternalReference(
        str(media.absolute()),
        otio.opentime.TimeRange(
            original.available_range.start_time + first,
            otio.opentime.RationalTime(float(written["duration"]), rate),
        ),
    )
    reference.name = media.name
    reference.metadata[METADATA_KEY] = {"source": original.target_url}
    return reference
