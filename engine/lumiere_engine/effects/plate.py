"""The plate of a job, and which of its frames are meant."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from ..frames.source import FrameSource, open_source
from ..protocol.errors import SpecError
from ..protocol.jobs import JobSpec
from ..protocol.ranges import FrameRange


@dataclass(frozen=True)
class Plate:
    """An open plate. All frames are counted from 0 in the media.

    Attributes:
        source: its frames.
        frames: those to work on.
        written: those that the result holds, `frames` and handles.
        matte_frames: those that the mattes have frames for.
    """

    source: FrameSource
    frames: FrameRange
    written: FrameRange
    matte_frames: FrameRange


def open_plate(spec: JobSpec, stack: ExitStack) -> Plate:
    """Open a job's plate; `stack` closes it.

    Raises:
        MediaError: as `open_source`.
        SpecError: frames are wanted that it does not have, or none.
    """
    source = stack.enter_context(open_source(spec.plate, conform=spec.conform, rate=spec.rate))
    available = FrameRange(0, source.frame_count)
    frames = spec.frames or available
    written = spec.written or frames
    if not available.contains_range(written) or not frames.duration:
        raise SpecError(
            f"frames {written} are wanted and there are {available}",
            clip=spec.plate,
            remedy="choose frames that are there",
        )
    return Plate(source, frames, written, available if spec.whole_mattes else frames)
