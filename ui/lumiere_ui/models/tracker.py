"""Tracking the selected mask: forward, back, both ways, a frame, to the next cut; corrections are followed up alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lumiere_engine.protocol import FrameRange, LumiereError, Progress
from lumiere_engine.protocol.errors import Cancelled
from lumiere_engine.protocol.roto import Mask, Tracked
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from .background import Background
from .project import Desk, Shot, TrackRequest
from .roto_document import RotoDocument, read_roto, write_roto

WAYS = ("back", "one_back", "both", "one_on", "on", "cut")
WARN_BELOW = 0.6  # see docs/benchmarks.md: what the confidence is worth
_SOON_MS = 400


@dataclass(frozen=True)
class _Run:
    """Tracking that goes on.

    Attributes:
        request: what was asked for.
        step: name of its undo step; "" for a correction, which belongs to the edit that made it.
        then: the frame to show in the end.
    """

    request: TrackRequest
    step: str
    then: int | None = None


class Tracker(QObject):
    """Has masks tracked, one after the other, and puts what is found into the drawing.

    Args:
        desk: tracks.
        roto: the drawing.
        saving: reads and writes drawings of clips that are not selected any more.
        parent: with which it ends.
    """

    changed = Signal()
    """It began, went on or ended."""
    failed = Signal(object)
    """A `LumiereError`."""
    arrived = Signal(int)
    """One frame was tracked, and is to be looked at."""
    tracked = Signal()
    """The open drawing has other tracked frames now."""
    _stepped = Signal(object)

    def __init__(
        self, desk: Desk, roto: RotoDocument, saving: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._roto, self._saving = desk, roto, saving
        self._background = Background(self)
        self._shot: Shot | None = None
        self._run: _Run | None = None
        self._found: tuple[_Run, tuple[Tracked, ...]] | None = None
        self._stop = threading.Event()
        self._refused: dict[int, dict[str, str]] = {}
        self.progress: Progress | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._follow_up)
        self._stepped.connect(self._step)
        roto.changed.connect(self._edited)

    def set_shot(self, shot: Shot | None) -> None:
        """The clip whose drawing is open."""
        self._shot = shot
        self._refused.clear()
        self._soon.start()
        self.changed.emit()

    def close(self) -> None:
        """Stop; what is drawn and not tracked yet is tracked when the clip is opened again."""
        self._stop.set()
        self._background.close()

    @property
    def running(self) -> int | None:
        """The mask of the open drawing that is being tracked."""
        run = self._run
        return None if run is None or run.request.roto != self._roto.path else run.request.mask.id

    @property
    def wanted(self) -> FrameRange | None:
        """The frames that are being tracked."""
        return None if self._run is None or self.running is None else self._run.request.wanted

    def why_not(self) -> str:
        """What stands in the way of tracking the selected mask, or ""."""
        mask = self._roto.mask
        if self._shot is None or mask is None:
            return "Select a mask"
        if self._run is not None and self.running is None:
            return "Another clip is being tracked"
        if mask.kind == "matte":
            return "A matte that was imported is there for all frames"
        if mask.locked:
            return "The mask is locked"
        if not any(frame in self._shot.frames for frame in mask.key_frames()):
            return "Draw the object in one frame first"
        return ""

    def track(self, way: str, frame: int) -> None:
        """Track the selected mask.

        Args:
            way: one of `WAYS`; "cut" is forward up to the next cut.
            frame: of the media, from where.
        """
        shot, mask, path = self._shot, self._roto.mask, self._roto.path
        if self.why_not() or shot is None or mask is None or path is None or self._run is not None:
            return
        wanted, then = _wanted(way, frame, shot.frames, mask)
        within = frame if way == "cut" else None
        self._start(_Run(TrackRequest(shot, path, mask, wanted, within), "tracking", then))

    def stop(self) -> None:
        """Leave it; what was tracked before stays."""
        self._stop.set()

    def forget(self) -> None:
        """Take the tracking of the selected mask away; an undo brings it back."""
        self._roto.change_mask("removal of tracking", lambda mask: mask.without_tracked())

    def doubts(self) -> tuple[int, ...]:
        """Frames whose track of the selected mask is not to be trusted."""
        mask = self._roto.mask
        return () if mask is None else tuple(f for f, sure in confidence(mask).items() if sure < WARN_BELOW)

    def _start(self, run: _Run) -> None:
        self._run, self.progress = run, None
        self._stop.clear()
        stop, stepped = self._stop, self._stepped

        def on_progress(step: Progress) -> None:
            if stop.is_set():
                raise Cancelled("tracking was stopped")
            stepped.emit(step)

        self._background.do(
            lambda: self._desk.track(run.request, on_progress), self._done, failed=self._failed
        )
        self.changed.emit()

    @Slot(object)
    def _step(self, step: Progress) -> None:
        self.progress = step
        self.changed.emit()

    def _done(self, found: tuple[Tracked, ...]) -> None:
        run, self._run, self.progress = self._run, None, None
        assert run is not None
        self._found = run, found
        self._take()
        self._soon.start()
        self.changed.emit()

    def _failed(self, error: LumiereError) -> None:
        run, self._run, self.progress = self._run, None, None
        assert run is not None
        self._refused[run.request.mask.id] = run.request.mask.drawings()
        if not isinstance(error, Cancelled):
            self.failed.emit(error)
        self.changed.emit()

    def _edited(self) -> None:
        self._take()
        self._soon.start()

    def _take(self) -> None:
        """Put what was found into the drawing, unless the mask was drawn otherwise meanwhile."""
        if self._found is None or self._roto.drafting:
            return
        (run, found), self._found = self._found, None
        request = run.request
        if self._roto.path != request.roto:
            self._saving.do(lambda: _keep(request, found), failed=self.failed.emit)
            return
        roto = self._roto.roto
        mask = None if roto is None else roto.mask(request.mask.id)
        drawn = request.mask.drawings()
        if roto is None or mask is None or mask.drawings() != drawn:
            return
        new = roto.with_mask(mask.with_tracked(found, drawn))
        if run.step:
            self._roto.commit(run.step, new)
        else:
            self._roto.amend(new)
        self.tracked.emit()
        if run.then is not None:
            self.arrived.emit(run.then)

    def _follow_up(self) -> None:
        """Track again what corrections touch; also those of a panel that was killed before it had done so."""
        shot, roto, path = self._shot, self._roto.roto, self._roto.path
        if shot is None or roto is None or path is None or self._roto.drafting or self._run is not None:
            return
        for mask in roto.masks:
            changed = mask.untracked_changes()
            drawn = any(frame in shot.frames for frame in mask.key_frames())
            if not changed or not drawn or self._refused.get(mask.id) == mask.drawings():
                continue
            all_of_it = FrameRange.between(mask.tracked[0].start, mask.tracked[-1].end_exclusive)
            wanted = all_of_it.intersection(shot.frames)
            self._start(_Run(TrackRequest(shot, path, mask, wanted, changed=changed), ""))
            return


def confidence(mask: Mask) -> dict[int, float]:
    """Of all tracked frames, 0..1; where something is drawn there is no doubt."""
    drawn = set(mask.key_frames())
    return {
        one.start + k: 1.0 if one.start + k in drawn else sure
        for one in mask.tracked
        for k, sure in enumerate(one.confidence)
    }


def _wanted(way: str, frame: int, frames: FrameRange, mask: Mask) -> tuple[FrameRange, int | None]:
    """The frames of the media to be tracked, and the one to show then.

    Tracking begins at the last drawn or tracked frame on the way here, so that no hole is left.
    """
    known = {*confidence(mask), *mask.key_frames()}
    last = frames.end_exclusive - 1
    if way in ("on", "cut", "one_on"):
        start = max((one for one in known if frames.start <= one <= frame), default=frame)
        end = min(frame + 1, last) if way == "one_on" else last
        return FrameRange.between(start, end + 1), end if way == "one_on" else None
    if way in ("back", "one_back"):
        end = min((one for one in known if frame <= one <= last), default=frame)
        start = max(frame - 1, frames.start) if way == "one_back" else frames.start
        return FrameRange.between(start, end + 1), start if way == "one_back" else None
    return frames, None


def _keep(request: TrackRequest, found: tuple[Tracked, ...]) -> None:
    """Put what was found into a drawing that is not open any more."""
    roto = read_roto(request.roto, request.shot.width, request.shot.height)
    mask, drawn = roto.mask(request.mask.id), request.mask.drawings()
    if mask is not None and mask.drawings() == drawn:
        write_roto(request.roto, roto.with_mask(mask.with_tracked(found, drawn)))
