"""The panel's results into a timeline beside the artist's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import FrameRange, MediaInfo
from lumiere_engine.protocol.engine import TimelineResult
from lumiere_engine.protocol.errors import TimelineError
from lumiere_engine.protocol.recipe import read_sidecar, sidecar_path
from lumiere_otio import Timeline, add_result, select_clip, write_timeline
from lumiere_ui.models.project import Project

from .panel_jobs import free


def save_results(
    timeline: Timeline,
    project: Project,
    results: Sequence[TimelineResult],
    probe: Callable[[Path], MediaInfo],
) -> Path:
    """Write a timeline with a track more for each result; returns its path.

    Args:
        timeline: the artist's.
        project: as the panel shows it.
        results: at most one of a clip.
        probe: says what a media file holds.

    Raises:
        LumiereError: a result has no recipe, or no place in the timeline.
    """
    output = free(project.path.with_name(f"{project.path.stem}_lumiere.otio"))
    by_clip = {_index(project, result): result for result in results}
    # from the top down: a new track moves the numbers of the clips above it alone
    for index in sorted(by_clip, reverse=True):
        result = by_clip[index]
        media = Path(result.media)
        selection = select_clip(timeline, f"#{index}", timeline_path=project.path, probe=probe)
        recipe = read_sidecar(sidecar_path(media))
        original = _first_recipe(recipe)["spec"]
        # a clip from words alone was made of no frames: it stands where the clip is first seen
        made = {"start": selection.trimmed_media_range.start, "duration": result.frame_count}
        written = original["written"] or original["frames"] or made
        timeline = add_result(
            timeline,
            selection,
            media_path=media,
            result_range=FrameRange(**written),
            rate=selection.rate,
            media_start_frame=result.start_frame,
            recipe={**recipe, "effect": recipe["spec"]["effect"], "seed": recipe["spec"]["seed"]},
            output_path=output,
            origin_path=None if result.origin is None else Path(result.origin),
        )
    write_timeline(timeline, output)
    return output


def _index(project: Project, result: TimelineResult) -> int:
    placement = result.placement
    for track in project.tracks:
        for clip in track.clips:
            if placement is not None and (clip.name, clip.start + project.start_frame) == (
                placement.clip,
                placement.record_start,
            ):
                return clip.index
    raise TimelineError("a result belongs to a clip that is not in the timeline", clip=result.media)


def _first_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe of the result that a repair, or a repair of a repair, began from."""
    beside = sidecar_path(Path(recipe["spec"]["plate"]))
    while beside.exists():
        recipe = read_sidecar(beside)
        beside = sidecar_path(Path(recipe["spec"]["plate"]))
    return recipe
