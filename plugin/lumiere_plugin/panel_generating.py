"""What a generated clip begins with, when it is made for a clip of a timeline: words, a picture, or the clip itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lumiere_engine.client import ask
from lumiere_engine.protocol import GenerateParams, JobSpec
from lumiere_engine.protocol.errors import MissingMediaError
from lumiere_ui.models.project import Request


def generated(spec: JobSpec, request: Request, first_frame: Path | None) -> JobSpec:
    """The job, as long as the clip is and at its rate; jobs of other effects as they are.

    Args:
        spec: as for any effect, on the clip itself.
        request: for what.
        first_frame: where the clip's first visible frame goes, if one is needed; None writes none, which is enough
            for an estimate.

    Raises:
        LumiereError: the frame cannot be read or written, or the picture that was chosen is gone.
    """
    params = spec.params
    if not isinstance(params, GenerateParams) or params.plate_as == "clip":
        return spec
    shown = (request.frames or request.shot.frames).intersection(request.shot.frames)
    alone = replace(spec, plate="", mattes=(), whole_mattes=False, frames=None, written=None, rate=None)
    params = replace(params, frames=shown.duration, rate=request.shot.rate, strength=1.0)
    if params.plate_as == "first_frame" and request.picture is not None:
        if not Path(request.picture).is_file():
            raise MissingMediaError(
                "no such picture", clip=request.picture, remedy="choose another to begin with"
            )
        return replace(alone, plate=request.picture, params=params)
    if params.plate_as == "first_frame" and first_frame is not None:
        ask("export_frame", path=request.shot.media, frame=shown.start, output=str(first_frame))
        return replace(alone, plate=str(first_frame), params=params)
    return replace(alone, params=replace(params, plate_as="nothing"))
