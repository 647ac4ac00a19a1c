"""One attempt at a job: its worker, what it hears from it, and the folder with what outlives it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..protocol.engine import JobMedia
from ..protocol.errors import Cancelled, LumiereError, StoreError, WorkerError
from ..protocol.jobs import WorkOrder
from ..protocol.messages import Progress, message_from_wire
from ..protocol.places import WORKSPACES
from ..protocol.queue import Finish, JobProgress
from ..protocol.wire import decode, encode
from ..protocol.worker import MODULE as WORKER_MODULE
from .child import GRACE_S, Child
from .estimates import Estimator, TimeLeft
from .queue import Queue

_PROGRESS_S = 0.2
# A job that starts with nothing keeps three entries or more for each frame; one that finds its borrowing done, two.
_FRESH = 2.5


class Attempt:
    """What happens between a claim and its end.

    Args:
        job: its number.
        folder: holds `journal` (what the worker has put on its shelves), `result.json` and `thumbnails/`.
        queue: told of progress.
        estimator: tells the time left.
        surroundings: environment variables of its processes.
    """

    def __init__(
        self, job: int, folder: Path, queue: Queue, estimator: Estimator, surroundings: Mapping[str, str]
    ) -> None:
        self.job = job
        self.interrupted = False
        self.media: JobMedia | None = None
        self.memory_bytes: int | None = None
        self._folder, self._queue, self._estimator = folder, queue, estimator
        self._surroundings = surroundings
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._stopped = False
        self._heard_s = time.monotonic()
        self._told_s, self._stage, self._began = 0.0, "", False
        self._left: TimeLeft | None = None
        self._kept_before = self.kept()
        self._frames = [] if not self._thumbnails.is_dir() else _numbers(self._thumbnails)

    @property
    def pid(self) -> int | None:
        """Of the process that works now."""
        child = self._child
        return None if child is None else child.pid

    @property
    def silence_s(self) -> float:
        """Seconds since the worker was heard."""
        return time.monotonic() - self._heard_s if self._child is not None else 0.0

    @property
    def did_everything(self) -> bool:
        """Whether nothing was at hand when it began: then its time tells what such a job takes."""
        fresh = self.kept() - self._kept_before
        return self.media is not None and fresh >= _FRESH * self.media.frames

    def stop(self) -> None:
        """Ask the worker to end; kill it if it does not."""
        with self._lock:
            self._stopped = True
            if self._child is not None:
                self._child.stop(GRACE_S)

    def interrupt(self, *, at_once: bool) -> None:
        """End the worker so that the job waits again."""
        self.interrupted = True
        self.stop()
        if at_once:
            self.kill()

    def kill(self) -> None:
        """End the worker now."""
        with self._lock:
            if self._child is not None:
                self._child.kill()

    def render(self, order: WorkOrder, *, began: bool) -> dict[str, Any]:
        """Run the worker to its end; returns its `JobResult.1`.

        Args:
            order: the work.
            began: whether an earlier attempt got as far as having its names free.

        Raises:
            LumiereError: it failed, died, or was stopped.
        """
        self._began = began
        self._left = self._estimator.time_left(order.spec)
        request = {"task": "work", "order": order.to_wire(), "desk": str(self._folder), "watched": True}
        answer = self._converse(WORKER_MODULE, request)
        if answer["label"] != "JobResult.1":
            raise WorkerError("the worker ended in the middle of its work")
        return answer

    def finish(self, finish: Finish, module: str, result: dict[str, Any], overwrite: bool) -> dict[str, Any]:
        """Run the finishing step; returns what it answers."""
        self._tell(JobProgress("finish", 0, 1))
        request = {
            "finish": finish.name,
            "params": finish.params,
            "result": result,
            "overwrite": overwrite,
        }
        answer = self._converse(module, request)
        if answer["label"] != "Answer.1":
            raise WorkerError("the finishing step ended without an answer")
        self._tell(JobProgress("finish", 1, 1))
        return dict(answer["answer"])

    def clear_workspaces(self, order: WorkOrder) -> None:
        """Remove what a worker that died in its very last moment could not."""
        with contextlib.suppress(OSError):
            lines = (self._folder / "journal").read_text().splitlines()
            folders = sorted({line.partition("/")[0] for line in lines})
            beside = Path(order.output).parent / WORKSPACES
            left = [] if order.keep_work else [f for f in folders if any(beside.glob(f"{f}*"))]
            if left:
                request = {"task": "clear", "output": order.output, "folders": left, "watched": True}
                self._converse(WORKER_MODULE, request)

    def kept(self) -> int:
        """How many entries all attempts together have put on the shelves."""
        with contextlib.suppress(OSError), (self._folder / "journal").open("rb") as journal:
            return sum(1 for _ in journal)
        return 0

    def kept_result(self) -> dict[str, Any] | None:
        """The result that an earlier attempt left."""
        with contextlib.suppress(OSError, ValueError, LumiereError):
            result = json.loads((self._folder / "result.json").read_bytes())
            message_from_wire(result)
            return dict(result)
        return None

    def clear_up(self) -> None:
        """Of a done job, only the small pictures stay."""
        for name in ("journal", "result.json", "log"):
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    @property
    def _thumbnails(self) -> Path:
        return self._folder / "thumbnails"

    def _converse(self, module: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock:
                if self._stopped:
                    raise Cancelled("cancelled")
                self._heard_s = time.monotonic()
                self._child = Child(module, request, self._folder / "log", self._surroundings)
        except OSError as error:
            raise WorkerError(f"the worker cannot be started: {error.strerror or error}") from error
        child = self._child
        if self._queue.row(self.job)["wish"] is not None:
            self.stop()
        try:
            last = None
            for message in child.messages():
                self._heard_s = time.monotonic()
                if not self._hear(message):
                    last = message
            return child.answer(last)
        finally:
            with self._lock:
                self._child = None
            child.close()

    def _hear(self, message: dict[str, Any]) -> bool:
        """Take in what is said on the way; False for an answer."""
        label = message["label"]
        if label not in ("Progress.1", "JobMedia.1", "Thumbnail.1", "Learned.1", "Usage.1", "Beat.1"):
            return False
        with contextlib.suppress(LumiereError, KeyError, TypeError, ValueError):
            if label == "Progress.1":
                step = message_from_wire(message)
                assert isinstance(step, Progress)
                self._step(step)
            elif label == "JobMedia.1":
                self.media = decode(JobMedia, message)
                self._record(media=json.dumps(encode(self.media)))
            elif label == "Thumbnail.1":
                self._pictured(int(message["frame"]))
            elif label == "Learned.1":
                self._queue.learning(self.job, int(message["step"]), int(message["total"]))
            elif label == "Usage.1":
                self.memory_bytes = int(message["memory_bytes"])
        return True

    def _step(self, step: Progress) -> None:
        if step.note is not None:
            self._tell(JobProgress("note", 0, 0, step.note))
            return
        if not self._began:  # it found its names free: what has them from now on is its own
            self._queue.record(self.job, began=1)
            self._began = True
        if self._left is not None:
            self._left.step(step, self.media)
        now = time.monotonic()
        ended = step.done >= step.total
        if step.stage != self._stage or ended or now - self._told_s >= _PROGRESS_S:
            self._told_s, self._stage = now, step.stage
            low, left, high = (None, None, None) if self._left is None else self._left.range()
            self._tell(JobProgress(step.stage, step.done, step.total, None, left, low, high))

    def _pictured(self, frame: int) -> None:
        if frame not in self._frames:
            self._frames.append(frame)
        self._queue.thumbnail(self.job, self._frames, frame)

    def _tell(self, progress: JobProgress) -> None:
        with contextlib.suppress(StoreError):  # a full disk must not stop the work for a number on a screen
            self._queue.progress(self.job, encode(progress))

    def _record(self, **columns: Any) -> None:
        with contextlib.suppress(StoreError):
            self._queue.record(self.job, durable=False, **columns)


def _numbers(folder: Path) -> list[int]:
    return sorted(int(file.stem) for file in folder.glob("*.jpg") if file.stem.isdecimal())
