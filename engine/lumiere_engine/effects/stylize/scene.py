"""What a stylised shot is made of: the plate, the region that gets the style, pictures, key frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...frames.convert import to_rgb
from ...frames.picture import Picture
from ...frames.prefetch import prefetch
from ...frames.source import FrameSource
from ...matte.source import MatteSource, core, open_matte
from ...matte.survey import check_matte
from ...protocol.errors import SpecError
from ...protocol.jobs import JobSpec
from ...protocol.ranges import FrameRange
from ...protocol.stylize_params import StylizeParams
from ..effort import EFFORTS
from ..plate import open_plate
from ..shot import Scale
from ..softness import default_growth, inner_feather
from .pictures import read_painting, read_reference

Array = np.ndarray


@dataclass(frozen=True)
class Scene:
    """The opened inputs of a job.

    Attributes:
        plate: the source.
        frames: the plate's frames that are worked on.
        written: the plate's frames that the result holds.
        scale: between the plate and the pictures that are analysed.
        params: the artist's choices.
        reference: the style picture, h w 3 float32 in 0..1; None where there are paintings alone.
        paintings: job's frame, counted from 0 → the painting at the plate's size, working values.
        matte: at the plate's size; None is the whole picture.
        matte_start: the matte's frame that belongs to the first of `frames`.
        notes: what the user should know.
    """

    plate: FrameSource
    frames: FrameRange
    written: FrameRange
    scale: Scale
    params: StylizeParams
    reference: Array | None
    paintings: dict[int, Array]
    matte: MatteSource | None
    matte_start: int
    notes: list[str] = field(default_factory=list)

    def read(self, first: int) -> Iterator[tuple[Array, Array]]:
        """Working values from the job's frame `first` on, and an alpha of nothing; h w 3, h w float32."""
        fmt = self.plate.format
        nothing = np.zeros((fmt.height, fmt.width), np.float32)
        rest = FrameRange.between(self.frames.start + first, self.frames.end_exclusive)
        for picture in prefetch(self.plate.iter(rest)):
            yield to_rgb(picture, fmt), nothing

    def rgb(self, frame: int) -> Array:
        """Working values of one of the job's frames, h w 3 float32."""
        return to_rgb(self.picture(frame), self.plate.format)

    def picture(self, frame: int) -> Picture:
        """One of the job's frames in the plate's own samples."""
        return self.plate.read(self.frames.start + frame)

    def alpha(self, frame: int) -> Array:
        """Where the style shows in one of the job's frames; h w float32, exactly 0 outside the region."""
        fmt = self.plate.format
        if self.matte is None:
            return np.ones((fmt.height, fmt.width), np.float32)
        region = core(self.matte.read(self.matte_start + frame))
        if self.params.outside:
            region = ~region
        feather = default_growth(fmt.height) if self.params.feather is None else self.params.feather
        return inner_feather(region, feather)


def open_scene(spec: JobSpec, stack: ExitStack) -> Scene:
    """Open all inputs.

    Raises:
        LumiereError: what is wrong with them.
    """
    params = spec.params_of(StylizeParams)
    if not params.media:
        raise SpecError(
            "no style is named", remedy="give --reference PICTURE, --keyframe FRAME=PICTURE or --style FILE"
        )
    plate = open_plate(spec, stack)
    fmt, frames = plate.source.format, plate.frames
    reference = None if params.reference is None else read_reference(params.reference)
    paintings = {
        key.frame - frames.start: read_painting(key, fmt, frames, spec.plate) for key in params.keyframes
    }
    matte, notes = None, list(plate.source.notes)
    if spec.mattes:
        matte = stack.enter_context(
            open_matte([Path(path) for path in spec.mattes], fmt, plate.matte_frames.duration)
        )
        check_matte(matte, allow_full=not params.outside, clip=", ".join(spec.mattes))
        notes += matte.notes
    scale = Scale.within(fmt.width, fmt.height, EFFORTS[params.quality].analysis_pixels)
    start = frames.start - plate.matte_frames.start
    return Scene(
        plate.source, frames, plate.written, scale, params, reference, paintings, matte, start, notes
    )
