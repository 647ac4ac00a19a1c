"""Works off the queue on one device, job by job: the thread that starts, hears and ends its worker."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..protocol.engine import Device
from ..protocol.errors import (
    BusyError,
    Cancelled,
    EngineError,
    LumiereError,
    OutputError,
    StoreError,
    WorkerError,
)
from ..protocol.jobs import WorkOrder
from ..protocol.queue import Finish
from ..protocol.states import JobState
from ..protocol.wire import decode
from .attempt import Attempt
from .devices import kind_of, surroundings
from .estimates import Estimator
from .files import fingerprints
from .finishing import module_of
from .line import Line
from .paths import Roots, check_order
from .queue import Queue
from .rows import intact

# From 16 frames at a time, so many attempts reach one frame at a time.
MOST_STALLS = 5
LEASE_S = 120.0
_BUSY_S = 0.5
_STORE_S = 1.0
_log = logging.getLogger(__name__)


class Supervisor(threading.Thread):
    """The thread that works off the queue on one device.

    Args:
        device: its name.
        line: where it takes the next job from, beside the supervisors of other devices.
        queue: the jobs.
        roots: where their files may lie.
        estimator: learns from what finishes.
        folder: the engine's; each job has one in `jobs/`.
    """

    def __init__(
        self, device: str, line: Line, queue: Queue, roots: Roots, estimator: Estimator, folder: Path
    ) -> None:
        super().__init__(name=f"supervisor of {device}", daemon=True)
        self._device, self._line = device, line
        self._queue, self._roots, self._estimator = queue, roots, estimator
        self._folder = folder / "jobs"
        self._lock = threading.Lock()
        self._wake, self._idle = threading.Event(), threading.Event()
        self._stopping = self._resting = False
        self._attempt: Attempt | None = None

    # Asked from other threads

    def state(self) -> Device:
        """What the device does now."""
        with self._lock:
            if self._attempt is None:
                return Device(self._device, yielded=self._resting)
            return Device(self._device, self._attempt.job, self._attempt.pid, self._resting)

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def heed(self, job: int) -> None:
        """A wish was recorded for this job: if it runs, its worker is asked to stop."""
        with self._lock:
            if self._attempt is not None and self._attempt.job == job:
                self._attempt.stop()

    def rest(self, resting: bool) -> None:
        """End the worker now, whatever it does; its job waits again.

        Args:
            resting: whether the device takes no further job until `go_on`.
        """
        with self._lock:
            self._resting = self._resting or resting
            if self._attempt is not None:
                self._idle.clear()
                self._attempt.interrupt(at_once=True)
            else:
                self._idle.set()

    def wait_until_free(self, timeout_s: float) -> None:
        """After `rest`: until the worker has ended and its job waits."""
        self._idle.wait(max(0.0, timeout_s))

    def go_on(self) -> None:
        """Take jobs again."""
        self._resting = False
        self.wake()

    def end_if_silent(self) -> None:
        """End a worker that has not said anything for as long as its lease lasts."""
        with self._lock:
            if self._attempt is not None and self._attempt.silence_s > LEASE_S:
                self._attempt.kill()

    def ask_to_stop(self) -> None:
        """End the worker and, soon, this thread; its job waits again."""
        self._stopping = True
        with self._lock:
            if self._attempt is not None:
                self._attempt.interrupt(at_once=False)
        self._wake.set()

    # The thread itself

    def run(self) -> None:
        """Until `ask_to_stop`: take the next job, see it through, take the next."""
        while not self._stopping:
            self._wake.clear()
            try:
                row, attempt = self._take()
                if row is None or attempt is None:
                    self._wake.wait()
                else:
                    self._see_through(row, attempt)
            except StoreError as error:
                _log.error("%s", error)
                time.sleep(_STORE_S)

    def _take(self) -> tuple[sqlite3.Row | None, Attempt | None]:
        """Claim the next job; who asks from another thread sees it waiting or attempted, and nothing between."""
        with self._lock:
            idle = self._stopping or self._resting
            row = None if idle else self._line.take(kind_of(self._device))
            if row is not None:
                folder = self._folder / str(row["id"])
                self._attempt = Attempt(
                    row["id"],
                    folder,
                    self._queue,
                    self._estimator.of(kind_of(self._device)),
                    surroundings(self._device),
                )
            return row, self._attempt

    def _see_through(self, row: sqlite3.Row, attempt: Attempt) -> None:
        """One attempt at a job, to its end, whatever that is."""
        kept = attempt.kept()
        try:
            after, columns = JobState.DONE, self._work(row, attempt)
        except Exception as error:
            after, columns = self._after(error, row, attempt, got_further=attempt.kept() > kept)
        finally:
            with self._lock:
                self._attempt = None
        try:
            self._settle(row["id"], after, columns)
        finally:
            self._line.left(row["id"])
            self._idle.set()
        if after is JobState.DONE:
            attempt.clear_up()

    def _after(
        self, error: Exception, row: sqlite3.Row, attempt: Attempt, *, got_further: bool
    ) -> tuple[JobState, dict[str, Any]]:
        """Which state follows an attempt that did not come to its end, and the columns that go with it.

        A wish stands before all of this; `Queue.change` knows it.
        """
        if attempt.interrupted:
            return JobState.QUEUED, {}
        if isinstance(error, StoreError):
            _log.error("%s", error)
            return JobState.QUEUED, {}
        if isinstance(error, BusyError):
            if self._line.put_off(row["id"]):
                return JobState.QUEUED, {}
            time.sleep(_BUSY_S)
            return self._again(row, error, got_further=got_further)
        if isinstance(error, (WorkerError, Cancelled)):
            return self._again(row, error, got_further=got_further)
        if not isinstance(error, LumiereError):
            _log.error("job %d", row["id"], exc_info=error)
            error = EngineError(
                f"the engine stumbled: {type(error).__name__}: {error}", remedy="see engine.log"
            )
        return JobState.FAILED, {"error": json.dumps(error.to_wire())}

    def _again(
        self, row: sqlite3.Row, error: LumiereError, *, got_further: bool
    ) -> tuple[JobState, dict[str, Any]]:
        """After a crash: once more with smaller chunks, unless that has not helped often enough."""
        stalls = 0 if got_further else row["stalls"] + 1
        if stalls >= MOST_STALLS:
            told = type(error)(
                f"{error.message}; it was started {row['attempt']} times and did not get any further",
                clip=error.clip,
                frame=error.frame,
                remedy="choose a lower quality or fewer frames, or free some memory, then retry it",
            )
            return JobState.FAILED, {"error": json.dumps(told.to_wire())}
        smaller = row["chunk_frames"] if isinstance(error, BusyError) else max(1, row["chunk_frames"] // 2)
        _log.warning("job %d: %s; once more with %d frames at a time", row["id"], error, smaller)
        return JobState.QUEUED, {"stalls": stalls, "chunk_frames": smaller}

    def _work(self, row: sqlite3.Row, attempt: Attempt) -> dict[str, Any]:
        """Render what is not rendered, finish, and record what there is; the columns of a done job."""
        order = replace(WorkOrder.from_wire(json.loads(row["work_order"])), chunk_frames=row["chunk_frames"])
        check_order(order, self._roots)
        result = self._at_hand(row, order, attempt)
        if result is None:
            # what has our names since this job began was made by it: a killed attempt's last moments
            again = replace(order, overwrite=order.overwrite or bool(row["began"]))
            result = attempt.render(again, began=bool(row["began"]))
            rendered = fingerprints(_rendered(order), result["frame_count"])
            self._queue.record(row["id"], result=json.dumps(result), files=json.dumps(rendered))
        else:
            attempt.clear_workspaces(order)
        outcome = None
        written = _rendered(order)
        if row["finish"] is not None:
            finish = decode(Finish, json.loads(row["finish"]))
            outcome = attempt.finish(finish, module_of(finish.name), result, order.overwrite)
            written += finish.outputs
        files = fingerprints(written, result["frame_count"])
        if attempt.did_everything:
            self._estimator.of(kind_of(self._device)).learn(
                order.spec, attempt.media, result, attempt.memory_bytes
            )
        return {
            "result": json.dumps(result),
            "outcome": None if outcome is None else json.dumps(outcome),
            "files": json.dumps(files),
            "error": None,
        }

    def _at_hand(self, row: sqlite3.Row, order: WorkOrder, attempt: Attempt) -> dict[str, Any] | None:
        """The result of an attempt that rendered everything and died before it could be recorded."""
        if row["result"] is not None:
            known: dict[str, Any] = json.loads(row["result"])
            return known if intact(json.loads(row["files"])) else None
        result = attempt.kept_result()
        if result is None:
            return None
        try:
            fingerprints(_rendered(order), result["frame_count"])
        except OutputError:
            return None
        return result

    def _settle(self, job: int, after: JobState, columns: dict[str, Any]) -> None:
        """Record the new state; a full disk delays that and loses nothing."""
        while True:
            try:
                self._queue.change(job, after, **columns)
                return
            except StoreError as error:
                _log.error("%s", error)
                if self._stopping:
                    return
                time.sleep(_STORE_S)


def _rendered(order: WorkOrder) -> list[str]:
    """The files that the worker makes."""
    return [order.output, *([order.origin] if order.origin else [])]
