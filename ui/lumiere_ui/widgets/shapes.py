"""The outlines, points and brush that lie over the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lumiere_engine.protocol.roto import Knot, Mask
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from ..models.mask_tools import MaskTools
from ..models.session import Session
from ..models.shot_notes import ShotNotes
from .style import ACCENT, MATTE, MOTION

if TYPE_CHECKING:
    from .viewer import Viewer

_GHOST = QColor(255, 255, 255, 70)
_OTHER = QColor(255, 255, 255, 130)


def draw_shapes(
    painter: QPainter, viewer: Viewer, session: Session, tools: MaskTools, frame: int, mouse: QPointF | None
) -> None:
    """Everything that can be taken hold of on a frame of the media."""
    document = session.roto
    roto = document.roto
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if roto is not None and not session.playhead.speed:
        for mask in roto.masks:
            if mask.enabled and mask.kind not in ("brush", "matte") and not mask.tracked_at(frame):
                _draw_mask(painter, viewer, mask, frame, mask.id == document.current)
        for x, y in tools.handles(frame):
            _draw_handle(painter, viewer.to_widget(x, y))
    _draw_open_spline(painter, viewer, tools, mouse)
    _draw_brush(painter, viewer, tools, mouse)


def draw_arrows(painter: QPainter, viewer: Viewer, notes: ShotNotes, *, in_hand: bool) -> None:
    """The arrows of motion, as far as things move in a second, and the places that are pinned.

    Args:
        painter, viewer: where.
        notes: of the shot.
        in_hand: whether they can be taken hold of now.
    """
    color = QColor(MOTION)
    color.setAlpha(255 if in_hand else 120)
    for arrow in notes.arrows:
        tail = viewer.to_widget(arrow.x, arrow.y)
        head = viewer.to_widget(arrow.x + arrow.dx, arrow.y + arrow.dy)
        path = _arrow_path(tail, head)
        for pen in (QPen(QColor(0, 0, 0, 130), 4.5), QPen(color, 2.2)):
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
    for anchor in notes.anchors:
        place = viewer.to_widget(anchor.x, anchor.y)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 1.5))
        painter.setBrush(color)
        painter.drawEllipse(place, 4.5, 4.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _arrow_path(tail: QPointF, head: QPointF) -> QPainterPath:
    path = QPainterPath(tail)
    path.lineTo(head)
    dx, dy = head.x() - tail.x(), head.y() - tail.y()
    length = max(1e-6, math.hypot(dx, dy))
    barb = min(11.0, length / 2)
    along = QPointF(dx / length * barb, dy / length * barb)
    across = QPointF(-along.y() * 0.55, along.x() * 0.55)
    path.moveTo(head - along + across)
    path.lineTo(head)
    path.lineTo(head - along - across)
    return path


def path_of(viewer: Viewer, knots: tuple[Knot, ...]) -> QPainterPath:
    """A closed curve on the widget."""
    path = QPainterPath()
    if not knots:
        return path
    path.moveTo(viewer.to_widget(knots[0].x, knots[0].y))
    for a, b in zip(knots, (*knots[1:], knots[0]), strict=True):
        path.cubicTo(
            viewer.to_widget(a.x + a.out_x, a.y + a.out_y),
            viewer.to_widget(b.x + b.in_x, b.y + b.in_y),
            viewer.to_widget(b.x, b.y),
        )
    return path


def _draw_mask(painter: QPainter, viewer: Viewer, mask: Mask, frame: int, selected: bool) -> None:
    if selected and not mask.tracked:
        for key in _neighbours(mask, frame):
            painter.setPen(QPen(_GHOST, 1, Qt.PenStyle.DashLine))
            painter.drawPath(path_of(viewer, mask.knots_at(key)))
    color = QColor(ACCENT) if selected else _OTHER
    if mask.locked:
        color.setAlpha(90)
    style = Qt.PenStyle.SolidLine if mask.mode == "add" else Qt.PenStyle.DashLine
    painter.setPen(QPen(QColor(0, 0, 0, 110), 3))
    path = path_of(viewer, mask.knots_at(frame))
    painter.drawPath(path)
    painter.setPen(QPen(color, 1.4, style))
    painter.drawPath(path)


def _neighbours(mask: Mask, frame: int) -> list[int]:
    """The keyframes before and after: onion skin."""
    keys = mask.key_frames()
    before = [key for key in keys if key < frame]
    after = [key for key in keys if key > frame]
    return before[-1:] + after[:1]


def _draw_handle(painter: QPainter, place: QPointF) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
    painter.setBrush(QColor(ACCENT))
    painter.drawRect(QRectF(place.x() - 3.5, place.y() - 3.5, 7, 7))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_open_spline(painter: QPainter, viewer: Viewer, tools: MaskTools, mouse: QPointF | None) -> None:
    if not tools.open_spline:
        return
    places = [viewer.to_widget(x, y) for x, y in tools.open_spline]
    painter.setPen(QPen(QColor(ACCENT), 1.4))
    painter.drawPolyline([*places, mouse] if mouse is not None else places)
    for place in places:
        _draw_handle(painter, place)


def _draw_brush(painter: QPainter, viewer: Viewer, tools: MaskTools, mouse: QPointF | None) -> None:
    if tools.tool not in ("brush", "eraser"):
        return
    stroke = tools.stroke
    if stroke is not None:
        # at once, whatever the overlay takes
        color = QColor(MATTE) if tools.tool == "brush" else QColor(0, 0, 0)
        color.setAlpha(90)
        pen = QPen(color, stroke.radius * 2 * viewer.scale)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        places = [viewer.to_widget(x, y) for x, y in zip(stroke.xy[::2], stroke.xy[1::2], strict=True)]
        if len(places) == 1:
            painter.drawPoint(places[0])
        else:
            painter.drawPolyline(places)
    if mouse is not None:
        radius = tools.size / 2 * viewer.scale
        for pen in (QPen(QColor(0, 0, 0, 150), 2.5), QPen(QColor(255, 255, 255, 220), 1)):
            painter.setPen(pen)
            painter.drawEllipse(mouse, radius, radius)
