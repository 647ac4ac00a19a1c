"""The frames of the selected shot as a bar: keyframes of the selected mask, and where the playhead is among them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from lumiere_engine.protocol.roto import Mask
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QToolTip, QWidget

from ..models.session import Session
from ..models.tracker import WARN_BELOW, confidence
from ..models.viewing import Viewing
from .buttons import flat_button
from .style import ACCENT, DANGER, FAINT, HOVER, RAISED, RESULT, TRACKED, filled

_HEIGHT = 26
_SPACING = 2


class KeyBar(QWidget):
    """The bar, and buttons to go from keyframe to keyframe.

    Args:
        session, viewing: the models.
        parent: a widget.
    """

    def __init__(self, session: Session, viewing: Viewing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session = session
        self.bar = _Bar(session, viewing)
        self.before = flat_button("back", "To the keyframe before", shortcut="Shift+J", size=14)
        self.after = flat_button("on", "To the next keyframe", shortcut="Shift+L", size=14)
        self.delete = flat_button("minus", "Delete the keyframe here", shortcut="Shift+Del", size=14)
        self.before.clicked.connect(lambda: self.to_key(-1))
        self.after.clicked.connect(lambda: self.to_key(1))
        self.delete.clicked.connect(self.delete_key)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 2, 10, 0)
        layout.setSpacing(_SPACING)
        layout.addWidget(self.bar, 1)
        for button in (self.before, self.after, self.delete):
            layout.addWidget(button)
        for signal in (
            session.roto.changed,
            session.roto.selected,
            session.shot_changed,
            session.playhead.moved,
        ):
            signal.connect(self._show)
        self._show()

    @property
    def buttons_width(self) -> int:
        """What stands at the right of the bar, pixels."""
        buttons = (self.before, self.after, self.delete)
        return sum(button.sizeHint().width() + _SPACING for button in buttons)

    def to_key(self, direction: int) -> None:
        """To the next keyframe of the selected mask, backwards (-1) or forwards (1)."""
        shot, mask = self._session.shot, self._session.roto.mask
        if shot is None or mask is None:
            return
        now = shot.media_frame(self._session.playhead.frame)
        beyond = sorted(
            (key for key in mask.key_frames() if (key - now) * direction > 0), reverse=direction < 0
        )
        if beyond:
            self._session.playhead.scrub(shot.record_frame(beyond[0]))

    def delete_key(self) -> None:
        """Forget what was drawn on this frame; the shape is then the one of its neighbours."""
        frame = self._frame()
        if frame is not None and self._deletable():
            self._session.roto.change_mask("deletion of a keyframe", lambda mask: mask.without_key(frame))

    def _frame(self) -> int | None:
        shot = self._session.shot
        return None if shot is None else shot.media_frame(self._session.playhead.frame)

    def _deletable(self) -> bool:
        mask = self._session.roto.mask
        keys = () if mask is None else mask.key_frames()
        return mask is not None and not mask.locked and len(keys) > 1 and self._frame() in keys

    def _show(self) -> None:
        mask = self._session.roto.mask
        several = mask is not None and len(mask.key_frames()) > 1
        self.before.setEnabled(several)
        self.after.setEnabled(several)
        self.delete.setEnabled(self._deletable())
        self.bar.update()


class _Bar(QWidget):
    """Draws it."""

    def __init__(self, session: Session, viewing: Viewing) -> None:
        super().__init__()
        self._session, self._viewing = session, viewing
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Keyframes")
        self.setToolTip("Keyframes of the selected mask: draw on another frame, and the mask moves there")
        viewing.changed.connect(self.update)
        session.tracker.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """The shot, its preview, its keyframes, the playhead."""
        shot = self._session.shot
        if shot is None or not shot.frames.duration:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(RAISED))
        painter.drawRoundedRect(QRectF(0, middle - 2, self.width(), 4), 2, 2)
        preview = self._viewing.preview
        if preview is not None:
            left = self._x(preview.frames.start)
            painter.setBrush(QColor(RESULT))
            painter.drawRoundedRect(
                QRectF(left, middle - 2, self._x(preview.frames.end_exclusive) - left, 4), 2, 2
            )
        roto = self._session.roto.roto
        if roto is not None and roto.span is not None:
            left, right = self._x(roto.span.start), self._x(roto.span.end_exclusive)
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(left, middle - 8, right - left, 16), 3, 3)
        mask = self._session.roto.mask
        if mask is not None:
            self._draw_tracked(painter, mask)
        for key in mask.key_frames() if mask is not None else ():
            x = self._x(key + 0.5)
            painter.setBrush(QColor(ACCENT))
            painter.setPen(QPen(QColor(HOVER), 1))
            shape = [
                QPointF(x, middle - 5),
                QPointF(x + 5, middle),
                QPointF(x, middle + 5),
                QPointF(x - 5, middle),
            ]
            painter.drawPolygon(QPolygonF(shape))
        x = self._x(shot.media_frame(self._session.playhead.frame) + 0.5)
        painter.setPen(QPen(QColor(FAINT if not self._viewing.on_shot else "#ffffff"), 1.4))
        painter.drawLine(QPointF(x, middle - 8), QPointF(x, middle + 8))

    def _draw_tracked(self, painter: QPainter, mask: Mask) -> None:
        """The tracked frames, doubtful ones in the colour of a warning; those in work as a pale line."""
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        wanted = self._session.tracker.wanted
        if wanted is not None and self._session.tracker.running == mask.id:
            left, right = self._x(wanted.start), self._x(wanted.end_exclusive)
            painter.setBrush(QColor(FAINT))
            painter.drawRoundedRect(QRectF(left, middle - 3, right - left, 6), 3, 3)
        sure = confidence(mask)
        for start, end, doubtful in runs({frame: value < WARN_BELOW for frame, value in sure.items()}):
            left, right = self._x(start), self._x(end)
            painter.setBrush(QColor(DANGER if doubtful else TRACKED))
            painter.drawRect(QRectF(left, middle - 3, max(1.0, right - left), 6))

    def event(self, event: QEvent) -> bool:
        """Tell about the frame under the mouse."""
        if isinstance(event, QHelpEvent):
            shot, mask = self._session.shot, self._session.roto.mask
            if shot is not None and mask is not None:
                frame = self._frame_at(event.pos().x())
                sure = confidence(mask).get(frame)
                if sure is not None:
                    told = "look at it and correct what is wrong" if sure < WARN_BELOW else "tracked"
                    QToolTip.showText(event.globalPos(), f"Frame {frame}: {told} ({sure:.0%} sure)", self)
                    return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go there."""
        self._scrub(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go there."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event.position().x())

    def _scrub(self, x: float) -> None:
        self._session.show_media_frame(self._frame_at(x))

    def _frame_at(self, x: float) -> int:
        shot = self._session.shot
        return 0 if shot is None else shot.frames.start + int(x / max(1, self.width()) * shot.frames.duration)

    def _x(self, frame: float) -> float:
        shot = self._session.shot
        assert shot is not None
        return (frame - shot.frames.start) / shot.frames.duration * self.width()


def runs(values: Mapping[int, Hashable]) -> Iterator[tuple[int, int, Any]]:
    """Neighbouring frames of one value: start, exclusive end, value."""
    start, last = None, None
    for frame in sorted(values):
        if last is None or frame != last + 1 or values[frame] != values[last]:
            if start is not None and last is not None:
                yield start, last + 1, values[last]
            start = frame
        last = frame
    if start is not None and last is not None:
        yield start, last + 1, values[last]
