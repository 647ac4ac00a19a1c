"""What the command of every effect does with a prepared job: leave it to the queue, or follow it to its end."""

from __future__ import annotations

from lumiere_engine.protocol.wire import encode

from . import queue_cli
from .console import Console
from .performing import enqueue, through_engine
from .preparing import Outcome, Prepared


def carry_out(console: Console, prepared: Prepared, *, queue: bool, priority: int) -> Outcome | None:
    """Do a job and return what came of it; or queue it, say so, and return None.

    Args:
        console: where progress is shown.
        prepared: the job.
        queue: leave it to the engine.
        priority: in the queue.

    Raises:
        LumiereError: it cannot be queued, or why it failed.
        Cancelled: Ctrl-C; the job is cancelled, and its finished chunks are kept.
    """
    if queue:
        job = enqueue(prepared, priority)
        console.answer(encode(job), queue_cli.told(job))
        return None
    with console.progress() as show:
        return through_engine(prepared, show)
