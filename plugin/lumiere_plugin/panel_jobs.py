"""What a job of the panel needs beside its settings: names, folders, and parameters for a quick look."""

from __future__ import annotations

import os
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import FrameRange
from lumiere_engine.protocol.queue import Placement
from lumiere_engine.protocol.recipe import read_sidecar, sidecar_path
from lumiere_engine.protocol.roto import Roto
from lumiere_engine.protocol.wire import decode, parse_json
from lumiere_ui.models.project import Request
from lumiere_ui.models.results import REPAIRED

from .panel_actions import effect
from .performing import folders_of
from .preparing import Prepared as PreparedJob
from .preparing import Request as JobRequest


def folders(job: PreparedJob, roto: Path) -> tuple[Path, ...]:
    """What the engine must be allowed to use: the job's own folders, and those of mattes that the roto names."""
    document = decode(Roto, parse_json(roto.read_bytes()))
    named = [Path(os.path.realpath(path)).parent for mask in document.masks for path in mask.folders()]
    return tuple(dict.fromkeys([*folders_of(job), *named]))


def for_job(request: Request) -> JobRequest:
    """What the command line would be asked for."""
    return JobRequest(
        source=request.project.path,
        mattes=(request.roto,),
        params=request.params,
        seed=request.seed,
        frames=request.frames,
    )


def quick(params: Any, height: int, scale: float) -> Any:
    """Parameters for a small copy of the plate: lengths are smaller by as much, nothing is imagined.

    Args:
        params: of any effect; only what it has is changed.
        height: of the plate, pixels.
        scale: of the copy.
    """
    wanted: dict[str, Any] = {"quality": "draft", "imagine": False}
    for name, part, least in (("grow", 60, 2.0), ("feather", 120, 1.0)):
        pixels = getattr(params, name, None)
        wanted[name] = max(least, (height / part if pixels is None else pixels) * scale)
    known = {field.name for field in fields(params)}
    return replace(params, **{name: value for name, value in wanted.items() if name in known})


def free_output(request: Request) -> Path:
    """Where the next result of a clip goes: numbered, so that takes stand beside each other."""
    project, shot = request.project, request.shot
    if request.repairs is not None:
        made = Path(shot.media)
        return free(made.with_name(f"{re.sub(REPAIRED, '', made.stem)}_repaired.mov"))
    stem = re.sub(r"\.(mov|mp4|mkv|mxf|avi|m4v|exr|dpx|png|jpe?g|tiff?)$", "", shot.name, flags=re.IGNORECASE)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._") or "clip"
    folder = project.path.parent
    if project.is_timeline:
        folder = project.path.with_name(f"{project.path.stem}_lumiere_media")
    return free(folder / f"{stem}_{effect(request.effect).done}.mov")


def free(path: Path) -> Path:
    """A name that neither a result nor a frozen drawing has: the path's own, or numbered."""
    number, place = 1, path
    while os.path.lexists(place) or os.path.lexists(place.with_name(f"{place.stem}.roto.json")):
        number += 1
        place = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return place


def placement_of(request: Request, frames: FrameRange | None, start: int) -> Placement:
    """Where a result belongs: that of a repair, where the repaired one does.

    Args:
        request: for what.
        frames: of the media, those that are worked on; of a plain movie they are its place.
        start: the first visible frame in the result's file.
    """
    project = request.project
    if request.repairs is not None and request.repairs.placement is not None:
        return request.repairs.placement
    item = project.clip(request.shot.clip)
    assert item is not None
    some = None if project.is_timeline else frames
    return Placement(
        clip=item.name,
        record_start=project.start_frame + (item.start if some is None else some.start),
        record_duration=item.duration if some is None else some.duration,
        rate=f"{project.rate.numerator}/{project.rate.denominator}",
        source_start=start,
    )


def first_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe of the result that a repair, or a repair of a repair, began from."""
    beside = sidecar_path(Path(recipe["spec"]["plate"]))
    while beside.exists():
        recipe = read_sidecar(beside)
        beside = sidecar_path(Path(recipe["spec"]["plate"]))
    return recipe
