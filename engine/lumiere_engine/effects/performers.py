"""Who does the job of each effect: what `protocol.params.EFFECTS` names, done."""

from __future__ import annotations

from collections.abc import Callable

from ..protocol.jobs import WorkOrder
from ..protocol.messages import JobResult
from .cinemagraph.performer import cinemagraph
from .clock import OnProgress
from .generate import generate
from .observer import Observer
from .remove import remove
from .stylize.performer import stylize

Performer = Callable[[WorkOrder, OnProgress, Observer | None], JobResult]

PERFORMERS: dict[str, Performer] = {
    "remove": remove,
    "cinemagraph": cinemagraph,
    "stylize": stylize,
    "generate": generate,
}


def perform(order: WorkOrder, on_progress: OnProgress, observer: Observer | None = None) -> JobResult:
    """Do a job from media to media.

    Args:
        order: the job.
        on_progress: hears of every step; what it raises stops the job, which can then be taken up again.
        observer: hears of more.

    Raises:
        LumiereError: anything that is wrong with the inputs or the output, in one readable line.
    """
    return PERFORMERS[order.spec.effect](order, on_progress, observer)
