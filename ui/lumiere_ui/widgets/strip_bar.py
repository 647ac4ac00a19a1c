"""Two strips of heat below the keyframes: where the matte chatters, and where the result flickers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from ..models.project import Steadiness
from ..models.session import Session
from .buttons import flat_button
from .key_bar import KeyBar
from .style import DANGER, LINE, TRACKED, filled

_HEIGHT, _GAP = 7, 3
_QUIET = 0.5  # share of the warning's value below which a frame is calm


class StripBar(QWidget):
    """The strips, as wide as the bar of keyframes, and a button that measures.

    Args:
        session: what is open.
        keys: the bar whose width they share.
        parent: a widget.
    """

    def __init__(self, session: Session, keys: KeyBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session = session
        self.matte = _Strip(session, "Chatter of the matte: how far its edge jumps")
        self.result = _Strip(session, "Flicker of the result, compared with the picture around it")
        self.check = flat_button("again", "Measure how the matte chatters", size=13)
        self.check.clicked.connect(session.strips.measure_matte)
        strips = QVBoxLayout()
        strips.setSpacing(_GAP)
        strips.addWidget(self.matte)
        strips.addWidget(self.result)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 10, 2)
        layout.setSpacing(2)
        layout.addLayout(strips, 1)
        layout.addWidget(self.check)
        layout.addSpacing(keys.buttons_width - self.check.sizeHint().width())
        for signal in (session.strips.changed, session.results.changed, session.roto.changed):
            signal.connect(self._show)
        session.shot_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        strips, roto = self._session.strips, self._session.roto.roto
        self.matte.set_values(strips.matte, strips.matte_is_current)
        self.result.set_values(strips.result, True)
        self.check.setEnabled(roto is not None and roto.draws and not strips.busy)


class _Strip(QWidget):
    """One of them."""

    def __init__(self, session: Session, name: str) -> None:
        super().__init__()
        self._session, self._name = session, name
        self._values: Steadiness | None = None
        self._current = True
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(name)
        self.setToolTip(name)

    def set_values(self, values: Steadiness | None, current: bool) -> None:
        """Other values; those of a drawing that has changed since are pale."""
        if (values, current) != (self._values, self._current):
            self._values, self._current = values, current
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Calm frames blue, loud ones red."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LINE))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
        shot, values = self._session.shot, self._values
        if shot is None or values is None or not shot.frames.duration:
            return
        wide = self.width() / shot.frames.duration
        painter.setOpacity(1.0 if self._current else 0.35)
        for frame in shot.frames:
            value = values.at(frame)
            if value is not None:
                painter.setBrush(_heat(value / values.warn))
                painter.drawRect(
                    QRectF((frame - shot.frames.start) * wide, 0, max(1.0, wide + 0.3), self.height())
                )

    def event(self, event: QEvent) -> bool:
        """Tell about the frame under the mouse."""
        if isinstance(event, QHelpEvent) and self._values is not None:
            frame = self._frame_at(event.pos().x())
            value = self._values.at(frame)
            if value is not None:
                QToolTip.showText(event.globalPos(), f"{self._name}\nFrame {frame}: {value:.2f}", self)
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go to the frame, or to a loud one beside it."""
        frame = self._frame_at(event.position().x())
        loud = self._values.loud() if self._values is not None else ()
        shot = self._session.shot
        reach = 0 if shot is None else 6 * shot.frames.duration / max(1, self.width())
        near = min(loud, key=lambda one: abs(one - frame), default=frame)
        self._session.show_media_frame(near if abs(near - frame) <= reach else frame)

    def _frame_at(self, x: float) -> int:
        shot = self._session.shot
        return 0 if shot is None else shot.frames.start + int(x / max(1, self.width()) * shot.frames.duration)


def _heat(share: float) -> QColor:
    """Of a value over that of the warning."""
    calm, loud = QColor(TRACKED).darker(170), QColor(DANGER)
    way = min(max((share - _QUIET) / (1 - _QUIET), 0.0), 1.0)
    parts = (
        (calm.red(), loud.red()),
        (calm.green(), loud.green()),
        (calm.blue(), loud.blue()),
    )
    return QColor(*(round(low + (high - low) * way) for low, high in parts))
