"""Where a cinemagraph may loop, asked of a worker: the best few starts and periods, and how good their seams are."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..effects.cinemagraph.plan import moments_of
from ..effects.cinemagraph.scene import open_scene
from ..effects.cinemagraph.standing import StandingShot
from ..effects.clock import OnProgress
from ..effects.effort import EFFORTS
from ..effects.shot import Scale
from ..effects.workspace import Workspace
from ..motion.loops.search import Moments, best_loops
from ..protocol.jobs import JobSpec
from ..protocol.messages import Progress
from ..protocol.params import CinemagraphParams


def loop_points(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Search loops as the job would, with motion measured at draft size.

    Args:
        question: "spec": a `JobSpec.1` of a cinemagraph; "count": at most so many loops.
        on_progress: hears of the stages "read", "follow" and "search".

    Returns:
        "points": the best one first, each {"start", "period", "error"}: the media's frame, frames, and the difference
        at the seam over the usual difference of neighbours (1 or less is no seam).

    Raises:
        LumiereError: the media or the matte cannot be read.
    """
    spec = JobSpec.from_wire(question["spec"])
    params = spec.params_of(CinemagraphParams)
    with ExitStack() as stack:
        scene = open_scene(spec, stack)
        fmt, total = scene.plate.format, scene.frames.duration
        small = Scale.within(fmt.width, fmt.height, EFFORTS["draft"].analysis_pixels)
        folder = stack.enter_context(TemporaryDirectory(prefix="lumiere-loops-"))
        workspace = stack.enter_context(Workspace(Path(folder) / "loops", "loops"))
        shot = StandingShot(replace(scene, scale=small), workspace, stabilise=params.stabilise)
        for done in shot.read():
            on_progress(Progress("read", done, total))
        for done in shot.follow():
            on_progress(Progress("follow", done, total))
        loops = []
        for found in moments_of(shot):
            if isinstance(found, Moments):
                blends = params.method in ("auto", "crossfade")
                loops = best_loops(found, float(fmt.rate), blends, question["count"])
                first = scene.frames.start + found.first
            else:
                on_progress(Progress("search", found, shot.usable.duration))
    return {
        "points": [
            {"start": first + one.start, "period": one.period, "error": round(one.cost, 3)} for one in loops
        ]
    }
