"""A small copy of a few frames and their matte: what a preview is made of, in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..effects.stylize.pictures import read_painting
from ..frames.convert import picture_from_rgb, to_rgb
from ..frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from ..frames.prefetch import prefetch
from ..frames.source import open_source
from ..frames.still_writer import write_still
from ..frames.writer import open_writer
from ..matte.roto_file import RotoMedia, read_roto
from ..matte.roto_raster import render_roto
from ..motion.parallel import in_order
from ..protocol.ranges import FrameRange
from ..protocol.stylize_params import KeyPicture
from .viewer import shrunk

Array = np.ndarray

_RGB = PixelLayout("rgb", 8)
_TAGS = ColorTags(1, 13, 0, 2)


def make_proxy(question: dict[str, Any]) -> dict[str, Any]:
    """{"path", "start", "duration", "side", "roto", "held", "plate", "matte", "paintings"} → {"scale"}.

    Writes the frames `start` … of the media `path` and of the roto document, no larger than `side` pixels, as the
    lossless movies `plate` and `matte`; `scale` is how much smaller they are. With a frame `held`, which may be None,
    `matte` is the one picture that is drawn there. Each of the `paintings`, {"frame",
    "picture", "small"}, is a frame of the media that was painted over: the small copy of it is written as `small`.

    Raises:
        LumiereError: it cannot be read or written.
    """
    roto, media = read_roto(Path(question["roto"])), RotoMedia()
    shown = FrameRange(question["start"], question["duration"])
    with open_source(question["path"], conform=True) as source:
        fmt = _format(source.format, question["side"])

        def small(picture: Picture) -> Picture:
            rgb = to_rgb(*shrunk(picture, source.format, question["side"]))
            return _bytes(np.clip(rgb, 0, 1), fmt)

        def drawn(frame: int) -> Picture:
            matte = render_roto(roto, frame, fmt.width, fmt.height, media.read)
            return _bytes(np.repeat(matte[..., None], 3, -1), fmt)

        with open_writer(Path(question["plate"]), fmt, overwrite=True) as plate:
            for picture in in_order(small, prefetch(source.iter(shown))):
                plate.write(picture)
        held = question["held"]
        with open_writer(Path(question["matte"]), fmt, overwrite=True) as matte:
            for frame in shown if held is None else (held,):
                matte.write(drawn(frame))
        for one in question["paintings"]:
            key = KeyPicture(one["frame"], one["picture"])
            painted = read_painting(key, source.format, shown, question["path"])
            small_rgb = cv2.resize(painted, (fmt.width, fmt.height), interpolation=cv2.INTER_AREA)
            write_still(Path(one["small"]), picture_from_rgb(np.clip(small_rgb, 0, 1), fmt), fmt)
        media.close()
        return {"scale": fmt.width / source.format.width}


def _bytes(rgb: Array, fmt: FrameFormat) -> Picture:
    """Working values, h w 3 float32 in 0..1, as samples of a small copy."""
    return Picture((np.rint(rgb * 255).astype(np.uint8),), fmt.layout)


def _format(native: FrameFormat, side: int) -> FrameFormat:
    scale = min(1.0, side / max(native.width, native.height))
    return replace(
        FrameFormat(
            max(1, round(native.width * scale)),
            max(1, round(native.height * scale)),
            native.rate,
            _RGB,
            _TAGS,
        ),
        pixel_aspect=native.pixel_aspect,
    )
