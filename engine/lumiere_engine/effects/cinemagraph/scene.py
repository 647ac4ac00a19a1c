"""What a cinemagraph is made of: the plate, the still, and the region that lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ...frames.convert import to_rgb
from ...frames.picture import Picture
from ...frames.prefetch import prefetch
from ...frames.source import FrameSource
from ...matte.source import core, open_matte
from ...matte.survey import refuse_unmeant
from ...motion.align import Window
from ...protocol.errors import SpecError
from ...protocol.jobs import JobSpec
from ...protocol.params import CinemagraphParams
from ...protocol.ranges import FrameRange
from ..effort import EFFORTS
from ..plate import open_plate
from ..shot import Scale
from ..softness import default_growth, inner_feather

Array = np.ndarray

# Frames to either side of the still in which a loop is searched: what time and disk allow.
_REACH = {"draft": 60, "standard": 150, "best": 300}
_SHARPNESS_SIDE = 480


@dataclass(frozen=True)
class Scene:
    """The opened inputs of a cinemagraph.

    Attributes:
        plate: the source.
        still: the plate's frame that everything outside the region shows, counted from 0.
        picture: that frame in the plate's own samples.
        frames: the plate's frames that may be shown in the region.
        alpha: how much of the region shows in each pixel of the plate, h w float32, 0..1.
        window: the part of the plate where it shows at all.
        scale: between the plate and the pictures that are analysed.
        notes: what the user should know.
    """

    plate: FrameSource
    still: int
    picture: Picture
    frames: FrameRange
    alpha: Array
    window: Window
    scale: Scale
    notes: tuple[str, ...]

    @property
    def rgb(self) -> Array:
        """The still, working values, h w 3 float32."""
        return to_rgb(self.picture, self.plate.format)

    def read(self, first: int) -> Iterator[Array]:
        """Working values of the frames from number `first` of `frames` on, h w 3 float32."""
        rest = FrameRange.between(self.frames.start + first, self.frames.end_exclusive)
        for picture in prefetch(self.plate.iter(rest)):
            yield to_rgb(picture, self.plate.format)


def open_scene(spec: JobSpec, stack: ExitStack) -> Scene:
    """Open plate and matte, choose the still.

    Raises:
        LumiereError: what is wrong with them.
    """
    params = spec.params_of(CinemagraphParams)
    opened = open_plate(spec, stack)
    plate, used, matte_frames = opened.source, opened.frames, opened.matte_frames
    paths = [Path(path) for path in spec.mattes]
    matte = stack.enter_context(open_matte(paths, plate.format, matte_frames.duration))
    notes = [*plate.notes, *matte.notes]
    if params.still is None and used.duration == 1:
        still = used.start
    elif params.still is None:
        still = _sharpest(plate, used)
        notes.append(f"frame {still} is the sharpest and is the still; --still chooses another")
    elif params.still in used:
        still = int(params.still)
    else:
        raise SpecError(
            f"the still is frame {params.still}, and there are {used}",
            clip=spec.plate,
            remedy="choose one of them",
        )
    region = core(matte.read(still - matte_frames.start))
    refuse_unmeant(empty=not region.any(), full=bool(region.all()), clip=", ".join(spec.mattes))
    fmt = plate.format
    feather = default_growth(fmt.height) if params.feather is None else params.feather
    alpha = inner_feather(region, feather)
    reach = max(_REACH[params.quality], 2 * (params.period or 0))
    frames = FrameRange.between(max(0, still - reach), still + reach + 1).intersection(used)
    return Scene(
        plate,
        still,
        plate.read(still),
        frames,
        alpha,
        window_of(alpha),
        Scale.within(fmt.width, fmt.height, EFFORTS[params.quality].analysis_pixels),
        tuple(notes),
    )


def window_of(alpha: Array) -> Window:
    """The smallest window that holds all of `alpha` (h w) that is not 0."""
    x, y, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
    return Window(y, x, height, width)


def _sharpest(plate: FrameSource, frames: FrameRange) -> int:
    """The frame with the most fine detail: mean square of the Laplacian."""
    best = (-1.0, frames.start)
    for number, picture in zip(frames, prefetch(plate.iter(frames)), strict=True):
        rgb = to_rgb(picture, plate.format)
        shrink = min(1.0, _SHARPNESS_SIDE / max(rgb.shape[:2]))
        grey = cv2.resize(rgb[..., 1], None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        sharpness = float(np.square(cv2.Laplacian(grey, cv2.CV_32F)).mean())
        best = max(best, (sharpness, -number))
    return -best[1]
