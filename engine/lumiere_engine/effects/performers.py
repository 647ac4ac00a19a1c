"""Who does the job of each effect: what `protocol.params.EFFECTS` names, done."""

from __future__ import annotations

from collections.abc import Callable

from ..protocol.jobs import WorkOrder
from ..protocol.messages import JobResult
from .clock import OnProgress
from .observer import Observer

Performer = Callable[[WorkOrder, OnProgress, Observer | None], JobResult]

# Each effect's module is imported when it is asked for: torch alone takes longer than the draft of a loop.


def _remove(order: WorkOrder, on_progress: OnProgress, observer: Observer | None) -> JobResult:
    from .remove import remove

    return remove(order, on_progress, observer)


def _cinemagraph(order: WorkOrder, on_progress: OnProgress, observer: Observer | None) -> JobResult:
    from .cinemagraph.performer import cinemagraph

    return cinemagraph(order, on_progress, observer)


def _stylize(order: WorkOrder, on_progress: OnProgress, observer: Observer | None) -> JobResult:
    from .stylize.performer import stylize

    return stylize(order, on_progress, observer)


def _generate(order: WorkOrder, on_progress: OnProgress, observer: Observer | None) -> JobResult:
    from .generate import generate

    return generate(order, on_progress, observer)


PERFORMERS: dict[str, Performer] = {
    "remove": _remove,
    "cinemagraph": _cinemagraph,
    "stylize": _stylize,
    "generate": _generate,
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
