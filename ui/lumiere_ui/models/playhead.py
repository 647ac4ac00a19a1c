"""Where the editor is: the playhead, in and out, and playback with J K L."""

from __future__ import annotations

import time
from fractions import Fraction

from PySide6.QtCore import QObject, Qt, QTimer, Signal

_SPEEDS = (1, 2, 4, 8)


class Playhead(QObject):
    """A frame of the timeline, kept within it.

    Args:
        parent: with which it ends.

    Attributes:
        within: first and last frame that playback runs in for ever, where neither in nor out is set; None for all.
        played_from: the frame at which playback began.
        travelled: frames that playback has gone since it began, however often it began anew; below 0 backwards.
    """

    moved = Signal(int)
    """The frame."""
    range_changed = Signal()
    """In, out or the length."""
    turned = Signal()
    """Playback went on and stayed on its frame: it runs in a single one, such as a photograph."""
    speed_changed = Signal(int)
    """-8..8; 0 stands still."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frame = 0
        self.duration = 0
        self.mark_in: int | None = None
        self.mark_out: int | None = None
        self.speed = 0
        self.within: tuple[int, int] | None = None
        self.played_from = self.travelled = 0
        self._rate = Fraction(24)
        self._began_s, self._began_frame, self._gone = 0.0, 0, 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(10)
        self._timer.timeout.connect(self._tick)

    def set_length(self, duration: int, rate: Fraction) -> None:
        """A new timeline: from its start, without in and out."""
        self.stop()
        self.duration, self._rate = duration, rate
        self.mark_in = self.mark_out = None
        self.range_changed.emit()
        self.frame = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go to a frame, or to the nearest that there is."""
        frame = min(max(0, frame), max(0, self.duration - 1))
        if frame != self.frame:
            self.frame = frame
            self.moved.emit(frame)

    def scrub(self, frame: int) -> None:
        """Go to a frame by hand: playback stops."""
        self.stop()
        self.seek(frame)

    def step(self, frames: int) -> None:
        """So many frames on or back."""
        self.scrub(self.frame + frames)

    def toggle(self) -> None:
        """Play, or stop."""
        self._play(0 if self.speed else 1)

    def faster(self, direction: int) -> None:
        """As J (-1) and L (1) do: play that way, and with each further press twice as fast."""
        if self.speed * direction <= 0:
            self._play(direction)
        else:
            place = _SPEEDS.index(abs(self.speed))
            self._play(direction * _SPEEDS[min(place + 1, len(_SPEEDS) - 1)])

    def stop(self) -> None:
        """As K does."""
        self._play(0)

    def set_in(self) -> None:
        """The first frame of the range is this one."""
        self.mark_in = self.frame
        if self.mark_out is not None and self.mark_out < self.frame:
            self.mark_out = None
        self.range_changed.emit()

    def set_out(self) -> None:
        """The last frame of the range is this one."""
        self.mark_out = self.frame
        if self.mark_in is not None and self.mark_in > self.frame:
            self.mark_in = None
        self.range_changed.emit()

    def clear_range(self) -> None:
        """No in and out."""
        self.mark_in = self.mark_out = None
        self.range_changed.emit()

    def _play(self, speed: int) -> None:
        if speed == self.speed:
            return
        self.speed = speed
        self._began_s, self._began_frame = time.monotonic(), self.frame
        self._gone, self.travelled, self.played_from = 0, 0, self.frame
        if speed:
            self._timer.start()
        else:
            self._timer.stop()
        self.speed_changed.emit(speed)

    def _tick(self) -> None:
        """Show the frame that time has come to: frames are left out rather than time stretched."""
        passed = (time.monotonic() - self._began_s) * float(self._rate) * self.speed
        before = self.frame, self.travelled
        first, last = self._bounds()
        wanted = self._began_frame + int(passed)
        self.travelled = self._gone + int(passed)
        if wanted > last or wanted < first:
            # a loop, as when judging a result
            wanted = first if self.speed > 0 else last
            self._began_s, self._began_frame = time.monotonic(), wanted
            self._gone = self.travelled
        self.seek(wanted)
        if before[0] == self.frame and before[1] != self.travelled:
            self.turned.emit()

    def _bounds(self) -> tuple[int, int]:
        """The frames that playback runs in."""
        if self.within is not None and self.mark_in is None and self.mark_out is None:
            return self.within
        return self.mark_in or 0, self.duration - 1 if self.mark_out is None else self.mark_out
