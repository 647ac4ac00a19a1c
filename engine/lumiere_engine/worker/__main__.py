"""Reads one request from standard input, answers with JSON lines; `client.local` is the other end."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from ..protocol.errors import Cancelled, LumiereError, SpecError
from ..protocol.jobs import WorkOrder
from ..protocol.messages import Progress
from .tasks import TASKS


def main() -> int:
    """Answer one request; the exit code is 0 if an answer or a readable failure was given."""
    say = _take_over_stdout()
    signal.signal(signal.SIGTERM, _cancel)
    signal.signal(signal.SIGINT, _cancel)
    try:
        say(_answer(json.load(sys.stdin), lambda step: say(step.to_wire())))
    except LumiereError as error:
        say(error.to_wire())
    except MemoryError:
        say(LumiereError("out of memory", remedy="choose a lower quality or fewer frames").to_wire())
    except BrokenPipeError:
        return 1  # whoever asked is gone
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _answer(request: dict[str, Any], on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    task = request.get("task")
    if task == "work":
        from ..effects.remove import remove

        return remove(WorkOrder.from_wire(request["order"]), on_progress).to_wire()
    if task in TASKS:
        answer = TASKS[task]({k: v for k, v in request.items() if k != "task"}, on_progress)
        return {"label": "Answer.1", "answer": answer}
    raise SpecError(f"'{task}' is no task of this worker")


def _take_over_stdout() -> Callable[[dict[str, Any]], None]:
    """Keep the real standard output for answers and send what libraries print to the log."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    return say


def _cancel(_signal: int, _frame: object) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)  # once is enough: a second one would interrupt the cleaning up
    raise Cancelled("cancelled", remedy="the same command goes on from where it stopped")


sys.exit(main())
