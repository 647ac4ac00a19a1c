"""A small picture of a file or of a frame, decoded elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from ..models.pictures import PictureStore
from .style import FAINT, WINDOW
from .viewer import image_of

_SIDE = 192


class Thumbnail(QWidget):
    """Shows the picture as large as fits, or nothing.

    Args:
        store: decodes.
        size: pixels.
        parent: a widget.
    """

    def __init__(self, store: PictureStore, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._path, self._frame = "", 0
        self.setFixedSize(size)
        store.ready.connect(self._ready)

    def set_file(self, path: str | None, frame: int = 0) -> None:
        """Show a frame of a file; None shows nothing."""
        self._path, self._frame = path or "", frame
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        frame = QPainterPath()
        frame.addRoundedRect(rect, 4, 4)
        painter.fillPath(frame, QColor(WINDOW))
        key = self._key()
        request = {"do": "frame", "path": self._path, "frame": self._frame, "side": _SIDE}
        picture = self._store.want(key, request) if self._path else None
        if picture is None:
            painter.setPen(QColor(FAINT))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "…" if self._path else "+")
            return
        painter.setClipPath(frame)
        scale = max(rect.width() / picture.width, rect.height() / picture.height)
        filled = QRectF(0, 0, picture.width * scale, picture.height * scale)
        filled.moveCenter(rect.center())
        painter.drawImage(filled, image_of(picture))

    def _key(self) -> tuple[str, str, int]:
        return "thumbnail", self._path, self._frame

    def _ready(self, key: object) -> None:
        if key == self._key():
            self.update()
