"""Clips as arrays: read at a size, written without loss."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.matte.source import open_matte
from lumiere_engine.protocol.errors import SpecError, UnreadableMediaError
from lumiere_engine.protocol.ranges import FrameRange

Array = np.ndarray
NATIVE = "native"
# sRGB, full range: what 8-bit R'G'B' is taken for everywhere.
_RGB = (PixelLayout("rgb", 8), ColorTags(1, 13, 0, 2))
_GREY = (PixelLayout("gray", 8), ColorTags(2, 2, 2, 2))


@dataclass(frozen=True)
class Size:
    """How large a clip is made; `width` and `height` of 0 leave it as it is.

    Attributes:
        width, height: pixels.
    """

    width: int = 0
    height: int = 0

    @classmethod
    def parse(cls, text: str) -> Size:
        """`"432x240"` or `"native"`.

        Raises:
            SpecError: neither, or smaller than 32 pixels.
        """
        if text == NATIVE:
            return cls()
        match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", text)
        if match is None or min(int(match[1]), int(match[2])) < 32:
            raise SpecError(f"'{text}' is no size", remedy=f"write it as 432x240, or {NATIVE}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.width}x{self.height}" if self.width else NATIVE

    def of(self, picture: Array) -> Array:
        """A picture (h w or h w 3) at this size: by areas where it shrinks, else linearly."""
        height, width = picture.shape[:2]
        if not self.width or (width, height) == (self.width, self.height):
            return picture
        shrinks = self.width <= width and self.height <= height
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return cv2.resize(picture, (self.width, self.height), interpolation=how)


def read_clip(path: Path, size: Size, most: int) -> tuple[Array, Fraction]:
    """The first frames of media, R'G'B', t h w 3 uint8, and their rate.

    Args:
        path: a movie or a folder of pictures.
        size: that the frames are brought to.
        most: how many frames at most.

    Raises:
        MediaError: as `open_source`.
    """
    # what is measured does not depend on the clock: a movie of variable rate serves as well
    with open_source(path, conform=True) as source:
        pictures = source.iter(FrameRange(0, min(most, source.frame_count)))
        frames = [_codes(size.of(to_rgb(picture, source.format))) for picture in pictures]
        return np.stack(frames), source.format.rate


def read_mattes(paths: Sequence[Path], plate: Path, size: Size, most: int, least: float = 0.5) -> Array:
    """The union of mattes that belong to a plate, t h w bool.

    Args:
        paths: see `open_matte`.
        plate: gives their number and shape.
        size: that they are brought to.
        most: how many frames at most.
        least: a pixel is in the matte if more than this share of it is.

    Raises:
        MatteError, MediaError: as `open_matte`.
    """
    with open_source(plate, conform=True) as source:
        fmt, count = source.format, source.frame_count
    with open_matte(paths, fmt, count) as matte:
        return np.stack([size.of(matte.read(t)) > least for t in range(min(most, count))])


def write_clip(path: Path, frames: Array, rate: Fraction) -> None:
    """Write t h w 3 uint8, or a matte t h w bool as black and white, into an .mkv without loss, or an .mp4."""
    grey = frames.dtype == np.bool_
    layout, color = _GREY if grey else _RGB
    height, width = frames.shape[1:3]
    fmt = FrameFormat(width, height, rate, layout, color)
    with open_writer(path, fmt, overwrite=True) as writer:
        for frame in frames:
            samples = frame.astype(np.uint8) * np.uint8(255) if grey else np.ascontiguousarray(frame)
            writer.write(Picture((samples,), layout))


def read_result(path: Path, shape: tuple[int, ...]) -> Array:
    """What a method wrote, t h w 3 uint8.

    Raises:
        UnreadableMediaError: not as many frames as the plate has, or of another size.
    """
    frames, _ = read_clip(path, Size(), shape[0] + 1)
    if frames.shape != shape:
        raise UnreadableMediaError(
            f"the result is {frames.shape}, the plate {shape} (t h w c)", clip=str(path)
        )
    return frames


def _codes(rgb: Array) -> Array:
    return np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8)
