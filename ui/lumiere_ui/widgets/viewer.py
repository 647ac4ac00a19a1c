"""The picture: plate, result and their comparisons, the red overlay, and the shapes that are drawn on it."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..models.mask_tools import MaskTools
from ..models.pictures import Decoded
from ..models.session import Session
from ..models.viewing import Viewing
from .shapes import draw_arrows, draw_shapes
from .style import ACCENT, DIM, FAINT, MATTE, TEXT, WINDOW

_MARGIN = 14
_MOST_ZOOM, _LEAST_ZOOM = 16.0, 0.25
_REACH = 9  # pixels of the screen
_WIPE_REACH = 8
_DRAWN_ON = ("plate", "preview", "result")


class Viewer(QWidget):
    """Shows what `Viewing` says, and hands the mouse to the tools.

    Args:
        session, viewing, tools: the models.
        parent: a widget.
    """

    opened = Signal()
    """A click where nothing is open."""

    def __init__(
        self, session: Session, viewing: Viewing, tools: MaskTools, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._viewing, self._tools = session, viewing, tools
        self._zoom, self._pan = 1.0, QPointF()
        self._held: tuple[str, QPointF] | None = None
        self._mouse: QPointF | None = None
        self.setMinimumSize(320, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Viewer")
        self.setAccessibleDescription("The frame under the playhead; masks are drawn here")
        viewing.changed.connect(self.update)
        tools.changed.connect(self.update)
        session.arrows.changed.connect(self.update)
        session.notes.changed.connect(self.update)
        session.previews.busy_changed.connect(self.update)
        session.project_changed.connect(self.fit)

    def fit(self) -> None:
        """The whole picture."""
        self._zoom, self._pan = 1.0, QPointF()
        self._zoomed()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Closer (above 1) or farther, around a place of the widget."""
        at = at or QPointF(self.rect().center())
        before = self._zoom
        self._zoom = min(max(self._zoom * factor, _LEAST_ZOOM), _MOST_ZOOM)
        center = QPointF(self.rect().center()) + self._pan
        self._pan += (at - center) * (1 - self._zoom / before)
        self._zoomed()

    def picture_rect(self) -> QRectF:
        """Where the picture is on the widget."""
        width, height = self._size()
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        across = 2 if self._viewing.mode == "side" else 1
        scale = min(room.width() / (width * across), room.height() / height) * self._zoom
        rect = QRectF(0, 0, width * scale * across, height * scale)
        rect.moveCenter(QPointF(self.rect().center()) + self._pan)
        return rect

    def to_widget(self, x: float, y: float) -> QPointF:
        """A place in pixels of the plate on the widget."""
        rect, (width, height) = self._plate_rect(), self._size()
        return QPointF(rect.left() + x / width * rect.width(), rect.top() + y / height * rect.height())

    def to_plate(self, place: QPointF) -> tuple[float, float]:
        """A place on the widget in pixels of the plate."""
        rect, (width, height) = self._plate_rect(), self._size()
        return (
            (place.x() - rect.left()) / rect.width() * width,
            (place.y() - rect.top()) / rect.height() * height,
        )

    @property
    def scale(self) -> float:
        """Pixels of the widget for a pixel of the plate."""
        return self._plate_rect().width() / self._size()[0]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Draw."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(WINDOW))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < 4)
        if self._session.project is None:
            self._say(painter, "Open a timeline or a clip", "Drop a file here, or click. Ctrl+O")
            return
        if self._viewing.clip is None:
            self._say(painter, "No picture here", "The playhead stands on a gap")
            return
        if self._viewing.clip.missing:
            self._say(painter, "The clip's media is missing", self._viewing.clip.missing)
            return
        self._draw_picture(painter)
        if self._viewing.on_shot and self._viewing.mode in _DRAWN_ON:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_shapes(painter, self, self._session, self._tools, self._viewing.media_frame, self._mouse)
            if self._session.arrows.usable:
                draw_arrows(painter, self, self._session.arrows.shown, in_hand=self._arrow_in_hand)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Draw, wipe, pan, or open."""
        if self._session.project is None:
            self.opened.emit()
            return
        place = event.position()
        if (
            event.button() == Qt.MouseButton.MiddleButton
            or event.modifiers() & Qt.KeyboardModifier.AltModifier
        ):
            self._held = "pan", place
        elif event.button() == Qt.MouseButton.LeftButton and self._on_wipe(place):
            self._held = "wipe", place
        elif event.button() == Qt.MouseButton.LeftButton and self._may_draw():
            self._session.playhead.stop()
            if self._arrow_in_hand:
                self._session.arrows.press(*self.to_plate(place), _REACH / self.scale)
            else:
                self._tools.press(self._viewing.media_frame, *self.to_plate(place), _REACH / self.scale)
            self._held = "tool", place
        elif event.button() == Qt.MouseButton.RightButton and self._arrow_in_hand:
            self._session.arrows.remove(*self.to_plate(place), _REACH / self.scale)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go on with what was begun."""
        place = event.position()
        self._mouse = place
        if self._held is None:
            self._set_cursor(place)
            if self._tools.tool in ("brush", "eraser") or self._tools.open_spline:
                self.update()
            return
        what, last = self._held
        if what == "pan":
            self._pan += place - last
            self._held = what, place
        elif what == "wipe":
            rect = self.picture_rect()
            self._viewing.set_wipe((place.x() - rect.left()) / rect.width())
        elif self._arrow_in_hand:
            self._session.arrows.move(*self.to_plate(place))
        else:
            self._tools.move(self._viewing.media_frame, *self.to_plate(place))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """It is drawn."""
        held, self._held = self._held, None
        if held is not None and held[0] == "tool":
            (self._session.arrows if self._arrow_in_hand else self._tools).release()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Close an open spline."""
        if self._tools.open_spline:
            self._tools.finish(self._viewing.media_frame)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom."""
        if self._session.project is not None:
            self.zoom_by(1.0015 ** event.angleDelta().y(), event.position())

    def leaveEvent(self, event: object) -> None:  # noqa: N802
        """The brush is not over the picture any more."""
        self._mouse = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter closes a spline, Escape drops what is being drawn."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._tools.open_spline:
            self._tools.finish(self._viewing.media_frame)
        elif event.key() == Qt.Key.Key_Escape:
            self._tools.cancel()
            self._session.arrows.cancel()
        else:
            super().keyPressEvent(event)

    @property
    def _arrow_in_hand(self) -> bool:
        return self._tools.tool == "arrow"

    def _may_draw(self) -> bool:
        return self._viewing.on_shot and self._viewing.mode in _DRAWN_ON

    def _size(self) -> tuple[int, int]:
        shot = self._session.shot
        if self._viewing.on_shot and shot is not None:
            return shot.width, shot.height
        picture = self._viewing.picture("plate")
        return (picture.width, picture.height) if picture is not None else (1920, 1080)

    def _plate_rect(self) -> QRectF:
        rect = self.picture_rect()
        if self._viewing.mode == "side":
            rect.setWidth(rect.width() / 2)
        return rect

    def _zoomed(self) -> None:
        # finer than the proxy only when that can be seen
        self._viewing.set_full_size(self._zoom > 1.5)
        self.update()

    def _on_wipe(self, place: QPointF) -> bool:
        if self._viewing.mode != "wipe":
            return False
        rect = self.picture_rect()
        return abs(place.x() - (rect.left() + rect.width() * self._viewing.wipe)) <= _WIPE_REACH

    def _set_cursor(self, place: QPointF) -> None:
        if self._session.project is None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif self._on_wipe(place):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif not self._may_draw() or self._tools.tool == "select":
            self.setCursor(Qt.CursorShape.ArrowCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    def _draw_picture(self, painter: QPainter) -> None:
        mode, rect = self._viewing.mode, self.picture_rect()
        main = "plate" if mode in ("wipe", "side") else mode
        picture = self._viewing.picture(main)
        if mode == "matte":
            painter.fillRect(rect, QColor("black"))
        if picture is None:
            painter.fillRect(rect, QColor("#101113"))
            if mode != "matte":
                painter.setPen(QColor(FAINT))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "Decoding…")
            return
        result = self._viewing.picture("result") if mode in ("wipe", "side") else None
        if mode == "side":
            left, right = QRectF(rect), QRectF(rect)
            left.setWidth(rect.width() / 2 - 1)
            right.setLeft(rect.center().x() + 1)
            painter.drawImage(left, image_of(picture))
            if result is not None:
                painter.drawImage(right, image_of(result))
            self._label(painter, left, "Plate")
            self._label(painter, right, "Result")
            return
        painter.drawImage(rect, image_of(picture))
        if mode == "preview":
            self._draw_over(painter, rect)
        said = self._said_of_preview(mode)
        if said:
            self._label(painter, rect, said)
        if mode == "plate" and self._viewing.overlay:
            matte = self._viewing.picture("matte")
            if matte is not None:
                painter.drawImage(rect, image_of(matte, overlay=True))
        if mode == "wipe" and result is not None:
            self._draw_wipe(painter, rect, result)

    def _draw_over(self, painter: QPainter, rect: QRectF) -> None:
        """What a preview is mixed with until the right one is there."""
        preview, over = self._viewing.preview, self._viewing.picture("over")
        if preview is not None and over is not None:
            painter.setOpacity(preview.share)
            painter.drawImage(rect, image_of(over))
            painter.setOpacity(1.0)

    def _said_of_preview(self, mode: str) -> str:
        preview = self._viewing.preview if mode == "preview" else None
        busy = self._session.previews.busy and mode in _DRAWN_ON
        parts = ["" if preview is None else preview.note, "Working on the preview…" if busy else ""]
        return " · ".join(part for part in parts if part)

    def _draw_wipe(self, painter: QPainter, rect: QRectF, result: Decoded) -> None:
        x = rect.left() + rect.width() * self._viewing.wipe
        right = QRectF(rect)
        right.setLeft(x)
        painter.save()
        painter.setClipRect(right)
        painter.drawImage(rect, image_of(result))
        painter.restore()
        painter.setPen(QPen(QColor(ACCENT), 1.5))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(ACCENT))
        painter.drawEllipse(QPointF(x, rect.center().y()), 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        left = QRectF(rect)
        left.setRight(x)
        if left.width() > 70:
            self._label(painter, left, "Plate")
        if right.width() > 70:
            self._label(painter, right, "Result")

    def _label(self, painter: QPainter, rect: QRectF, text: str) -> None:
        metrics = painter.fontMetrics()
        box = QRectF(
            rect.left() + 8, rect.top() + 8, metrics.horizontalAdvance(text) + 14, metrics.height() + 6
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(TEXT))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _say(self, painter: QPainter, title: str, hint: str) -> None:
        font = painter.font()
        large = painter.font()
        large.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(large)
        painter.setPen(QColor(TEXT))
        middle = QRectF(self.rect()).adjusted(40, 0, -40, 0)
        painter.drawText(middle.translated(0, -16), Qt.AlignmentFlag.AlignCenter, title)
        painter.setFont(font)
        painter.setPen(QColor(DIM))
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(middle.translated(0, 18), flags, hint)


def image_of(picture: Decoded, overlay: bool = False) -> QImage:
    """A picture for Qt, which shares its samples; a matte as an overlay is red where it is white."""
    return _image(picture, overlay)


@lru_cache(maxsize=8)
def _image(picture: Decoded, overlay: bool) -> QImage:
    width, height = picture.width, picture.height
    if picture.channels == 3:
        return QImage(picture.content, width, height, width * 3, QImage.Format.Format_RGB888)
    if not overlay:
        return QImage(picture.content, width, height, width, QImage.Format.Format_Grayscale8)
    image = QImage(picture.content, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(_overlay_colors())
    return image


@lru_cache(maxsize=1)
def _overlay_colors() -> list[int]:
    return [QColor(MATTE.red(), MATTE.green(), MATTE.blue(), round(k * 0.5)).rgba() for k in range(256)]
