"""Style pictures and paintings: read, and refused in one line where they will not do."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - the name that its own documentation uses

from ...frames.convert import to_rgb
from ...frames.picture import FrameFormat
from ...frames.source import open_source
from ...frames.still import is_still
from ...protocol.errors import MissingMediaError, SpecError
from ...protocol.ranges import FrameRange
from ...protocol.stylize_params import KeyPicture

Array = np.ndarray

SMALLEST_REFERENCE = 64
"""Pixels of a style picture's shorter side: below it there are too few patches to tell a style."""
# SOF0 to SOF15, without the three of the range that mean something else.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_reference(path: str) -> Array:
    """A style picture, h w 3 float32 in 0..1.

    Raises:
        MissingMediaError, UnreadableMediaError: nothing there; no picture.
        SpecError: with alpha, in CMYK, or too small.
    """
    picture = _read(path)
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST_REFERENCE:
        raise SpecError(
            f"the style picture has {width} × {height} pixels, too few to tell a style",
            clip=path,
            remedy=f"take one with at least {SMALLEST_REFERENCE} pixels a side",
        )
    return np.clip(picture, 0, 1)


def read_painting(key: KeyPicture, fmt: FrameFormat, frames: FrameRange, plate: str) -> Array:
    """A painted key frame in the plate's working values, h w 3 float32.

    Args:
        key: which.
        fmt: of the plate.
        frames: the plate's frames that the job works on.
        plate: its path, for the error.

    Raises:
        MissingMediaError, UnreadableMediaError: nothing there; no picture.
        SpecError: with alpha, in CMYK, of another size than the plate, or of a frame that is not worked on.
    """
    if key.frame not in frames:
        raise SpecError(
            f"there is a painting for it, and the job has frames {frames}",
            clip=plate,
            frame=key.frame,
            remedy="name a frame of the shot; they are counted from 0",
        )
    picture = _read(key.picture)
    height, width = picture.shape[:2]
    if (width, height) != (fmt.width, fmt.height):
        raise SpecError(
            f"the painting has {width} × {height} pixels, the plate {fmt.width} × {fmt.height}",
            clip=key.picture,
            frame=key.frame,
            remedy="paint over the frame at its own size",
        )
    return picture


def _read(path: str) -> Array:
    """R'G'B' of a picture file, h w 3 float32."""
    if not Path(path).exists():
        raise MissingMediaError("no such picture", clip=path)
    if not is_still(Path(path)):
        raise SpecError("that is no picture", clip=path, remedy="name a PNG, TIFF, JPEG or EXR")
    if _has_four_inks(path):
        raise SpecError("the picture is in CMYK", clip=path, remedy="convert it to RGB")
    with open_source(path) as source:
        if source.format.layout.alpha:
            raise SpecError("the picture has an alpha channel", clip=path, remedy="save it without one")
        return to_rgb(source.read(0), source.format)


def _has_four_inks(path: str) -> bool:
    """Whether a file is in CMYK, which readers turn into RGB by a guess."""
    with Path(path).open("rb") as file:
        if _jpeg_planes(file) == 4:
            return True
    config = oiio.ImageSpec()
    config["oiio:RawColor"] = 1
    source = oiio.ImageInput.open(path, config)
    if source is None:
        return False  # reading it tells what is wrong
    try:
        return str(source.spec().getattribute("tiff:ColorSpace") or "").upper() == "CMYK"
    finally:
        source.close()


def _jpeg_planes(file: BinaryIO) -> int | None:
    """How many colour planes the frame header of a JPEG tells (ISO/IEC 10918-1, B.2.2); None if it is none."""
    if file.read(2) != b"\xff\xd8":
        return None
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        if head[1] in _FRAME_HEADERS:
            return (file.read(6) or b"\0")[-1]
        file.seek(int.from_bytes(head[2:], "big") - 2, 1)
    return None
