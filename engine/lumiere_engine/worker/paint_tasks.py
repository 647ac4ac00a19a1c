"""Painting over frames, asked of a worker: a frame as a picture, and which frames are worth it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..effects.clock import OnProgress
from ..effects.effort import EFFORTS
from ..effects.shot import AnalysedShots, Scale
from ..effects.workspace import Workspace
from ..frames.commit import output_error
from ..frames.convert import to_rgb
from ..frames.prefetch import prefetch
from ..frames.source import open_source
from ..frames.still_writer import write_still
from ..protocol.errors import OutputExistsError, SpecError
from ..protocol.messages import Progress
from ..protocol.ranges import FrameRange

Array = np.ndarray


def export_frame(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """{"path", "frame", "output"} → {"output"}: a frame of the media as a PNG, TIFF or EXR of its size.

    Raises:
        LumiereError: there is no such frame, or a file is there already, or it cannot be written.
    """
    final, frame = Path(question["output"]), question["frame"]
    if final.exists():
        raise OutputExistsError(
            "that file is there already", clip=str(final), remedy="paint over it, or move it away"
        )
    with open_source(question["path"], conform=True) as source:
        if not 0 <= frame < source.frame_count:
            raise SpecError(
                "there is no such frame", clip=question["path"], frame=frame, remedy="choose another"
            )
        part = final.with_name(f".{final.stem}.part{final.suffix}")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            write_still(part, source.read(frame), source.format.starting_at(frame))
            part.replace(final)
        except OSError as error:
            raise output_error(final, error) from error
        finally:
            part.unlink(missing_ok=True)
    return {"output": str(final)}


def advise_paintings(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Which frames to paint, from the motion at draft size; memory does not grow with the clip.

    Args:
        question: "path": media; "start", "duration": its frames; "painted": those that are painted already.
        on_progress: hears of the stages "read" and "follow".

    Returns:
        "keys", "next": frames of the media; "followed": of each frame, the share that painted ones show, 0..1.

    Raises:
        LumiereError: the media cannot be read.
    """
    # torch comes with it, which takes a second to import: other tasks do without
    from ..effects.stylize.advice import advise

    frames = FrameRange(question["start"], question["duration"])
    with (
        TemporaryDirectory(prefix="lumiere-paint-") as folder,
        open_source(question["path"], conform=True) as source,
    ):
        fmt, count = source.format, frames.duration
        nothing = np.zeros((fmt.height, fmt.width), np.float32)

        def read(first: int) -> Iterator[tuple[Array, Array]]:
            rest = FrameRange.between(frames.start + first, frames.end_exclusive)
            for picture in prefetch(source.iter(rest)):
                yield to_rgb(picture, fmt), nothing

        with Workspace(Path(folder) / "advice", "advice") as workspace:
            scale = Scale.within(fmt.width, fmt.height, EFFORTS["draft"].analysis_pixels)
            shots = AnalysedShots(workspace, scale, count)
            for done in shots.read(read):
                on_progress(Progress("read", done, count))
            for done in shots.follow():
                on_progress(Progress("follow", done, count))
            painted = [frame - frames.start for frame in question["painted"] if frame in frames]
            found = advise(shots, painted, workspace)
    return {
        "keys": [frames.start + key for key in found.keys],
        "next": frames.start + found.following,
        "followed": [round(share, 4) for share in found.followed],
    }
