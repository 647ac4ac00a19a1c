"""A thread that asks the engine how a host's timeline fares, so that the host's own thread never waits."""

from __future__ import annotations

import threading
from pathlib import Path

from lumiere_engine.client import EngineClient
from lumiere_engine.protocol.engine import TimelineResult
from lumiere_engine.protocol.errors import LumiereError
from lumiere_engine.protocol.queue import Job
from lumiere_engine.protocol.states import JobState

from .desk import HostDesk

_PERIOD_S = 1.0


class Watcher:
    """Asks every second; what it knows is read from the host's main thread.

    Args:
        desk: whose results are asked for.
        client: the way to the engine; one that starts none, since nothing can be finished where none runs.
    """

    def __init__(self, desk: HostDesk, client: EngineClient | None = None) -> None:
        self._desk = desk
        self._client = client or EngineClient(start=False)
        self._path: Path | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._results: tuple[TimelineResult, ...] = ()
        self._status = ""

    def watch(self, path: Path) -> None:
        """From now on the timeline of this file."""
        with self._lock:
            if path != self._path:
                self._path, self._results, self._status = path, (), ""
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="lumiere-watcher", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; it may take until its call is answered."""
        self._stop.set()

    @property
    def path(self) -> Path | None:
        """The file that is watched."""
        return self._path

    @property
    def results(self) -> tuple[TimelineResult, ...]:
        """Finished clips, as far as is known."""
        with self._lock:
            return self._results

    @property
    def status(self) -> str:
        """How the timeline's job that runs fares; "" if there is none."""
        with self._lock:
            return self._status

    def ask(self) -> None:
        """Ask once. The engine's absence is no error: there is nothing new then."""
        path = self._path
        if path is None:
            return
        try:
            results = self._desk.results(path)
            numbers = {one.id for one in self._client.timelines() if one.path == str(path)}
            jobs = self._client.jobs((JobState.RUNNING, JobState.QUEUED)).jobs
        except LumiereError:
            return
        own = [job for job in jobs if job.timeline in numbers]
        with self._lock:
            if path == self._path:
                self._results, self._status = results, _status(own)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.ask()
            self._stop.wait(_PERIOD_S)


def _status(jobs: list[Job]) -> str:
    running = [job for job in jobs if job.state is JobState.RUNNING]
    if not running:
        return f"Lumiere: {len(jobs)} waiting" if jobs else ""
    job = running[0]
    step = job.progress
    text = f"Lumiere: {job.title}"
    if step is not None and step.total:
        text += f", {step.stage} {step.done}/{step.total}"
        if step.left_s is not None:
            text += f", {step.left_s:.0f} s left"
    return text
