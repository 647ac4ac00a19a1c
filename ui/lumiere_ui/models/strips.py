"""Where a matte chatters and a result flickers: measured by the engine, frame by frame, and kept while it holds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from lumiere_engine.protocol import FrameRange, LumiereError, Progress
from lumiere_engine.protocol.errors import Cancelled
from PySide6.QtCore import QObject, Signal

from .background import Background
from .project import Desk, Shot, Steadiness, SteadinessRequest
from .results import Results, is_repair
from .roto_document import RotoDocument, frozen_roto


class Strips(QObject):
    """Of the selected clip.

    Args:
        desk: measures.
        roto: the drawing.
        results: of the clip.
        parent: with which it ends.
    """

    changed = Signal()
    failed = Signal(object)
    """A `LumiereError`."""

    def __init__(
        self, desk: Desk, roto: RotoDocument, results: Results, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._roto, self._results = desk, roto, results
        self._background = Background(self)
        self._shot: Shot | None = None
        self._stop = threading.Event()
        self._busy = 0
        self.matte: Steadiness | None = None
        self._matte_revision = -1
        self._by_job: dict[int, Steadiness] = {}
        results.changed.connect(self._look_at_result)

    def set_shot(self, shot: Shot | None) -> None:
        """Another clip is selected."""
        if shot != self._shot:
            self._stop.set()
            self._stop = threading.Event()
            self._shot, self.matte = shot, None
            self._look_at_result()
            self.changed.emit()

    def close(self) -> None:
        """Stop measuring."""
        self._stop.set()
        self._background.close(wait=False)

    @property
    def busy(self) -> bool:
        """Whether something is being measured."""
        return self._busy > 0

    @property
    def matte_is_current(self) -> bool:
        """Whether nothing was drawn since the matte was measured."""
        return self._matte_revision == self._roto.revision

    @property
    def result(self) -> Steadiness | None:
        """Of the shown result."""
        shown = None if self._shot is None else self._results.shown(self._shot.clip)
        return None if shown is None else self._by_job.get(shown.job)

    def measure_matte(self) -> None:
        """Measure the matte as it is drawn now."""
        shot, path, revision = self._shot, self._roto.path, self._roto.revision
        if shot is None or path is None or self._roto.roto is None or not self._roto.roto.draws:
            return

        def keep(found: Steadiness) -> None:
            if shot == self._shot:
                self.matte, self._matte_revision = found, revision

        request = SteadinessRequest("chatter", shot.media, shot.frames, path, shot.frames.start)
        self._roto.when_saved(lambda: self._measure(request, keep))

    def _look_at_result(self) -> None:
        """Measure the shown result, once."""
        shot = self._shot
        shown = None if shot is None else self._results.shown(shot.clip)
        if (
            shot is None
            or shown is None
            or shown.placement is None
            or shown.job in self._by_job
            or is_repair(shown)
        ):
            return
        roto = frozen_roto(Path(shown.media))
        first = shot.media_frame(self._results.shown_from(shown)) - shown.placement.source_start
        request = SteadinessRequest("flicker", shown.media, FrameRange(0, shown.frame_count), roto, first)
        job = shown.job

        def keep(found: Steadiness) -> None:
            self._by_job[job] = found

        self._by_job[job] = Steadiness(first, (), 0.0)  # on its way; a result without its drawing stays so
        self._measure(request, keep, lambda: self._by_job.pop(job, None))

    def _measure(
        self,
        request: SteadinessRequest,
        keep: Callable[[Steadiness], None],
        stopped: Callable[[], object] = lambda: None,
    ) -> None:
        stop = self._stop

        def on_progress(_: Progress) -> None:
            if stop.is_set():
                raise Cancelled("not needed any more")

        def done(found: Steadiness) -> None:
            keep(found)
            self._ended()

        def failed(error: LumiereError) -> None:
            if isinstance(error, Cancelled):
                stopped()
            elif request.what == "chatter":
                self.failed.emit(error)
            self._ended()

        self._busy += 1
        self._background.do(lambda: self._desk.steadiness(request, on_progress), done, failed=failed)
        self.changed.emit()

    def _ended(self) -> None:
        self._busy -= 1
        self.changed.emit()
