"""Previews: jobs on a small copy of a few frames, shown in their place as soon as they are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lumiere_engine.protocol import FrameRange, Job, JobState
from PySide6.QtCore import QObject, QTimer, Signal

from .project import Prepared, Preview, Request
from .tried import Tried, slider_of

if TYPE_CHECKING:
    from .session import Session

_SOON_MS = 200


@dataclass(frozen=True)
class _Asked:
    """A preview on its way.

    Attributes:
        request: what it is of.
        prepared: the job.
    """

    request: Request
    prepared: Prepared


class Previews(QObject):
    """Makes them; while a slider is held it mixes those that are there, and makes the right one when it is let go of.

    Args:
        session: whose selected shot they are of.
        parent: with which it ends.
    """

    changed = Signal()
    """A preview is ready, or no longer holds."""
    busy_changed = Signal()
    """One is being made, or none is any more."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: dict[int, _Asked] = {}
        self._being_made: dict[str, Request] = {}
        self._preparing = 0
        self._of: Request | None = None
        self.shown: Preview | None = None
        self._tried = Tried()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._again)
        session.effect_changed.connect(self._look)
        session.queue.finished.connect(self._finished)
        session.link.failed.connect(self._not_queued)

    @property
    def busy(self) -> bool:
        """Whether one is being made."""
        return self._preparing > 0 or bool(self._asked)

    def forget(self) -> None:
        """Show none: another project is open."""
        self.shown, self._of, self._tried = None, None, Tried()
        self.changed.emit()

    def slide(self, name: str, value: float) -> None:
        """A slider is held at a value: show what is known of it, until it is let go of."""
        of = self._of
        request = None if of is None else self._session.question(of.frames)
        if request is not None and hasattr(request.params, name):
            self._show(self._tried.at(replace(request, params=replace(request.params, **{name: value}))))

    def make(self, frames: int) -> None:
        """Queue the effect on a few frames around the playhead, at proxy size."""
        session, shot = self._session, self._session.shot
        if shot is None:
            return
        at = shot.media_frame(session.playhead.frame)
        start = max(shot.frames.start, min(at - frames // 2, shot.frames.end_exclusive - frames))
        request = session.request(FrameRange(start, frames).intersection(shot.frames))
        if request is not None:
            self._prepare(request)

    def _prepare(self, request: Request) -> None:
        """Those that are still on their way are not needed any more."""
        self._cancel()
        self._preparing += 1
        self.busy_changed.emit()
        desk = self._session.desk

        def prepare() -> list[Prepared]:
            prepared = desk.prepare_preview(request)
            self._being_made[prepared.submit.key] = request
            return [prepared]

        self._session.prepare(prepare, self._ended)
        self._of = request

    def _cancel(self) -> None:
        for number in list(self._asked):
            job = self._session.queue.job(number)
            if job is not None and not job.state.terminal:
                self._session.queue.cancel(job)
            del self._asked[number]
        self.busy_changed.emit()

    def queued(self, prepared: Prepared, job: Job) -> None:
        """One is in the queue; if something else is wanted by now, it need not be made."""
        request = self._being_made.pop(prepared.submit.key, None)
        if request is None or request != self._of:
            self._session.queue.cancel(job)
        else:
            self._asked[job.id] = _Asked(request, prepared)
        self._ended()

    def _ended(self) -> None:
        self._preparing = max(0, self._preparing - 1)
        self.busy_changed.emit()

    def _not_queued(self, _: object) -> None:
        self._preparing = 0
        self._being_made.clear()
        self.busy_changed.emit()

    def _finished(self, job: Job) -> None:
        asked = self._asked.pop(job.id, None)
        if asked is None:
            return
        frames = asked.prepared.preview
        if job.state is JobState.DONE and frames is not None and job.result is not None:
            if asked.prepared.loop:
                frames = FrameRange(frames.start, job.result["frame_count"])
            made = Preview(job.order.output, asked.request.shot.media, frames, asked.prepared.loop)
            self._tried.add(asked.request, job.order.spec.plate, made)
            self._show(made)
        self.busy_changed.emit()

    def _look(self) -> None:
        """A slider is all that has changed since: what the preview has learned serves again."""
        session, of = self._session, self._of
        if of is None or self.shown is None or session.shot != of.shot or session.effect.id != of.effect:
            return
        if session.params == of.params or not _alike(session.params, of.params):
            return
        request = session.question(of.frames)
        found = None if request is None else self._tried.at(request)
        self._show(found)
        if found is None or found.over is not None:
            self._soon.start()
        else:
            self._soon.stop()
            self._cancel()
            self._of = request

    def _show(self, preview: Preview | None) -> None:
        if preview is not None and preview != self.shown:
            self.shown = preview
            self.changed.emit()

    def _again(self) -> None:
        of = self._of
        request = None if of is None else self._session.request(of.frames)
        if request is not None:
            self._prepare(request)


def _alike(one: Any, other: Any) -> bool:
    """Whether parameters differ in the slider alone, whose change costs little once the rest is done."""
    slider = slider_of(one)
    return slider is not None and replace(other, **{slider.name: getattr(one, slider.name)}) == one
