"""Where the shot may loop: a bar for each loop that was found, coloured by its seam; a click chooses it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolTip, QWidget

from ..models.project import LoopPoint
from ..models.session import Session
from .key_bar import KeyBar
from .style import ACCENT, DANGER, DIM, LINE, RESULT, TEXT, filled

_BAR, _GAP = 9, 3
_CLEAN, _SEEN = 1.0, 2.0  # up to which no seam is seen, and from which it is plain


class LoopStrip(QWidget):
    """The strip, as wide as the bar of keyframes, and a button that searches.

    Args:
        session: what is open.
        keys: the bar whose width it shares.
        parent: a widget.
    """

    def __init__(self, session: Session, keys: KeyBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session = session
        self.bars = _Bars(session)
        self.search = QPushButton("Find loops")
        self.search.setProperty("role", "flat")
        self.search.setStyleSheet("padding: 2px 4px;")
        self.search.setToolTip("Search where the region may loop, and show the best few")
        self.search.setFixedWidth(keys.buttons_width)
        self.search.clicked.connect(session.loop_points.ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 10, 2)
        layout.setSpacing(2)
        layout.addWidget(self.bars, 1)
        layout.addWidget(self.search, 0, Qt.AlignmentFlag.AlignTop)
        session.loop_points.changed.connect(self._show)
        session.effect_changed.connect(self._show)
        session.shot_changed.connect(self._show)
        session.roto.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        loops = self._session.loop_points
        self.setVisible(loops.usable)
        self.search.setEnabled(not loops.busy and not self._session.why_not())
        self.search.setText("Searching…" if loops.busy else "Find loops")
        self.bars.show_points()


class _Bars(QWidget):
    """One below the other, the best on top."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Loops")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_points()

    def show_points(self) -> None:
        """Other points, or another choice."""
        rows = max(2, len(self._points()))
        self.setFixedHeight(rows * (_BAR + _GAP) + _GAP)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Draw them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points, chosen = self._points(), self._session.loop_points.chosen
        if not points:
            painter.setPen(QColor(DIM))
            text = "Loops that the region may run in appear here: the best one is taken unless you choose another"
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
            return
        for row, point in enumerate(points):
            rect = self._rect(row, point)
            painter.setPen(QPen(QColor(TEXT), 1.6) if point == chosen else Qt.PenStyle.NoPen)
            painter.setBrush(seam_color(point.seam))
            painter.drawRoundedRect(rect, 3, 3)
            painter.setPen(QColor(LINE))

    def event(self, event: QEvent) -> bool:
        """Tell about the loop under the mouse."""
        if isinstance(event, QHelpEvent):
            point = self._at(event.pos().x(), event.pos().y())
            if point is not None:
                QToolTip.showText(event.globalPos(), told(point), self)
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose the loop; a chosen one is let go of."""
        point = self._at(event.position().x(), event.position().y())
        if point is not None:
            loops = self._session.loop_points
            loops.choose(None if point == loops.chosen else point)
            self._session.show_media_frame(point.start)

    def _points(self) -> tuple[LoopPoint, ...]:
        loops = self._session.loop_points
        chosen = loops.chosen
        return loops.points if chosen is None or chosen in loops.points else (*loops.points, chosen)

    def _at(self, x: float, y: float) -> LoopPoint | None:
        rows = ((self._rect(row, point), point) for row, point in enumerate(self._points()))
        return next((point for rect, point in rows if rect.adjusted(-2, -1.5, 2, 1.5).contains(x, y)), None)

    def _rect(self, row: int, point: LoopPoint) -> QRectF:
        shot = self._session.shot
        frames = 1 if shot is None else max(1, shot.frames.duration)
        first = 0 if shot is None else shot.frames.start
        wide = self.width() / frames
        left = (point.start - first) * wide
        return QRectF(left, _GAP + row * (_BAR + _GAP), max(4.0, point.period * wide), _BAR).adjusted(
            1, 1, -1, -1
        )


def told(point: LoopPoint) -> str:
    """A loop in words."""
    seen = (
        "no seam" if point.seam <= _CLEAN else "a soft seam" if point.seam < _SEEN else "a seam that is seen"
    )
    frames = f"Frames {point.start} to {point.start + point.period - 1}: {point.period} frames"
    return f"{frames}\n{seen} ({point.seam:.1f} × the usual step)"


def seam_color(seam: float) -> QColor:
    """Of a seam: none, soft, plain."""
    return QColor(RESULT if seam <= _CLEAN else ACCENT if seam < _SEEN else DANGER)
