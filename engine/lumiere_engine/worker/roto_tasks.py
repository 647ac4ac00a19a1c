"""Import and export of roto, asked of a worker."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..frames.convert import picture_from_rgb
from ..frames.picture import ColorTags, FrameFormat, PixelLayout
from ..frames.writer import open_writer
from ..matte.roto_file import RotoMedia, read_roto
from ..matte.roto_fxs import write_fxs
from ..matte.roto_import import first_number, import_masks
from ..matte.roto_nuke import write_nuke
from ..matte.roto_raster import render_roto
from ..matte.roto_svg import write_svg
from ..protocol.errors import OutputError
from ..protocol.messages import Progress
from ..protocol.roto import DRAWN_SUFFIXES, Roto
from ..protocol.wire import encode


def import_roto(question: dict[str, Any], _: Any) -> dict[str, Any]:
    """{"path", "frame", "first", "count", "width", "height", "into", "plate"} → {"masks"}, see `matte.roto_import`."""
    masks = import_masks(
        Path(question["path"]),
        frame=question["frame"],
        first=question["first"],
        count=question["count"],
        size=(question["width"], question["height"]),
        folder=Path(question["into"]),
        plate=question["plate"],
    )
    return {"masks": encode(masks)}


def export_roto(question: dict[str, Any], on_progress: Any) -> dict[str, Any]:
    """{"roto", "plate", "output", "frame", "start", "duration", "rate"} → {"output"}.

    `.svg` and `.nk` get the shapes of `frame`, `.fxs` those of all keyframes, `.roto.json` all of the document; a movie
    or sequence gets the matte of all frames, at the plate's size.

    Raises:
        LumiereError: nothing to export, or it cannot be written.
    """
    roto, output = read_roto(Path(question["roto"])), Path(question["output"])
    if output.name.endswith(DRAWN_SUFFIXES):
        try:
            _write_shapes(roto, output, question)
        except OSError as error:
            raise OutputError(f"it cannot be written: {error.strerror}", clip=str(output)) from error
        return {"output": str(output)}
    fmt = FrameFormat(
        roto.width, roto.height, Fraction(question["rate"]), PixelLayout("rgb", 8), ColorTags(1, 13, 0, 2)
    )
    writer, media = open_writer(output, fmt, overwrite=True), RotoMedia()
    for done in range(question["duration"]):
        drawn = render_roto(roto, question["start"] + done, roto.width, roto.height, media.read)
        writer.write(picture_from_rgb(np.repeat(drawn[..., None], 3, -1), fmt))
        on_progress(Progress("write", done + 1, question["duration"]))
    writer.commit()
    media.close()
    return {"output": str(output)}


def _write_shapes(roto: Roto, output: Path, question: dict[str, Any]) -> None:
    suffix = output.suffix.lower()
    if suffix == ".svg":
        write_svg(roto, question["frame"], output)
    elif suffix == ".nk":
        write_nuke(roto, question["frame"], output, first_number=first_number(question["plate"]))
    elif suffix == ".fxs":
        write_fxs(roto, output)
    else:
        output.write_text(json.dumps(encode(roto)), encoding="utf-8")
