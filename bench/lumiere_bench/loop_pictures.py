"""Pictures of a loop: itself as a GIF, what one column does over time, twice around, and a sheet of its frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.picture import FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.source import FrameSource
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol import FrameRange
from lumiere_engine.protocol.errors import OutputError

Array = np.ndarray

_SHEET = 12
_TILE = 240
_GIF_SIDE = 480  # pixels of a GIF's longer side, at most
KINDS = ("gif", "slice.png", "sheet.png")
"""What is written of each loop: how the names end."""


def write_pictures(stem: Path, loop: FrameSource, region: Array) -> None:
    """`STEM.gif`: the loop, small; `.slice.png`: the region's middle column over two turns; `.sheet.png`: frames of it.

    Raises:
        OutputError: they cannot be written.
    """
    count = loop.frame_count
    column = int(np.median(np.nonzero(region)[1]))
    shown = set(np.linspace(0, count - 1, min(_SHEET, count)).astype(int).tolist())
    lines, tiles, fmt = [], [], _gif_format(loop.format)
    stem.parent.mkdir(parents=True, exist_ok=True)
    with open_writer(Path(f"{stem}.gif"), fmt, overwrite=True) as gif:
        for number, picture in enumerate(loop.iter(FrameRange(0, count))):
            rgb = np.clip(np.rint(255 * to_rgb(picture, loop.format)), 0, 255).astype(np.uint8)
            small = cv2.resize(rgb, (fmt.width, fmt.height), interpolation=cv2.INTER_AREA)
            gif.write(Picture((small,), fmt.layout))
            lines.append(rgb[:, column])
            if number in shown:
                height = round(_TILE * rgb.shape[0] / rgb.shape[1])
                tiles.append(cv2.resize(rgb, (_TILE, height), interpolation=cv2.INTER_AREA))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 4)
    rows = [np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles), 4)]
    _write(Path(f"{stem}.slice.png"), np.stack(lines * 2, 1))
    _write(Path(f"{stem}.sheet.png"), np.vstack(rows))


def _gif_format(native: FrameFormat) -> FrameFormat:
    scale = min(1.0, _GIF_SIDE / max(native.width, native.height))
    size = (max(1, round(native.width * scale)), max(1, round(native.height * scale)))
    return replace(native, width=size[0], height=size[1], layout=PixelLayout("rgb", 8))


def _write(path: Path, rgb: Array) -> None:
    if not cv2.imwrite(str(path), rgb[..., ::-1]):
        raise OutputError("cannot be written", clip=str(path))
