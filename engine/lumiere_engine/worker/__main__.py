"""Reads one request from standard input, answers with JSON lines.

The other end is `client.local`, or the engine. The engine's request says "watched": the pipe that it came
through stays open until the engine ends, and so does the worker. A job's "desk" is the engine's folder for it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..protocol.errors import Cancelled, LumiereError, OutOfMemory, OutputError, SpecError
from ..protocol.jobs import WorkOrder
from ..protocol.messages import Progress
from .tasks import TASKS
from .watched import beat, end_with_engine

Say = Callable[[dict[str, Any]], None]


def main() -> int:
    """Answer one request; the exit code is 0 if an answer or a readable failure was given."""
    say = _take_over_stdout()
    signal.signal(signal.SIGTERM, _cancel)
    signal.signal(signal.SIGINT, _cancel)
    try:
        request = json.loads(sys.stdin.readline())
        if request.pop("watched", False):
            end_with_engine()
            beat(say)
        say(_answer(request, say))
    except LumiereError as error:
        say(error.to_wire())
    except BrokenPipeError:
        return 1  # whoever asked is gone
    except Exception as error:
        # torch has an error of its own that is no MemoryError
        if not isinstance(error, MemoryError) and type(error).__name__ != "OutOfMemoryError":
            traceback.print_exc()
            return 1
        say(OutOfMemory("out of memory", remedy="choose a lower quality or fewer frames").to_wire())
    return 0


def _answer(request: dict[str, Any], say: Say) -> dict[str, Any]:
    def on_progress(step: Progress) -> None:
        say(step.to_wire())

    task = request.get("task")
    if task == "work":
        return _work(WorkOrder.from_wire(request["order"]), request.get("desk"), say, on_progress)
    if task in TASKS:
        answer = TASKS[task]({k: v for k, v in request.items() if k != "task"}, on_progress)
        return {"label": "Answer.1", "answer": answer}
    raise SpecError(f"'{task}' is no task of this worker")


def _work(
    order: WorkOrder, folder: str | None, say: Say, on_progress: Callable[[Progress], None]
) -> dict[str, Any]:
    from ..effects.performers import perform

    if folder is None:
        return perform(order, on_progress).to_wire()
    from .desk import Desk

    try:
        result = perform(order, on_progress, Desk(Path(folder), say))
    except OSError as error:
        if error.filename is None or not str(error.filename).startswith(folder):
            raise
        raise OutputError(f"the engine's folder cannot be written: {error.strerror}", clip=folder) from error
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    say({"label": "Usage.1", "memory_bytes": peak})
    return result.to_wire()


def _take_over_stdout() -> Callable[[dict[str, Any]], None]:
    """Keep the real standard output for answers and send what libraries print to the log."""
    channel = os.dup(1)
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(message: dict[str, Any]) -> None:
        # one write for a line: a signal, which raises, comes before or after it
        line = json.dumps(message).encode() + b"\n"
        with lock:
            while line:
                line = line[os.write(channel, line) :]

    return say


def _cancel(_signal: int, _frame: object) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)  # once is enough: a second one would interrupt the cleaning up
    raise Cancelled("cancelled", remedy="the same command goes on from where it stopped")


sys.exit(main())
