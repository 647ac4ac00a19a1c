"""Repair just here: the shown result is drawn on as if it were the plate, and only that is done anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumiere_engine.protocol.roto import Roto, Span
from PySide6.QtCore import QObject

from .project import Shot, shot_of_result
from .roto_document import read_roto
from .roto_places import roto_path

if TYPE_CHECKING:
    from .session import Session

_AROUND, _FADE = 8, 4  # frames on either side of the playhead, and those that a repair fades over


class Repair(QObject):
    """Begins and ends it, and says on which frames it counts.

    Args:
        session: whose shot becomes the result.
        parent: with which it ends.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        session.playhead.range_changed.connect(self._set_span)

    def begin(self) -> None:
        """Draw on the shown result: what is drawn there counts around the playhead, or between in and out."""
        session, shot = self._session, self._session.shot
        shown = None if shot is None else session.results.shown(shot.clip)
        if shot is None or shown is None or session.repairs is not None:
            return
        repaired = shot_of_result(shot, shown, session.results.shown_from(shown))
        span = self._span(repaired)

        def read() -> Roto:
            roto = read_roto(roto_path(repaired.media), repaired.width, repaired.height)
            return roto if roto.masks else replace(roto, span=span)

        session.roto.flush()
        session.background.do(read, lambda roto: session.set_shot(repaired, roto, shown), replaces="inspect")

    def end(self) -> None:
        """Back to the clip."""
        session = self._session
        if session.repairs is not None and session.project is not None and session.shot is not None:
            session.inspect(session.project, session.shot.clip)

    def _set_span(self) -> None:
        """In and out have changed."""
        session = self._session
        roto, shot = session.roto.roto, session.shot
        if session.repairs is not None and roto is not None and shot is not None and roto.span is not None:
            session.roto.commit("range of the repair", replace(roto, span=self._span(shot)))

    def _span(self, shot: Shot) -> Span:
        head = self._session.playhead
        start = head.frame - _AROUND if head.mark_in is None else head.mark_in
        last = head.frame + _AROUND if head.mark_out is None else head.mark_out
        first, end = shot.media_frame(start), shot.media_frame(last) + 1
        return Span(first, end, min(_FADE, (end - first) // 3))
