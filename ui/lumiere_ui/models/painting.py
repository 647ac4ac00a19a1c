"""Painted frames of the selected shot: which to paint, a frame as a picture, and a painting tied to its frame."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lumiere_engine.protocol import LumiereError, Progress
from lumiere_engine.protocol.errors import Cancelled
from PySide6.QtCore import QObject, Signal

from .background import Background
from .project import PaintAdvice
from .shot_notes import painted_frame

if TYPE_CHECKING:
    from .session import Session


class Painting(QObject):
    """Of one session.

    Args:
        session: whose shot is painted.
        parent: with which it ends.
    """

    changed = Signal()
    """Other advice, or it is being sought."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._background = Background(self)
        self._stop = threading.Event()
        self._painted: tuple[int, ...] = ()
        self.advice: PaintAdvice | None = None
        self.busy = False
        session.shot_changed.connect(self._forget)
        session.notes.changed.connect(self._ask_again)

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._background.close(wait=False)

    def tie(self, picture: Path) -> None:
        """A painting belongs to the frame that its name tells, else to the one under the playhead."""
        shot = self._session.shot
        if shot is None:
            return
        told = painted_frame(picture)
        here = shot.media_frame(self._session.playhead.frame)
        frame = told if told is not None and told in shot.frames else here
        self._session.notes.edit(
            f"painting of frame {frame}", lambda notes: notes.with_painting(frame, str(picture))
        )

    def untie(self, frame: int) -> None:
        """A frame is not painted any more."""
        self._session.notes.edit(f"removal of painting {frame}", lambda notes: notes.without_painting(frame))

    def export(self) -> None:
        """The frame under the playhead as a picture to be painted over."""
        session, shot = self._session, self._session.shot
        if shot is None:
            return
        frame = shot.media_frame(session.playhead.frame)
        session.busy_changed.emit(f"Exporting frame {frame}")
        session.background.do(
            lambda: session.desk.export_frame(shot, frame),
            lambda path: session.tell(f"Wrote {path}: paint over it, then add the painting"),
        )

    def ask(self) -> None:
        """Find out which frames to paint."""
        session = self._session
        request = session.question()
        if request is None or self.busy:
            return
        stop = self._stop = threading.Event()

        def on_progress(_: Progress) -> None:
            if stop.is_set():
                raise Cancelled("another shot is open")

        def found(advice: PaintAdvice) -> None:
            self._end(None if stop.is_set() else advice)

        def failed(error: LumiereError) -> None:
            self._end(None)
            if not isinstance(error, Cancelled):
                session.tell_error(error)

        self.busy, self._painted = True, self._painted_now()
        self.changed.emit()
        self._background.do(lambda: session.desk.advise_paintings(request, on_progress), found, failed=failed)

    def _end(self, advice: PaintAdvice | None) -> None:
        self.busy, self.advice = False, advice
        self.changed.emit()
        if advice is not None:
            self._ask_again()

    def _forget(self) -> None:
        self._stop.set()
        self.advice = None
        self.changed.emit()

    def _ask_again(self) -> None:
        """Once advice was wanted, it is kept up as frames are painted."""
        if self.advice is not None and self._painted_now() != self._painted:
            self.ask()

    def _painted_now(self) -> tuple[int, ...]:
        return tuple(key.frame for key in self._session.notes.now.paintings)
