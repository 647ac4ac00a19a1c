"""Where the selected shot may loop: asked of the engine, shown as a strip, one of them chosen."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from lumiere_engine.protocol import LumiereError, Progress
from lumiere_engine.protocol.errors import Cancelled
from PySide6.QtCore import QObject, Signal

from .background import Background
from .project import LoopPoint

if TYPE_CHECKING:
    from .session import Session


class LoopPoints(QObject):
    """Of one session.

    Args:
        session: whose shot loops.
        parent: with which it ends.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._background = Background(self)
        self._stop = threading.Event()
        self.points: tuple[LoopPoint, ...] = ()
        self.busy = False
        session.shot_changed.connect(self._forget)

    def close(self) -> None:
        """Stop searching."""
        self._stop.set()
        self._background.close(wait=False)

    @property
    def usable(self) -> bool:
        """Whether the chosen effect loops, and moves as the shot does."""
        shot, params = self._session.shot, self._session.params
        return (
            shot is not None and shot.frame_count > 1 and hasattr(params, "period") and params.hints is None
        )

    @property
    def chosen(self) -> LoopPoint | None:
        """The loop that a job will run in, if one is chosen; its seam is not always known."""
        notes = self._session.notes.now
        if notes.start is None or notes.period is None:
            return None
        known = (one for one in self.points if (one.start, one.period) == (notes.start, notes.period))
        return next(known, LoopPoint(notes.start, notes.period, 0.0))

    def ask(self) -> None:
        """Search."""
        session = self._session
        request = session.request(None)
        if request is None or self.busy:
            return
        stop = self._stop = threading.Event()

        def on_progress(_: Progress) -> None:
            if stop.is_set():
                raise Cancelled("another shot is open")

        def found(points: tuple[LoopPoint, ...]) -> None:
            self._end(() if stop.is_set() else points)

        def failed(error: LumiereError) -> None:
            self._end(())
            if not isinstance(error, Cancelled):
                session.tell_error(error)

        def search() -> tuple[LoopPoint, ...]:
            return session.desk.loop_points(request, on_progress)

        self.busy = True
        self.changed.emit()
        # another thread writes the drawing that is read here
        session.roto.when_saved(lambda: self._background.do(search, found, failed=failed))

    def choose(self, point: LoopPoint | None) -> None:
        """Let a job run in this loop; None lets it search the best one."""
        start, period = (None, None) if point is None else (point.start, point.period)
        self._session.notes.edit("choice of a loop", lambda notes: replace(notes, start=start, period=period))

    def _end(self, points: tuple[LoopPoint, ...]) -> None:
        self.busy, self.points = False, points
        self.changed.emit()

    def _forget(self) -> None:
        self._stop.set()
        self.points = ()
        self.changed.emit()
