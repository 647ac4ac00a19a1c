"""While a shot is learned: the curve of the loss, what the network answers, and a button that ends it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..models.learning_model import LearningModel
from .style import ACCENT, LINE, RAISED, filled

_HEIGHT = 76
_MARGIN = 6


class LearningView(QWidget):
    """Shown only while a shot is learned.

    Args:
        learning: what is learned.
        parent: a widget.
    """

    def __init__(self, learning: LearningModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._learning = learning
        self.state = QLabel()
        self.state.setProperty("role", "dim")
        self.use = QPushButton("Use it now")
        self.use.setToolTip(
            "End the learning and go on with what is learned; more learning is usually sharper"
        )
        self.use.setAccessibleName("End the learning and use it now")
        self.use.clicked.connect(learning.use_it_now)
        self._curve, self._sheet = _Curve(learning), _Sheet()
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        head.addWidget(self.use)
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        pictures.addWidget(self._curve, 1)
        pictures.addWidget(self._sheet)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addLayout(pictures)
        learning.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        now = self._learning.now
        self.setVisible(now is not None)
        if now is None:
            return
        self.state.setText(f"Learning the shot · {now.step} of {now.total}")
        self.use.setEnabled(not self._learning.ending)
        self._sheet.show_picture(self._learning.sheet)
        self._curve.update()


class _Curve(QWidget):
    """The loss over the steps, both of its ends named."""

    def __init__(self, learning: LearningModel) -> None:
        super().__init__()
        self._learning = learning
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(110)
        self.setAccessibleName("Loss")
        self.setToolTip("How far the network is off, on a logarithmic scale: when it no longer falls, use it")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(RAISED))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        now = self._learning.now
        values = [math.log10(max(value, 1e-9)) for value in now.losses] if now is not None else []
        if now is None or len(values) < 2:
            return
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        low, high = min(values), max(values)
        wide = room.width() * now.step / max(1, now.total)
        points = [
            QPointF(
                room.left() + wide * k / (len(values) - 1),
                room.bottom() - room.height() * (value - low) / max(high - low, 1e-9),
            )
            for k, value in enumerate(values)
        ]
        painter.setPen(QPen(QColor(LINE), 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(ACCENT), 1.5))
        painter.drawPolyline(QPolygonF(points))


class _Sheet(QWidget):
    """Truth, what the network is given, and its answer, below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._content, self._image = b"", QImage()
        self.setFixedSize(QSize(_HEIGHT, _HEIGHT))
        self.setAccessibleName("What the network answers")
        self.setToolTip("From the top: what is there, what the network is given, what it answers")

    def show_picture(self, content: bytes) -> None:
        """Another JPEG, or none."""
        if content != self._content:
            self._content = content
            self._image = QImage.fromData(content) if content else QImage()
            ratio = self._image.width() / max(1, self._image.height()) if content else 1.0
            self.setFixedWidth(round(_HEIGHT * ratio))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._image.isNull():
            painter.fillRect(self.rect(), QColor(RAISED))
        else:
            painter.drawImage(QRectF(self.rect()), self._image)
