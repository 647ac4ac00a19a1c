"""A decoded frame in its own samples, and everything about it that a writer must know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .timecode import format_timecode

Plane = NDArray[np.generic]

# ITU-T H.273 code points that this package names; any other code is carried through as it is.
UNSPECIFIED = 2
BT709 = 1
BT601 = 6
BT2020_NCL = 9
MATRIX_RGB = 0
TRANSFER_LINEAR = 8
TRANSFER_SRGB = 13
# FFmpeg's numbers; H.273 has a flag in place of them.
RANGE_UNSPECIFIED = 0
RANGE_LIMITED = 1
RANGE_FULL = 2


@dataclass(frozen=True)
class PixelLayout:
    """How the samples of a picture lie in memory.

    Attributes:
        family: "rgb", "yuv" or "gray".
        bits: significant bits of an integer sample, or the width of a float: 8, 9, 10, 12, 14, 16, 32.
        floating: float16 (16 bits) or float32 samples instead of integers.
        alpha: whether there is an alpha sample per pixel.
        chroma_shift: log2 of the horizontal and vertical chroma subsampling; (1, 1) is 4:2:0.
    """

    family: str
    bits: int
    floating: bool = False
    alpha: bool = False
    chroma_shift: tuple[int, int] = (0, 0)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The numpy type of a sample."""
        if self.floating:
            return np.dtype(np.float16 if self.bits == 16 else np.float32)
        return np.dtype(np.uint8 if self.bits <= 8 else np.uint16)

    @property
    def peak(self) -> int:
        """The largest code of an integer sample; 1 for floats."""
        return 1 if self.floating else (1 << self.bits) - 1

    def plane_shapes(self, width: int, height: int) -> tuple[tuple[int, ...], ...]:
        """The shapes of the planes of a picture of `width` × `height` pixels."""
        if self.family == "rgb":
            return ((height, width, 4 if self.alpha else 3),)
        full = (height, width)
        if self.family == "gray":
            return (full, full) if self.alpha else (full,)
        # odd sizes round up, as every 4:2:0 decoder does
        chroma = (-(-height >> self.chroma_shift[1]), -(-width >> self.chroma_shift[0]))
        return (full, chroma, chroma, full) if self.alpha else (full, chroma, chroma)

    def __str__(self) -> str:
        """For people: "yuv 4:2:2, 10 bit"."""
        names = {(0, 0): " 4:4:4", (1, 0): " 4:2:2", (1, 1): " 4:2:0", (2, 0): " 4:1:1", (0, 1): " 4:4:0"}
        sampling = names.get(self.chroma_shift, "") if self.family == "yuv" else ""
        depth = f"{self.bits} bit float" if self.floating else f"{self.bits} bit"
        return f"{self.family}{sampling}{' with alpha' if self.alpha else ''}, {depth}"


@dataclass(frozen=True)
class ColorTags:
    """What the file says about its colours; 2 (range: 0) where it says nothing, and that is kept.

    Attributes:
        primaries, transfer, matrix: ITU-T H.273 code points.
        range: 0 unspecified, 1 limited ("video"), 2 full.
    """

    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED
    range: int = RANGE_UNSPECIFIED


@dataclass(frozen=True)
class FrameFormat:
    """All that the frames of one source have in common.

    Attributes:
        width, height: pixels.
        rate: frames per second.
        layout: the native samples.
        color: the file's colour tags.
        pixel_aspect: width of a pixel over its height.
        timecode: of the first frame, or None.
        start_frame: that timecode as a frame number; 0 if there is none.
        drop_frame: whether that timecode drops numbers.
        first_number: the number of the first file of a numbered sequence; None for other media.
        field_order: FFmpeg's number for it: 0 not said, 1 progressive, 2 to 5 interlaced.
    """

    width: int
    height: int
    rate: Fraction
    layout: PixelLayout
    color: ColorTags = ColorTags()
    pixel_aspect: Fraction = Fraction(1)
    timecode: str | None = None
    start_frame: int = 0
    drop_frame: bool = False
    first_number: int | None = None
    field_order: int = 0

    @property
    def interlaced(self) -> bool:
        """Whether the file says that a frame is two fields, each of its own moment."""
        return self.field_order > 1

    @property
    def top_field_first(self) -> bool:
        """Which field of an interlaced frame is shown first: in FFmpeg's numbers 2 (TT) and 5 (BT), the upper one."""
        return self.field_order in (2, 5)

    def starting_at(self, frame: int) -> FrameFormat:
        """The format of the same frames from `frame` (counted from 0) on: timecode and number move along."""
        start = self.start_frame + frame if self.timecode is not None else 0
        return replace(
            self,
            start_frame=start,
            timecode=None if self.timecode is None else format_timecode(start, self.rate, self.drop_frame),
            first_number=None if self.first_number is None else self.first_number + frame,
        )


@dataclass(frozen=True)
class Picture:
    """One frame, exactly as decoded.

    Attributes:
        planes: yuv: Y, U, V[, A], each h w; rgb: one array h w c, c = 3 or 4; gray: Y[, A].
        layout: what the planes are.
    """

    planes: tuple[Plane, ...]
    layout: PixelLayout

    @property
    def width(self) -> int:
        """Pixels in a line."""
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        """Lines."""
        return int(self.planes[0].shape[0])

    def equals(self, other: Picture) -> bool:
        """Whether layout and every sample are the same."""
        return self.layout == other.layout and all(
            np.array_equal(mine, theirs) for mine, theirs in zip(self.planes, other.planes, strict=True)
        )


def turned(picture: Picture, quarter_turns: int) -> Picture:
    """The picture turned by quarters, counter-clockwise: phones store how a movie is to be turned.

    No sample changes. Lying 4:2:2 becomes standing 4:4:0.
    """
    if quarter_turns % 4 == 0:
        return picture
    planes = tuple(np.ascontiguousarray(np.rot90(plane, quarter_turns)) for plane in picture.planes)
    layout = picture.layout
    if quarter_turns % 2:
        layout = replace(layout, chroma_shift=(layout.chroma_shift[1], layout.chroma_shift[0]))
    return Picture(planes, layout)
