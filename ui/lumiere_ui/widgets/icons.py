"""Icons, drawn: sharp at every density and in the colours of the style."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from .style import ACCENT, FAINT, TEXT

Draw = Callable[[QPainter], None]


class _Engine(QIconEngine):
    """Draws on a square of 20 × 20, whatever the size."""

    def __init__(self, draw: Draw, color: str) -> None:
        super().__init__()
        self._draw, self._color = draw, color

    def paint(self, painter: QPainter, rect, mode: QIcon.Mode, state: QIcon.State) -> None:  # type: ignore[no-untyped-def]
        color = FAINT if mode == QIcon.Mode.Disabled else ACCENT if state == QIcon.State.On else self._color
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(rect.topLeft()))
        painter.scale(rect.width() / 20, rect.height() / 20)
        pen = QPen(
            QColor(color), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        )
        painter.setPen(pen)
        self._draw(painter)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        if pixmap.isNull():
            return pixmap  # a button that has no room
        painter = QPainter(pixmap)
        self.paint(painter, pixmap.rect(), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._draw, self._color)


def icon(name: str, color: str = TEXT) -> QIcon:
    """An icon by its name.

    Raises:
        KeyError: there is none.
    """
    return QIcon(_Engine(_DRAWN[name], color))


def _filled(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _lines(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _arrow(painter: QPainter) -> None:
    _filled(painter, (5, 3), (5, 15.5), (8.4, 12.2), (10.6, 17), (12.6, 16), (10.5, 11.4), (15, 11))


def _motion(painter: QPainter) -> None:
    path = QPainterPath(QPointF(3.5, 14.5))
    path.cubicTo(QPointF(6, 7), QPointF(11, 13), QPointF(16, 6))
    painter.drawPath(path)
    painter.drawPolyline(QPolygonF([QPointF(11.6, 5.2), QPointF(16.2, 5.6), QPointF(15.6, 10.2)]))


def _rectangle(painter: QPainter) -> None:
    painter.drawRect(QRectF(3.5, 5, 13, 10))


def _ellipse(painter: QPainter) -> None:
    painter.drawEllipse(QRectF(3, 4.5, 14, 11))


def _spline(painter: QPainter) -> None:
    path = QPainterPath(QPointF(4, 14))
    path.cubicTo(QPointF(5, 3), QPointF(12, 3), QPointF(16, 7))
    path.cubicTo(QPointF(17, 13), QPointF(11, 17), QPointF(4, 14))
    painter.drawPath(path)
    painter.setBrush(painter.pen().color())
    for x, y in ((4, 14), (16, 7)):
        painter.drawRect(QRectF(x - 1.7, y - 1.7, 3.4, 3.4))


def _brush(painter: QPainter) -> None:
    _lines(painter, (16.5, 3.5), (9.5, 10.5))
    path = QPainterPath(QPointF(9, 10))
    path.cubicTo(QPointF(5, 10), QPointF(6, 15), QPointF(3, 16))
    path.cubicTo(QPointF(8, 18), QPointF(11, 15), QPointF(10.5, 11.5))
    path.closeSubpath()
    painter.setBrush(painter.pen().color())
    painter.drawPath(path)


def _eraser(painter: QPainter) -> None:
    painter.drawPolygon(
        QPolygonF([QPointF(3, 13), QPointF(11, 4), QPointF(17, 9), QPointF(9.5, 17), QPointF(6, 17)])
    )
    _lines(painter, (7, 8.5), (13, 13.5))


def _play(painter: QPainter) -> None:
    _filled(painter, (6, 4), (6, 16), (16, 10))


def _pause(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawRect(QRectF(5.5, 4.5, 2.6, 11))
    painter.drawRect(QRectF(11.9, 4.5, 2.6, 11))


def _back(painter: QPainter) -> None:
    _lines(painter, (12, 5), (7, 10), (12, 15))


def _on(painter: QPainter) -> None:
    _lines(painter, (8, 5), (13, 10), (8, 15))


def _start(painter: QPainter) -> None:
    _lines(painter, (14, 5), (9, 10), (14, 15))
    _lines(painter, (6, 5), (6, 15))


def _end(painter: QPainter) -> None:
    _lines(painter, (6, 5), (11, 10), (6, 15))
    _lines(painter, (14, 5), (14, 15))


def _up(painter: QPainter) -> None:
    _lines(painter, (5, 12.5), (10, 7.5), (15, 12.5))


def _down(painter: QPainter) -> None:
    _lines(painter, (5, 7.5), (10, 12.5), (15, 7.5))


def _eye(painter: QPainter) -> None:
    path = QPainterPath(QPointF(2.5, 10))
    path.quadTo(QPointF(10, 2), QPointF(17.5, 10))
    path.quadTo(QPointF(10, 18), QPointF(2.5, 10))
    painter.drawPath(path)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(10, 10), 2.2, 2.2)


def _hidden(painter: QPainter) -> None:
    painter.setOpacity(0.45)
    _eye(painter)
    _lines(painter, (4, 16), (16, 4))


def _lock(painter: QPainter) -> None:
    painter.drawArc(QRectF(6.2, 3.5, 7.6, 10), 0, 180 * 16)
    painter.setBrush(painter.pen().color())
    painter.drawRoundedRect(QRectF(4.5, 9, 11, 7.5), 1.5, 1.5)


def _unlock(painter: QPainter) -> None:
    painter.drawArc(QRectF(9, 3.5, 7, 10), 0, 180 * 16)
    painter.drawRoundedRect(QRectF(3.5, 9, 11, 7.5), 1.5, 1.5)


def _plus(painter: QPainter) -> None:
    _lines(painter, (10, 4.5), (10, 15.5))
    _lines(painter, (4.5, 10), (15.5, 10))


def _minus(painter: QPainter) -> None:
    _lines(painter, (4.5, 10), (15.5, 10))


def _cross(painter: QPainter) -> None:
    _lines(painter, (5.5, 5.5), (14.5, 14.5))
    _lines(painter, (14.5, 5.5), (5.5, 14.5))


def _again(painter: QPainter) -> None:
    painter.drawArc(QRectF(4, 4, 12, 12), 60 * 16, 290 * 16)
    _lines(painter, (9.4, 1.8), (13, 4.6), (9.6, 7.6))


def _folder(painter: QPainter) -> None:
    _lines(painter, (3, 15.5), (3, 5), (8, 5), (9.5, 7), (17, 7), (17, 15.5), (3, 15.5))


def _film(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(2.5, 4, 15, 12), 1.5, 1.5)
    for y in (4, 12.6):
        for x in (5.5, 9.2, 13):
            _lines(painter, (x, y + 1.7), (x + 1.4, y + 1.7))


def _dots(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    for x in (4.5, 10, 15.5):
        painter.drawEllipse(QPointF(x, 10), 0.9, 0.9)


def _dot(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(10, 10), 4, 4)


def _key(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(10, 4), QPointF(16, 10), QPointF(10, 16), QPointF(4, 10)]))


def _track_on(painter: QPainter) -> None:
    _filled(painter, (3.5, 5.5), (3.5, 14.5), (10, 10))
    _filled(painter, (10, 5.5), (10, 14.5), (16.5, 10))


def _track_back(painter: QPainter) -> None:
    _filled(painter, (16.5, 5.5), (16.5, 14.5), (10, 10))
    _filled(painter, (10, 5.5), (10, 14.5), (3.5, 10))


def _track_both(painter: QPainter) -> None:
    _filled(painter, (8, 5.5), (8, 14.5), (2, 10))
    _filled(painter, (12, 5.5), (12, 14.5), (18, 10))


def _track_cut(painter: QPainter) -> None:
    _filled(painter, (4.5, 5.5), (4.5, 14.5), (11.5, 10))
    _lines(painter, (14.5, 4.5), (14.5, 15.5))


def _one_on(painter: QPainter) -> None:
    _filled(painter, (7, 5.5), (7, 14.5), (13.5, 10))


def _one_back(painter: QPainter) -> None:
    _filled(painter, (13, 5.5), (13, 14.5), (6.5, 10))


_DRAWN: dict[str, Draw] = {
    "again": _again,
    "arrow": _motion,
    "back": _back,
    "brush": _brush,
    "cross": _cross,
    "dot": _dot,
    "dots": _dots,
    "down": _down,
    "ellipse": _ellipse,
    "end": _end,
    "eraser": _eraser,
    "eye": _eye,
    "film": _film,
    "folder": _folder,
    "hidden": _hidden,
    "key": _key,
    "lock": _lock,
    "minus": _minus,
    "on": _on,
    "one_back": _one_back,
    "one_on": _one_on,
    "pause": _pause,
    "play": _play,
    "plus": _plus,
    "rectangle": _rectangle,
    "select": _arrow,
    "spline": _spline,
    "start": _start,
    "track_back": _track_back,
    "track_both": _track_both,
    "track_cut": _track_cut,
    "track_on": _track_on,
    "unlock": _unlock,
    "up": _up,
}
