"""Runs a worker as a child process and follows what it says.

The worker reads one JSON object from its standard input and answers with JSON lines: `Progress.1` while it
works, then one `JobResult.1`, `Answer.1` or `Failure.1`. A crash of the worker is an error here, never a crash.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from typing import Any, Callable, Optional

from ..protocol.errors import Cancelled, WorkerError, from_wire
from ..protocol.jobs import WorkOrder
from ..protocol.messages import JobResult, Progress, message_from_wire
from ..protocol.worker import MODULE, environment

_GRACE_S = 20.0


def work(order: WorkOrder, on_progress: Optional[Callable[[Progress], None]] = None) -> JobResult:
    """Run a job in a worker process and wait for its result.

    Args:
        order: the job and where its result goes.
        on_progress: called for each step; what it raises stops the worker and is raised here.

    Raises:
        LumiereError: what the worker reported, or `WorkerError` if it died silently.
        Cancelled: the user pressed Ctrl-C.
    """
    answer = _converse({"task": "work", "order": order.to_wire()}, on_progress)
    result = message_from_wire(answer)
    if not isinstance(result, JobResult):
        raise WorkerError("the worker ended in the middle of its work")
    return result


def ask(
    task: str, on_progress: Optional[Callable[[Progress], None]] = None, **question: Any
) -> dict[str, Any]:
    """Put a question to a worker process, such as what a media file holds; returns its `Answer.1`.

    Args:
        task: one of `worker.tasks.TASKS`.
        on_progress: as for `work`.
        question: what the task takes.

    Raises:
        LumiereError: as for `work`.
    """
    answer = _converse({"task": task, **question}, on_progress)
    if answer.get("label") != "Answer.1":
        raise WorkerError("the worker ended without an answer")
    return dict(answer["answer"])


def _converse(request: dict[str, Any], on_progress: Optional[Callable[[Progress], None]]) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment(),
            # Ctrl-C goes to the whole foreground group; the worker must hear it once, from us.
            start_new_session=True,
        )
        try:
            return _listen(process, request, on_progress, log)
        except KeyboardInterrupt:
            raise Cancelled("cancelled", remedy="the same command goes on from where it stopped") from None
        finally:
            _stop(process)


def _listen(
    process: "subprocess.Popen[str]",
    request: dict[str, Any],
    on_progress: Optional[Callable[[Progress], None]],
    log: Any,
) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(request))
        process.stdin.close()
    except BrokenPipeError:
        pass  # it died at once; what it left in the log is reported below
    last: Optional[dict[str, Any]] = None
    for line in process.stdout:
        try:
            data = json.loads(line)
        except ValueError:
            continue  # a library printed something
        if not isinstance(data, dict) or "label" not in data:
            continue  # the same, and by chance it is JSON
        if data.get("label") == "Progress.1":
            step = message_from_wire(data)
            if on_progress is not None and isinstance(step, Progress):
                on_progress(step)
        else:
            last = data
    code = process.wait()
    if last is not None and last.get("label") == "Failure.1":
        raise from_wire(last)
    if last is None or code != 0:
        raise WorkerError(_last_words(code, log), remedy="run it again: it goes on from where it stopped")
    return last


def _last_words(code: int, log: Any) -> str:
    log.seek(0)
    lines = [line.strip() for line in log if line.strip()]
    if code < 0:
        name = (
            signal.Signals(-code).name
            if -code in {known.value for known in signal.Signals}
            else f"signal {-code}"
        )
        return f"the worker was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"the worker died: {lines[-1]}" if lines else f"the worker died with code {code}"


def _stop(process: "subprocess.Popen[str]") -> None:
    """End a worker that is still running: first by asking, then, or after a second Ctrl-C, at once."""
    try:
        if process.poll() is None:
            process.terminate()  # before its pipe breaks: one reason to clean up is enough
        if process.stdout is not None:
            process.stdout.close()
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
