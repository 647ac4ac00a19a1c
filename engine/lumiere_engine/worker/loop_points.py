"""Where a loop could begin and end: what a cinemagraph's search finds, in seconds and before there is a job."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..effects.cinemagraph.plan import moments_of
from ..effects.cinemagraph.scene import open_scene
from ..effects.cinemagraph.standing import StandingShot
from ..effects.workspace import Workspace
from ..motion.loops.search import Moments, best_loops, fundamental
from ..protocol.jobs import JobSpec
from ..protocol.messages import Progress
from ..protocol.params import CinemagraphParams

OnProgress = Callable[[Progress], None]
_MOST = 5


def loop_points(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Search loops at the size of a draft.

    Args:
        question: "spec": the `JobSpec.1` of a cinemagraph, with plate, mattes, frames and still; "most": how many loops
            to name, 5 if it is left out.
        on_progress: hears of the stages "read", "follow" and "search".

    Returns:
        "loops": the best first, each with "start" (a frame of the media), "period" (frames), "overlap" (frames before
        the start that its end is blended with) and "seam" (what it costs: the mean square difference at the seam over
        that of neighbours, 1 is a step as usual; lower is better); "natural_period": of what really repeats, or None;
        "still": the frame that is the still; "start", "duration": the frames that show all of the region.

    Raises:
        LumiereError: the media or the matte cannot be read, or nothing can loop.
    """
    spec = JobSpec.from_wire(question["spec"])
    params = replace(spec.params_of(CinemagraphParams), quality="draft")
    with ExitStack() as stack:
        scene = open_scene(replace(spec, params=params), stack)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        workspace = stack.enter_context(Workspace(Path(folder) / "loop", "loop_points"))
        shot = StandingShot(scene, workspace, stabilise=params.stabilise)
        total = scene.frames.duration
        for done in shot.read():
            on_progress(Progress("read", done, total))
        for done in shot.follow():
            on_progress(Progress("follow", done, total))
        rate, first = float(scene.plate.format.rate), scene.frames.start
        for found in moments_of(shot):
            if isinstance(found, Moments):
                return {
                    "loops": [
                        {
                            "start": first + found.first + loop.start,
                            "period": loop.period,
                            "overlap": loop.overlap,
                            "seam": round(loop.cost, 3),
                        }
                        for loop in best_loops(found, rate, True, int(question.get("most", _MOST)))
                    ],
                    "natural_period": fundamental(found, rate),
                    "still": scene.still,
                    "start": first + shot.usable.start,
                    "duration": shot.usable.duration,
                }
            on_progress(Progress("search", found, shot.usable.duration))
    raise AssertionError("moments end with what was found")
