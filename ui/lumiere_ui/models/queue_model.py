"""The engine's queue as a list: what runs and waits in the order of the line, then what is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lumiere_engine.client import new_key
from lumiere_engine.protocol import Job, JobState
from lumiere_engine.protocol.engine import EngineInfo, Event
from lumiere_engine.protocol.messages import STAGE_WORDS
from lumiere_engine.protocol.queue import Again, JobProgress, Jobs, Move
from lumiere_engine.protocol.wire import decode
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from .background import Background
from .engine_link import EngineLink
from .project import PREVIEW_TITLE

LISTED = 60
JOB_ROLE = Qt.ItemDataRole.UserRole + 1
_REFRESH_MS = 120
_MOST_PICTURES = 300
Index = QModelIndex | QPersistentModelIndex


class QueueModel(QAbstractListModel):
    """The last 60 jobs and all that happens to them.

    Args:
        link: to the engine.
        background: decodes long answers.
        parent: with which it ends.
    """

    finished = Signal(object)
    """A `Job` that has just come to its end."""
    paused_changed = Signal(bool)
    """Whether the whole queue is paused."""
    picture_changed = Signal(int)
    """There is another small picture of a job."""
    learns = Signal(int)
    """A job's network has learned more of the shot."""
    refreshed = Signal()
    """The list was read anew."""

    def __init__(self, link: EngineLink, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._background = link, background
        self.jobs: list[Job] = []
        self.paused = False
        self.known = False
        self._pictures: dict[tuple[int, int], bytes] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._ask)
        link.heard.connect(self._hear)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - as Qt calls it
        """How many jobs."""
        return 0 if parent.isValid() else len(self.jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A job by `JOB_ROLE`; as text otherwise."""
        if not index.isValid() or not 0 <= index.row() < len(self.jobs):
            return None
        job = self.jobs[index.row()]
        if role == JOB_ROLE:
            return job
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{job.title}: {told(job)}"
        return None

    def job(self, number: int | None) -> Job | None:
        """The job of that number, if it is listed."""
        return next((job for job in self.jobs if job.id == number), None)

    def picture(self, job: Job) -> bytes | None:
        """The last small picture of a job, a JPEG; asked for if it is not here yet."""
        if not job.thumbnails:
            return None
        key = job.id, job.thumbnails[-1]
        found = self._pictures.get(key)
        if found is None:
            self._pictures[key] = b""
            self._link.picture(
                f"/jobs/{job.id}/thumbnails/{key[1]}", lambda content: self._keep(key, content)
            )
        return found or None

    def refresh(self) -> None:
        """Read the list anew, soon."""
        if not self._timer.isActive():
            self._timer.start()

    def pause(self, job: Job) -> None:
        """Pause a job; one that runs keeps what is finished."""
        self._link.post(f"/jobs/{job.id}/pause", then=self._changed)

    def resume(self, job: Job) -> None:
        """Let a paused job wait in the line again."""
        self._link.post(f"/jobs/{job.id}/resume", then=self._changed)

    def cancel(self, job: Job) -> None:
        """Cancel a job."""
        self._link.post(f"/jobs/{job.id}/cancel", then=self._changed)

    def retry(self, job: Job) -> None:
        """Try a job again, as a new one that goes on from what is finished."""
        self._link.post(f"/jobs/{job.id}/retry", Again(new_key()), then=self._changed)

    def move_before(self, job: Job, other: Job | None) -> None:
        """Put a waiting job before another one, or at the end of the line."""
        move = Move(None if other is None else other.id)
        self._link.post(f"/jobs/{job.id}/move", move, then=self._changed)

    def move_by(self, job: Job, by: int) -> None:
        """Put a waiting job one place further up (-1) or down (1)."""
        line = [one for one in self.jobs if one.state is JobState.QUEUED]
        place = next((k for k, one in enumerate(line) if one.id == job.id), None)
        if place is None:
            return
        if by < 0 and place > 0:
            self.move_before(job, line[place - 1])
        elif by > 0 and place + 1 < len(line):
            self.move_before(job, line[place + 2] if place + 2 < len(line) else None)

    def pause_all(self, paused: bool) -> None:
        """Start no further job, or go on."""
        self._link.post("/queue/pause" if paused else "/queue/resume", then=self._set_info)

    def _changed(self, _: Any) -> None:
        self.refresh()

    def _hear(self, event: Event) -> None:
        if event.kind == "snapshot":
            self._set_info(event.data)
            self.refresh()
        elif event.kind == "queue":
            self._set_paused(bool(event.data.get("paused")))
        elif event.kind == "job":
            self.refresh()
        elif event.kind == "learning" and event.job is not None:
            self.learns.emit(event.job)
        elif event.kind in ("progress", "thumbnail") and event.job is not None:
            self._update(event)

    def _update(self, event: Event) -> None:
        for row, job in enumerate(self.jobs):
            if job.id != event.job:
                continue
            if event.kind == "progress":
                self.jobs[row] = replace(job, progress=decode(JobProgress, event.data))
            elif event.data.get("frame") not in job.thumbnails:
                self.jobs[row] = replace(job, thumbnails=(*job.thumbnails, int(event.data["frame"])))
            index = self.index(row)
            self.dataChanged.emit(index, index)
            return
        self.refresh()

    def _ask(self) -> None:
        self._link.get(f"/jobs?limit={LISTED}", self._decode)

    def _decode(self, data: Any) -> None:
        self._background.do(lambda: decode(Jobs, data).jobs, self._set, replaces="decode jobs")

    def _set(self, found: Sequence[Job]) -> None:
        jobs = [job for job in found if not _old_preview(job)]
        before = {job.id: job.state for job in self.jobs}
        if [job.id for job in jobs] == [job.id for job in self.jobs]:
            self.jobs = jobs
            if jobs:
                self.dataChanged.emit(self.index(0), self.index(len(jobs) - 1))
        else:
            self.beginResetModel()
            self.jobs = jobs
            self.endResetModel()
        self.known = True
        self.refreshed.emit()
        for job in jobs:
            if job.state.terminal and job.id in before and not before[job.id].terminal:
                self.finished.emit(job)

    def _set_info(self, data: Any) -> None:
        self._set_paused(decode(EngineInfo, data).paused)

    def _set_paused(self, paused: bool) -> None:
        if paused != self.paused:
            self.paused = paused
            self.paused_changed.emit(paused)

    def _keep(self, key: tuple[int, int], content: bytes) -> None:
        while len(self._pictures) > _MOST_PICTURES:
            del self._pictures[next(iter(self._pictures))]
        self._pictures[key] = content
        self.picture_changed.emit(key[0])


def _old_preview(job: Job) -> bool:
    """Whether a job is a preview that another one has replaced: nobody misses its files."""
    return job.state is JobState.LOST and job.timeline is None and job.title.startswith(PREVIEW_TITLE)


def share(job: Job) -> float | None:
    """How much of the present stage is done, 0..1; None if nobody knows."""
    if job.state is JobState.DONE:
        return 1.0
    if job.progress is None or not job.progress.total or job.state.terminal:
        return None
    return min(1.0, job.progress.done / job.progress.total)


def told(job: Job) -> str:
    """Where a job stands, for people."""
    if job.wish is not None:
        return {"cancel": "Cancelling", "pause": "Pausing"}.get(job.wish, job.wish)
    if job.state is JobState.RUNNING:
        step = job.progress
        if step is None:
            return "Starting"
        left = "" if step.left_s is None else f" · {duration(step.left_s)} left"
        return f"{STAGE_WORDS.get(step.stage, step.stage)}{left}"
    if job.state is JobState.QUEUED:
        return "Next in line" if job.position == 1 else f"Number {job.position} in line"
    if job.state is JobState.DONE and job.started_s and job.finished_s:
        return " · ".join((f"Done in {duration(job.finished_s - job.started_s)}", *notes(job)))
    if job.state is JobState.FAILED and job.error is not None:
        return str(job.error.get("message") or "Failed")
    names = {JobState.LOST: "Its files are gone or changed", JobState.DRAFT: "Not released yet"}
    return names.get(job.state, job.state.value.capitalize())


def notes(job: Job) -> tuple[str, ...]:
    """What a finished job has to say of its result, a sentence each."""
    return () if job.result is None else tuple(job.result["notes"])


def duration(seconds: float) -> str:
    """A time as people say it: "40 s", "12 min", "3 h 20 min"."""
    whole = max(0, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
