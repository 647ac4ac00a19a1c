"""The ruler above the timeline, and the playhead over it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from ..models.playhead import Playhead
from ..models.project import Project
from ..models.timecode import timecode
from .style import ACCENT, DIM, FAINT, LINE, PANEL, monospaced

HEADER = 84
RULER = 26
_TICKS = (1, 2, 5, 10, 12, 24, 48, 120, 240, 480, 1440, 2880, 7200, 14400, 43200, 86400)  # of 24 per second
_TICK_PX = 104


def draw_ruler(
    painter: QPainter,
    project: Project,
    playhead: Playhead,
    x_of: Callable[[float], float],
    frame_of: Callable[[float], float],
    scale: float,
    width: int,
) -> None:
    """Timecodes as close as they can be read, and the range between in and out.

    Args:
        painter: of the viewport.
        project, playhead: what is shown.
        x_of, frame_of: between frames and pixels.
        scale: pixels per frame.
        width: of the viewport, pixels.
    """
    painter.fillRect(QRect(0, 0, width, RULER), QColor(PANEL))
    painter.setPen(QColor(LINE))
    painter.drawLine(0, RULER - 1, width, RULER - 1)
    if playhead.mark_in is not None or playhead.mark_out is not None:
        last = project.duration - 1 if playhead.mark_out is None else playhead.mark_out
        left = max(float(HEADER), x_of(playhead.mark_in or 0))
        painter.fillRect(QRectF(left, RULER - 5, x_of(last + 1) - left, 4), QColor(ACCENT))
    font = painter.font()
    painter.setFont(monospaced(8))
    nominal = max(1, round(project.rate))
    steps = [max(1, tick * nominal // 24) for tick in _TICKS]
    step = next((one for one in steps if one * scale >= _TICK_PX), steps[-1])
    frame = int(frame_of(HEADER)) // step * step
    while (x := x_of(frame)) < width:
        if x >= HEADER - 1:
            painter.setPen(QColor(FAINT))
            painter.drawLine(QPointF(x, RULER - 8), QPointF(x, RULER - 2))
            painter.setPen(QColor(DIM))
            text = timecode(frame + project.start_frame, project.rate, project.drop_frame)
            if x + 4 + painter.fontMetrics().horizontalAdvance(text) < width:
                painter.drawText(QPointF(x + 4, RULER - 9), text)
        frame += step
    painter.setFont(font)


def draw_playhead(painter: QPainter, x: float, height: int) -> None:
    """A line down to `height`, with a handle in the ruler; nothing behind the tracks' headers."""
    if x < HEADER - 1:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(ACCENT), 1.2))
    painter.drawLine(QPointF(x, RULER - 6), QPointF(x, height))
    painter.setBrush(QColor(ACCENT))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon([QPointF(x - 5, RULER - 11), QPointF(x + 5, RULER - 11), QPointF(x, RULER - 3)])
