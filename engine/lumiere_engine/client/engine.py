"""The calls of the engine as functions, and a job followed to its end."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional, Sequence, Tuple

from ..protocol.engine import (
    AddRoot,
    EngineInfo,
    Estimate,
    Event,
    Plan,
    RegisterTimeline,
    Timeline,
    TimelineResults,
    Timelines,
)
from ..protocol.errors import Cancelled, EngineUnreachableError, LumiereError, StateError, from_wire
from ..protocol.jobs import WorkOrder
from ..protocol.messages import JobResult, Progress, message_from_wire
from ..protocol.queue import Again, Job, Jobs, Move, Prioritise, Submit, SubmitBatch
from ..protocol.states import JobState
from ..protocol.wire import decode, encode
from .connection import Connection

OnProgress = Callable[[Progress], None]
_GO_ON = "the same command goes on from where it stopped"


class EngineClient:
    """A thin client: all of it could crash, and no job would be lost.

    Args:
        folder: the engine's; None takes the user's own.
        start: whether an engine is started where none runs.
        devices: as for `Connection`.

    All calls raise `LumiereError`s: what the engine answered, or `EngineUnreachableError`.
    """

    def __init__(
        self, folder: Optional[Path] = None, *, start: bool = True, devices: Optional[str] = None
    ) -> None:
        self.connection = Connection(folder, start=start, devices=devices)

    def info(self) -> EngineInfo:
        """What the engine says about itself."""
        return decode(EngineInfo, self.connection.request("GET", "/engine"))

    def stop(self) -> int:
        """End the engine, also one of another version; what runs waits until it runs again. Returns its process."""
        pid = self.connection.request("POST", "/engine/stop", any_protocol=True)["pid"]
        return int(pid)

    def give_back(self, device: Optional[int] = None) -> EngineInfo:
        """Free the memory of devices at once; when this returns, it is free.

        Args:
            device: its place in `EngineInfo.devices`; it takes no job until the queue is resumed. None frees all and
                pauses the queue.
        """
        path = "/yield" if device is None else f"/devices/{device}/yield"
        return decode(EngineInfo, self._post(path))

    def allow(self, folder: Path) -> EngineInfo:
        """Let jobs read and write in a folder."""
        return decode(EngineInfo, self._post("/roots", AddRoot(str(folder.absolute()))))

    def pause_queue(self) -> EngineInfo:
        """Start no further job."""
        return decode(EngineInfo, self._post("/queue/pause"))

    def resume_queue(self) -> EngineInfo:
        """Start jobs again."""
        return decode(EngineInfo, self._post("/queue/resume"))

    def plan(self, order: WorkOrder) -> Estimate:
        """What a job will take."""
        return decode(Estimate, self._post("/plan", Plan(order)))

    def submit(self, submit: Submit) -> Job:
        """Queue a job."""
        return decode(Job, self._post("/jobs", submit))

    def submit_all(self, submits: Sequence[Submit]) -> Tuple[Job, ...]:
        """Queue all of the jobs, or none."""
        return decode(Jobs, self._post("/jobs/batch", SubmitBatch(tuple(submits)))).jobs

    def jobs(
        self, states: Sequence[JobState] = (), *, before: Optional[int] = None, limit: int = 100
    ) -> Jobs:
        """Jobs of some states; of none given, all."""
        query = f"limit={limit}"
        if states:
            query += "&state=" + ",".join(state.value for state in states)
        if before is not None:
            query += f"&before={before}"
        return decode(Jobs, self.connection.request("GET", f"/jobs?{query}"))

    def job(self, number: int) -> Job:
        """One job."""
        return decode(Job, self.connection.request("GET", f"/jobs/{number}"))

    def cancel(self, number: int) -> Job:
        """Cancel a job; one that runs ends within one step of its worker."""
        return decode(Job, self._post(f"/jobs/{number}/cancel"))

    def pause(self, number: int) -> Job:
        """Pause a job."""
        return decode(Job, self._post(f"/jobs/{number}/pause"))

    def resume(self, number: int) -> Job:
        """Let a paused job, or a draft, wait in the line."""
        return decode(Job, self._post(f"/jobs/{number}/resume"))

    def retry(self, number: int) -> Job:
        """A new job of one that failed, was cancelled or is lost."""
        return decode(Job, self._post(f"/jobs/{number}/retry", Again(new_key())))

    def duplicate(self, number: int, output: Optional[Path] = None) -> Job:
        """A draft of the same job into another file."""
        where = None if output is None else str(output.absolute())
        return decode(Job, self._post(f"/jobs/{number}/duplicate", Again(new_key(), where)))

    def move(self, number: int, before: Optional[int]) -> Job:
        """Put a waiting job before another one, or at the end of the line."""
        return decode(Job, self._post(f"/jobs/{number}/move", Move(before)))

    def prioritise(self, number: int, priority: int) -> Job:
        """Give a job another priority."""
        return decode(Job, self._post(f"/jobs/{number}/priority", Prioritise(priority)))

    def thumbnail(self, number: int, frame: int) -> bytes:
        """The small picture of a frame, a JPEG."""
        return self.connection.picture(f"/jobs/{number}/thumbnails/{frame}")

    def register(self, timeline: RegisterTimeline) -> Timeline:
        """Note a timeline and its selection."""
        return decode(Timeline, self._post("/timelines", timeline))

    def timelines(self) -> Tuple[Timeline, ...]:
        """All registered timelines, the last one first."""
        return decode(Timelines, self.connection.request("GET", "/timelines")).timelines

    def results(self, timeline: int) -> TimelineResults:
        """The finished clips of a timeline."""
        return decode(TimelineResults, self.connection.request("GET", f"/timelines/{timeline}/results"))

    def events(self, after: Optional[int] = None) -> Iterator[Event]:
        """Everything that happens, for ever; over restarts of the engine nothing is missed or told twice.

        An engine that was killed is started again, if this client starts engines; one that was told to end is not.

        Args:
            after: the last event that is known; None begins with a snapshot.

        Raises:
            EngineUnreachableError: the engine was stopped.
        """
        self.connection.endpoint()
        while True:
            if self.connection.was_stopped():
                raise EngineUnreachableError(
                    "the engine was stopped",
                    remedy="what was queued goes on when it runs: lumiere engine start",
                )
            try:
                for event in _parsed(self.connection.lines("/events", after)):
                    after = event.id
                    yield event
            except (OSError, http.client.HTTPException):
                pass  # the engine ended, or was silent for too long
            time.sleep(0.1)

    def follow(self, number: int, on_progress: Optional[OnProgress] = None) -> Job:
        """Wait for a job's end.

        Args:
            number: the job.
            on_progress: hears of its steps, and in notes of what it waits for.

        Returns:
            The job as it ended: done, failed, cancelled or lost.
        """
        tell = on_progress or (lambda step: None)
        waits = ""
        for event in self.events():
            if event.kind == "progress" and event.job == number:
                data = event.data
                tell(Progress(data["stage"], data["done"], data["total"], data.get("note")))
                continue
            if event.kind not in ("snapshot", "queue") and event.job != number:
                continue
            job = self.job(number)
            if job.state.terminal:
                return job
            why = self._waits(job)
            if why and why != waits:
                tell(Progress("note", 0, 0, why))
            waits = why
        raise AssertionError("events have no end")

    def run(self, submit: Submit, on_progress: Optional[OnProgress] = None) -> Job:
        """Queue a job and follow it to its end; Ctrl-C cancels it.

        Raises:
            LumiereError: why it failed.
            Cancelled: it was cancelled.
        """
        number = None
        try:
            number = self.submit(submit).id
            job = self.follow(number, on_progress)
        except BaseException as error:
            if number is None or isinstance(error, EngineUnreachableError):
                raise
            self._cancelled(number)
            if isinstance(error, KeyboardInterrupt):
                raise Cancelled("cancelled", remedy=_GO_ON) from None
            raise
        return finished(job)

    def _cancelled(self, number: int) -> None:
        """Cancel a job, and wait until its worker has ended."""
        try:
            if not self.cancel(number).state.terminal:
                self.follow(number)
        except LumiereError:
            pass  # it was over already, or the engine is gone: what matters is told

    def _waits(self, job: Job) -> str:
        if job.state is JobState.QUEUED:
            info = self.info()
            if info.paused:
                return f"job {job.id} waits: the queue is paused; lumiere queue resume lets it go on"
            if job.device not in (None, *(device.kind for device in info.devices)):
                return (
                    f"job {job.id} waits for the kind of device that it began on, {job.device}, which the engine does "
                    "not use now; cancel and retry it to go on elsewhere"
                )
            if job.position is not None and info.running:
                return f"job {job.id} waits for {job.position} before it" if job.position > 1 else ""
        if job.state is JobState.PAUSED:
            return f"job {job.id} is paused; lumiere queue resume {job.id} lets it go on"
        return ""

    def _post(self, path: str, message: Optional[Any] = None) -> Any:
        return self.connection.request("POST", path, None if message is None else encode(message))


def finished(job: Job) -> Job:
    """The job, if it is done.

    Raises:
        LumiereError: why it is not.
    """
    if job.state is JobState.DONE:
        return job
    if job.state is JobState.CANCELLED:
        raise Cancelled("cancelled", remedy=_GO_ON)
    if job.error is not None:
        raise from_wire(job.error)
    raise StateError(f"job {job.id} is {job.state.value}", remedy=f"lumiere queue retry {job.id}")


def result_of(job: Job) -> JobResult:
    """What the worker reported about a job that is done."""
    result = message_from_wire(job.result or {})
    assert isinstance(result, JobResult)
    return result


def new_key() -> str:
    """An idempotency key that nobody else has."""
    return uuid.uuid4().hex


def _parsed(lines: Iterator[str]) -> Iterator[Event]:
    """The events in a stream's lines; heartbeats are left out."""
    for line in lines:
        if line.startswith("data: "):
            data: Dict[str, Any] = json.loads(line[len("data: ") :])
            yield decode(Event, data)
