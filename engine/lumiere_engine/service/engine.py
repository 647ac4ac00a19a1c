"""The engine: queue, supervisor, roots, timelines and estimates in one object, which the calls speak to."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from .. import __version__
from ..protocol.engine import PROTOCOL, EngineInfo, Estimate, JobMedia, Learning, Plan
from ..protocol.errors import LumiereError, StateError, StoreError, UnknownJobError
from ..protocol.jobs import JobSpec
from ..protocol.params import GenerateParams
from ..protocol.queue import Again, Job, Submit
from ..protocol.states import JobState
from ..protocol.wire import decode, parse_json
from .database import Database
from .devices import AUTO, chosen, kind_of
from .duplicating import renamed
from .estimates import Estimator
from .events import Bell, Events
from .finishing import module_of
from .paths import Roots, check_order, check_submit
from .pool import WorkerPool
from .probing import probe
from .queue import Queue
from .submitting import submitted
from .timelines import TimelineBook

_MOST_PROBED = 256
_JOBS_WITH_PICTURES = 500
_log = logging.getLogger(__name__)


class Engine:
    """Everything but the door.

    Args:
        folder: the engine's own, which exists and is locked.
        devices: what jobs run on, as `devices.chosen` takes it; remembered for later starts. None takes what is
            remembered.

    Raises:
        StoreError: the queue cannot be opened.
        SpecError: there is no such device.
    """

    def __init__(self, folder: Path, devices: str | None = None) -> None:
        self.folder = folder
        self._database = Database(folder)
        self.events = Events(self._database, Bell())
        self.queue = Queue(self._database, self.events)
        self.timelines = TimelineBook(self._database, self.events)
        self.roots = Roots(self._database, folder)
        names = self._devices(devices)
        self._estimator = Estimator(self._database, kind_of(names[0]))
        self._pool = WorkerPool(names, self.queue, self.roots, self._estimator, folder)
        self._started_s = time.time()
        self._probed: OrderedDict[tuple[str, int], tuple[int, int, int]] = OrderedDict()
        self.shut_down: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Requeue what ran when the engine died, and work off the queue."""
        self.queue.requeue_running()
        self._pool.start()
        threading.Thread(target=self._tidy, name="tidy", daemon=True).start()

    def stop(self) -> None:
        """Stop the workers; their jobs wait until the engine runs again."""
        self._pool.stop()
        self._database.close()

    def info(self) -> EngineInfo:
        """What it says about itself."""
        return EngineInfo(
            version=__version__,
            protocol=PROTOCOL,
            pid=os.getpid(),
            started_s=self._started_s,
            paused=self.paused,
            devices=self._pool.devices(),
            counts=self.queue.counts(),
            memory_bytes=_memory_bytes(),
            roots=self.roots.all(),
            last_event=self.events.last(),
        )

    @property
    def paused(self) -> bool:
        """Whether no further job is started."""
        return bool(self._database.read("SELECT 1 FROM settings WHERE name = 'paused'"))

    def pause(self, paused: bool) -> EngineInfo:
        """Start no further job, or go on; what runs is let run."""
        with self._database.change() as connection:
            if paused:
                connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('paused', '1')")
            else:
                connection.execute("DELETE FROM settings WHERE name = 'paused'")
            self.events.add(connection, "queue", None, {"paused": paused})
        self.events.bell.ring()
        if not paused:
            self._pool.go_on()
        return self.info()

    def give_back(self, device: int | None = None) -> EngineInfo:
        """Free the memory of devices at once, and put what runs on them back into the queue.

        Args:
            device: its place among the devices; it rests until the queue is resumed or the engine started anew. None
                frees all and pauses the queue.

        Raises:
            UnknownJobError: there is no such device.
        """
        if device is None:
            self.pause(True)
        self._pool.yield_to_others(device)
        return self.info()

    def submit(self, submits: tuple[Submit, ...]) -> tuple[Job, ...]:
        """Queue all, or none."""
        known = self.queue.known([submit.key for submit in submits])
        for submit in submits:
            if submit.key not in known:
                check_submit(submit, self.roots)
                if submit.finish is not None:
                    module_of(submit.finish.name)
        jobs = self.queue.submit(submits)
        self._pool.wake()
        return tuple(jobs)

    def cancel(self, number: int) -> Job:
        """Cancel a job: one that runs within one step of its worker."""
        job = self.queue.wish(number, "cancel")
        self._pool.heed(number)
        return job

    def hold(self, number: int) -> Job:
        """Pause a job; one that runs keeps its finished chunks."""
        job = self.queue.wish(number, "pause")
        self._pool.heed(number)
        return job

    def release(self, number: int) -> Job:
        """Let a paused job or a draft wait in the line."""
        job = self.queue.release(number)
        self._pool.wake()
        return job

    def retry(self, number: int, again: Again) -> Job:
        """Try again what failed, was cancelled or is lost, as a new job."""
        check_order(self.queue.get(number).order, self.roots)
        job = self.queue.retry(number, again)
        self._pool.wake()
        return job

    def duplicate(self, number: int, again: Again) -> Job:
        """A draft of the same job into another file."""
        submit = renamed(submitted(self.queue.row(number), again.key), again.output)
        if not self.queue.known([again.key]):
            check_submit(submit, self.roots)
        return self.queue.submit([submit])[0]

    def plan(self, asked: Plan) -> Estimate:
        """What a job will take."""
        check_order(asked.order, self.roots)
        return self._estimator.estimate(asked.order.spec, self._media(asked.order.spec), self._waiting_s())

    def thumbnail(self, number: int, frame: int) -> bytes:
        """The small picture of a frame, a JPEG.

        Raises:
            UnknownJobError: there is none.
        """
        self.queue.get(number)
        try:
            return (self._folder_of(number) / "thumbnails" / f"{frame}.jpg").read_bytes()
        except OSError:
            raise UnknownJobError(f"job {number} has no picture of frame {str(frame)[:20]}") from None

    def learning(self, number: int) -> Learning:
        """How far a job's network has learned.

        Raises:
            UnknownJobError: the job has learned nothing.
        """
        self.queue.get(number)
        try:
            told = parse_json((self._folder_of(number) / "learning.json").read_bytes())
            return decode(Learning, {"label": "Learning.1", "job": number, **told})
        except (OSError, TypeError):
            raise UnknownJobError(f"job {number} has learned nothing") from None

    def sheet(self, number: int) -> bytes:
        """What a job's network answers, a JPEG.

        Raises:
            UnknownJobError: there is none.
        """
        self.queue.get(number)
        try:
            return (self._folder_of(number) / "sheet.jpg").read_bytes()
        except OSError:
            raise UnknownJobError(f"job {number} has no picture of its learning") from None

    def enough(self, number: int) -> Job:
        """End the learning of the shot at work, and go on with what is learned.

        Raises:
            StateError: the job is not learning.
        """
        job = self.queue.get(number)
        if job.state is not JobState.RUNNING or job.progress is None or job.progress.stage != "learn":
            raise StateError(f"job {number} is not learning a shot", remedy="wait until it is, or let it be")
        try:
            (self._folder_of(number) / "enough").touch()
        except OSError as error:
            raise StoreError(f"the engine's folder cannot be written: {error.strerror}") from error
        return job

    def _devices(self, wanted: str | None) -> tuple[str, ...]:
        if wanted is None:
            rows = self._database.read("SELECT value FROM settings WHERE name = 'devices'")
            return chosen(rows[0]["value"] if rows else AUTO)
        names = chosen(wanted)
        with self._database.change() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO settings (name, value) VALUES ('devices', ?)", (wanted,)
            )
        return names

    def _folder_of(self, number: int) -> Path:
        return self.folder / "jobs" / str(number)

    def _tidy(self) -> None:
        """Copy the queue, and forget the small pictures of jobs that were over long ago."""
        try:
            self._database.backup()
            folders = [f for f in (self.folder / "jobs").glob("*") if f.name.isdecimal()]
            for folder in sorted(folders, key=lambda f: int(f.name))[:-_JOBS_WITH_PICTURES]:
                if self.queue.get(int(folder.name)).state.terminal:
                    shutil.rmtree(folder, ignore_errors=True)
        except LumiereError as error:
            _log.error("%s", error)

    def _waiting_s(self) -> float | None:
        """Seconds until the unfinished jobs of the line are done by all devices, where that is known."""
        total = 0.0
        for job in self.queue.find([JobState.RUNNING, JobState.QUEUED]).jobs:
            if job.progress is not None and job.progress.left_s is not None and job.state is JobState.RUNNING:
                total += job.progress.left_s
            else:
                media = self._probed_media(job.order.spec)
                if media is None:
                    return None
                total += self._estimator.expect(job.order.spec, media).seconds
        return round(total / len(self._pool.devices()), 1)

    def _media(self, spec: JobSpec) -> JobMedia:
        """What a plate holds of a job; the file is read by a worker, once while it stays the same."""
        if isinstance(spec.params, GenerateParams) and spec.params.plate_as != "clip":
            return _made_up(spec.params)
        found = self._probed_media(spec)
        if found is None:
            key = _identity(spec.plate)
            self._probed[key] = probe(spec.plate, self.folder)
            while len(self._probed) > _MOST_PROBED:
                self._probed.popitem(last=False)
            found = self._probed_media(spec)
            assert found is not None
        return found

    def _probed_media(self, spec: JobSpec) -> JobMedia | None:
        if isinstance(spec.params, GenerateParams) and spec.params.plate_as != "clip":
            return _made_up(spec.params)
        known = self._probed.get(_identity(spec.plate))
        if known is None:
            return None
        width, height, count = known
        return JobMedia(width, height, count if spec.frames is None else spec.frames.duration)


def _made_up(params: GenerateParams) -> JobMedia:
    """What is generated: at the size of most models, where none is said."""
    return JobMedia(params.width or 512, params.height or 512, params.frames)


def _identity(path: str) -> tuple[str, int]:
    try:
        return path, Path(path).stat().st_mtime_ns
    except (OSError, ValueError):
        return path, 0


def _memory_bytes() -> int:
    """What this process holds now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
