"""Controls of a form that Qt does not have: a slider with its value, lines of text, a file with its picture.

Each has `changed`, which emits a value, and `put`, which takes one without emitting.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ..models.effect_form import FormField
from ..models.pictures import PictureStore
from .buttons import flat_button
from .file_drop import FileDrop
from .thumbnail import Thumbnail

PICTURES = "Pictures (*.png *.jpg *.jpeg *.tif *.tiff *.exr);;All files (*)"
_TEXT_LINES = 3


class SliderControl(QWidget):
    """A slider whose value counts when it is let go of: what follows may take a second.

    Args:
        field: its range.
    """

    changed = Signal(object)
    moved = Signal(float)
    """It is held, there."""

    def __init__(self, field: FormField) -> None:
        super().__init__()
        self._field = field
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round((field.high - field.low) / field.step))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.slider.setAccessibleName(field.label)
        self._value = QLabel()
        self._value.setFixedWidth(self._value.fontMetrics().horizontalAdvance("0.00") + 4)
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.slider, 1)
        line.addWidget(self._value)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(self._moved)
        self.slider.sliderReleased.connect(self._tell)
        self.put(field.default)

    @property
    def value(self) -> float:
        """Where it stands."""
        return round(self._field.low + self.slider.value() * self._field.step, 6)

    def put(self, value: float) -> None:
        """Stand there."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((value - self._field.low) / self._field.step))
        self._value.setText(f"{self.value:.2f}")

    def _moved(self) -> None:
        self._value.setText(f"{self.value:.2f}")
        if self.slider.isSliderDown():
            self.moved.emit(self.value)
        else:
            self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.value)


class TextControl(QPlainTextEdit):
    """A few lines of text; Tab leaves it.

    Args:
        field: its help is the hint of an empty one.
    """

    changed = Signal(object)

    def __init__(self, field: FormField) -> None:
        super().__init__()
        self.setPlaceholderText(field.help)
        self.setTabChangesFocus(True)
        margins = self.contentsMargins()
        self.setFixedHeight(
            self.fontMetrics().lineSpacing() * _TEXT_LINES + margins.top() + margins.bottom() + 14
        )
        self.textChanged.connect(lambda: self.changed.emit(self.toPlainText().strip()))

    def put(self, text: str) -> None:
        """Say this."""
        if text != self.toPlainText().strip():
            with QSignalBlocker(self):
                self.setPlainText(text)


class FileControl(FileDrop):
    """A picture's file: chosen with a click, or dropped here.

    Args:
        field: of the parameter.
        store: decodes pictures.
        empty: what the button says without one.
    """

    changed = Signal(object)
    """Its path, or None."""

    def __init__(self, field: FormField, store: PictureStore, empty: str = "Choose…") -> None:
        super().__init__()
        self._field, self._path, self._empty = field, field.default, empty
        self.choose_button = QPushButton()
        self.choose_button.setStyleSheet("text-align: left;")
        self.choose_button.setMinimumWidth(60)
        self.choose_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.choose_button.clicked.connect(self.choose)
        self.clear_button = flat_button("cross", f"No {field.label.lower()}", size=13)
        self.clear_button.clicked.connect(lambda: self._set(None))
        self._thumbnail = Thumbnail(store, QSize(64, 44))
        self._thumbnail.setCursor(Qt.CursorShape.PointingHandCursor)
        self._thumbnail.installEventFilter(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(self._thumbnail)
        line.addWidget(self.choose_button, 1)
        line.addWidget(self.clear_button)
        self.setFocusProxy(self.choose_button)
        self._show()

    def put(self, value: str | None) -> None:
        """Show this file."""
        self._path = value
        self._show()

    def choose(self) -> None:
        """Ask for a file."""
        beside = str(Path(self._path).parent) if self._path else ""
        path, _ = QFileDialog.getOpenFileName(self, self._field.label, beside, PICTURES)
        if path:
            self._set(path)

    def take_files(self, paths: list[str]) -> None:
        """Show the first."""
        self._set(paths[0])

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """A click on the picture chooses another."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            self.choose()
            return True
        return False

    def _set(self, path: str | None) -> None:
        self.put(path)
        self.changed.emit(path)

    def _show(self) -> None:
        name = Path(self._path).name if self._path else self._empty
        self.choose_button.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 112))
        self.choose_button.setToolTip(self._path or f"{self._field.help}\nOr drop a file here")
        self.choose_button.setAccessibleName(f"{self._field.label}: {name}")
        self.clear_button.setVisible(self._path is not None)
        self._thumbnail.set_file(self._path)


def stacked(*rows: QWidget | QHBoxLayout) -> QVBoxLayout:
    """Rows below each other, close together."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for row in rows:
        if isinstance(row, QWidget):
            column.addWidget(row)
        else:
            column.addLayout(row)
    return column
