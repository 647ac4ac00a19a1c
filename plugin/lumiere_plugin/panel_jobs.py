"""What a job of the panel needs beside its settings: names, folders, and parameters for a quick look."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lumiere_engine import __version__
from lumiere_engine.client import ask
from lumiere_engine.protocol import FrameRange, JobSpec
from lumiere_engine.protocol.places import kept_file, workspace_folder
from lumiere_engine.protocol.queue import Placement
from lumiere_engine.protocol.recipe import read_sidecar, sidecar_path
from lumiere_engine.protocol.roto import Roto
from lumiere_ui.models.project import Request
from lumiere_ui.models.results import REPAIRED
from lumiere_ui.models.roto_document import read_roto

from .panel_actions import effect
from .performing import folders_of
from .preparing import BORROWING_EFFECTS
from .preparing import Prepared as PreparedJob
from .preparing import Request as JobRequest


def drawing(request: Request) -> Roto:
    """What is drawn, an empty one where nothing is.

    Raises:
        SpecError: it cannot be understood.
    """
    return read_roto(request.roto, request.shot.width, request.shot.height)


def folders(job: PreparedJob, document: Roto) -> tuple[Path, ...]:
    """What the engine must be allowed to use: the job's own folders, and those of mattes that the drawing names."""
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
        keep_work=request.repairs is None and request.effect in BORROWING_EFFECTS,
    )


def going_on(spec: JobSpec, request: Request, output: Path) -> JobSpec:
    """The job as a revision of the clip's first earlier result that is alike but for its media, if its work is kept.

    Then only the frames are rendered that the changes to drawing or plate touch.

    Raises:
        SpecError: a result's recipe cannot be understood.
    """
    if spec.effect not in BORROWING_EFFECTS:
        return spec
    for media in request.earlier:
        recipe = sidecar_path(Path(media))
        made = read_sidecar(recipe) if recipe.exists() else {}
        name = str(made.get("fingerprint"))
        if (
            made.get("version") == __version__
            and kept_file(workspace_folder(output, name)).is_file()
            and spec.alike_but_for_media(JobSpec.from_wire(made["spec"]))
        ):
            return replace(spec, base=name)
    return spec


def let_go(media: Sequence[str]) -> None:
    """Clear away what is kept of the work of results, but not what others share with them.

    Raises:
        LumiereError: a recipe cannot be understood, or a job is just using the work.
    """
    for path in map(Path, media):
        recipe = sidecar_path(path)
        name = str(read_sidecar(recipe).get("fingerprint")) if recipe.exists() else ""
        work = workspace_folder(path, name)
        if name and kept_file(work).is_file():
            borrowing = json.loads(kept_file(work).read_text())["borrowing"]
            ask("clear", output=str(path), folders=[work.name, borrowing])


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
    some = None if project.is_timeline or request.shot.frame_count == 1 else frames
    return Placement(
        clip=item.name,
        record_start=project.start_frame + (item.start if some is None else some.start),
        record_duration=item.duration if some is None else some.duration,
        rate=f"{project.rate.numerator}/{project.rate.denominator}",
        source_start=start,
    )
