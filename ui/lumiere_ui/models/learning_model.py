"""What a job learns: the curve of its loss, a sheet of its answers, and that it is enough."""

from __future__ import annotations

from typing import Any

from lumiere_engine.protocol import Job, JobState
from lumiere_engine.protocol.engine import Learning
from lumiere_engine.protocol.wire import decode
from PySide6.QtCore import QObject, Signal

from .engine_link import EngineLink
from .queue_model import QueueModel


class LearningModel(QObject):
    """Of the job that is learning a shot now.

    Args:
        link: to the engine.
        queue: says which job that is.
        parent: with which it ends.
    """

    changed = Signal()

    def __init__(self, link: EngineLink, queue: QueueModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._queue = link, queue
        self.now: Learning | None = None
        self.sheet = b""
        self._sheet_of = 0
        self.ending = False
        queue.learns.connect(self._ask)
        queue.dataChanged.connect(lambda *_: self._look())
        queue.refreshed.connect(self._look)

    def use_it_now(self) -> None:
        """End the learning, and go on with what is learned."""
        if self.now is not None and not self.ending:
            self.ending = True
            self._link.post(f"/jobs/{self.now.job}/enough", failed=self._too_late)
            self.changed.emit()

    def _ask(self, job: int) -> None:
        self._link.get(f"/jobs/{job}/learning", self._take, lambda _: None)

    def _take(self, data: Any) -> None:
        found = decode(Learning, data)
        if not _learns(self._queue.job(found.job)):
            return
        if self.now is None or self.now.job != found.job:
            self.sheet, self._sheet_of, self.ending = b"", 0, False
        self.now = found
        if found.sheet > self._sheet_of:
            self._sheet_of = found.sheet
            self._link.picture(f"/jobs/{found.job}/sheet", self._show_sheet)
        self.changed.emit()

    def _show_sheet(self, content: bytes) -> None:
        self.sheet = content
        self.changed.emit()

    def _look(self) -> None:
        """It is over when the job does something else."""
        if self.now is not None and not _learns(self._queue.job(self.now.job)):
            self.now, self.sheet, self.ending = None, b"", False
            self.changed.emit()

    def _too_late(self, _: object) -> None:
        self.ending = False
        self.changed.emit()


def _learns(job: Job | None) -> bool:
    return (
        job is not None
        and job.state is JobState.RUNNING
        and job.progress is not None
        and job.progress.stage == "learn"
    )
