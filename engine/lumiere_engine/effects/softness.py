"""From the artist's matte to the hole that is filled and the alpha that it is laid over the plate with."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from ..frames.convert import to_rgb
from ..frames.prefetch import prefetch
from ..frames.source import FrameSource
from ..matte.shape import soft_matte
from ..matte.source import MatteSource, core
from ..protocol.params import GenerateParams, RemoveParams
from ..protocol.ranges import FrameRange

Array = np.ndarray


# With the feather this is more than the reach of a chroma sample, see `frames.convert.blend_rgb`.
_LEAST_GROWTH_PX = 6.0


def default_growth(height: int) -> float:
    """Pixels by which a matte grows if the artist does not say: a sixtieth of the height; the feather is half of it.

    It is no less than what subsampled chroma needs to follow luma inside the rim.
    """
    return max(_LEAST_GROWTH_PX, height / 60)


def inner_feather(region: Array, feather_px: float) -> Array:
    """1 inside `region` (h w bool), falling smoothly to 0 at its edge over `feather_px`; exactly 0 outside.

    At the picture's border nothing falls: there is nothing beyond it to fade into.
    """
    distance = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rise = np.clip(distance / max(feather_px, 1e-6), 0, 1)
    return (rise * rise * (3 - 2 * rise)).astype(np.float32)


class HoleMaker:
    """Grows and feathers the matte of each frame.

    Object masks, drawn or found by a tracker, are usually a few pixels too tight; motion blur and compression
    spread the object further. So the matte grows by default, see `default_growth`.
    """

    def __init__(self, matte: MatteSource, start: int, params: RemoveParams | GenerateParams) -> None:
        """`start` is the matte's frame that belongs to the job's first."""
        self._matte, self._start = matte, start
        default = default_growth(matte.height)
        self.grow = default if params.grow is None else params.grow
        self.feather = default / 2 if params.feather is None else params.feather

    def alpha(self, frame: int) -> Array:
        """The composite's alpha of a frame of the job: h w float32; the hole is where it is not 0."""
        number = self._start + frame
        soft = soft_matte(core(self._matte.read(number)), self.grow, self.feather)
        return soft * np.float32(self._matte.level(number))

    def frames(self, plate: FrameSource, frames: FrameRange, first: int) -> Iterator[tuple[Array, Array]]:
        """Plate and alpha from frame `first` on: h w 3 float32 working RGB, h w float32; read ahead."""
        rest = FrameRange.between(frames.start + first, frames.end_exclusive)
        for number, picture in enumerate(prefetch(plate.iter(rest)), start=first):
            yield to_rgb(picture, plate.format), self.alpha(number)
