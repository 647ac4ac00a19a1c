"""One rendered matte: a movie, a picture, or pictures one by one, read at its own size."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..frames.convert import to_rgb
from ..frames.palette import read_palette_indices
from ..frames.picture import RANGE_LIMITED, FrameFormat, Picture
from ..frames.sequence import FileSequence, find_sequence
from ..frames.source import FrameSource, open_source
from ..frames.still import is_palette_png, is_still, read_still
from ..protocol.patterns import is_pattern

Matte = NDArray[np.float32]

# Values closer than this are one value: ProRes moves flat white by about 0.002.
_FLAT = 0.02


class MatteMedia:
    """A matte medium.

    Attributes:
        count: how many frames it has.
        held: whether it is one picture, which serves every frame.

    Raises:
        MediaError: missing or unreadable, as `open_source`.
    """

    def __init__(self, path: Path) -> None:
        self._files: FileSequence | None = None
        self._movie: FrameSource | None = None
        if path.is_dir() or (is_pattern(str(path)) and not path.exists()) or is_still(path):
            # pictures are read one by one: savers mix palette, gray and rgb within one sequence
            self._files = find_sequence(path)
            self.count, self.held = len(self._files.files), path.is_file()
        else:
            self._movie = open_source(path)
            self.count, self.held = self._movie.frame_count, False

    def native(self, index: int) -> Matte:
        """Frame `index` at the matte's own size; of a held picture always the same."""
        if self._movie is not None:
            return matte_of(self._movie.read(index), self._movie.format)
        assert self._files is not None
        file = self._files.files[0 if self.held else index]
        if file.is_file() and is_palette_png(file):
            return read_palette_indices(file, index).astype(bool).astype(np.float32)
        picture, info = read_still(file, index)
        fmt = FrameFormat(picture.width, picture.height, Fraction(24), picture.layout, info.color)
        return matte_of(picture, fmt)

    def close(self) -> None:
        """Let go of files."""
        if self._movie is not None:
            self._movie.close()


def matte_of(picture: Picture, fmt: FrameFormat) -> Matte:
    """The matte in a picture: the largest of its colours, 0…1; its alpha only if nothing else varies.

    Args:
        picture: native samples, any layout.
        fmt: its format: range and matrix matter for yuv.

    Returns:
        float32 h w.
    """
    layout = picture.layout
    if layout.family == "rgb":
        # stored values count, not light: a matte has no transfer curve
        values = _largest(picture.planes[0][..., :3]).astype(np.float32) / np.float32(layout.peak)
    elif layout.family == "gray" and fmt.color.range != RANGE_LIMITED:
        values = picture.planes[0].astype(np.float32) / np.float32(layout.peak)
    else:
        values = _largest(to_rgb(picture, fmt)).astype(np.float32)
    if layout.alpha and _is_flat(values):
        plane = picture.planes[0][..., 3] if layout.family == "rgb" else picture.planes[-1]
        alpha = np.asarray(plane, np.float32) / np.float32(layout.peak)
        # a flat frame of a matte in alpha: white and transparent is empty, white and opaque is full
        values = values * alpha if _is_flat(alpha) else alpha
    if layout.floating:
        values = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
    return cast(Matte, np.clip(values, 0.0, 1.0))


def _is_flat(values: NDArray[Any]) -> bool:
    """Whether nothing is drawn: all values alike but for a codec's noise."""
    return float(values.max()) - float(values.min()) < _FLAT


def _largest(rgb: NDArray[Any]) -> NDArray[Any]:
    """The largest of three channels, h w; much faster than a reduction over the last axis."""
    return cast("NDArray[Any]", np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2]))
