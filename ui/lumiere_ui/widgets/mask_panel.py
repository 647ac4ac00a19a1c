"""The list of masks, and the brush."""

from __future__ import annotations

from lumiere_engine.protocol.roto import Mask
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..models.mask_tools import MaskTools
from ..models.session import Session
from .buttons import flat_button
from .icons import icon
from .style import ACCENT, DANGER, RAISED, filled

_KIND_ICONS = {
    "rectangle": "rectangle",
    "ellipse": "ellipse",
    "spline": "spline",
    "brush": "brush",
    "matte": "film",
}


class MaskPanel(QWidget):
    """Masks from the first that counts to the last, with what can be set for each.

    Args:
        session: what is open.
        tools: size and hardness of the brush.
        parent: a widget.
    """

    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, session: Session, tools: MaskTools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session, self._tools = session, tools
        self.empty = QLabel()
        self.empty.setProperty("role", "dim")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(4, 0, 4, 0)
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(3)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 2, 8, 2)
        column.addWidget(self.empty)
        column.addLayout(self._rows)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(4)
        layout.addWidget(scroll, 1)
        layout.addLayout(self._files())
        layout.addWidget(self._brush())
        session.roto.changed.connect(self._show)
        session.roto.selected.connect(self._show)
        session.shot_changed.connect(self._show)
        session.effect_changed.connect(self._show_empty)
        tools.changed.connect(self._show_brush)
        self._show_empty()
        self._listed: tuple[object, ...] = ()
        self._show()
        self._show_brush()

    def _files(self) -> QHBoxLayout:
        self.bring = QPushButton("Import…")
        self.bring.setToolTip(
            "A matte clip or sequence, shapes from Nuke (.nk), Silhouette (.fxs) or SVG, COCO or SAM masks"
        )
        self.bring.clicked.connect(self.import_wanted)
        self.send = QPushButton("Export…")
        self.send.setToolTip(
            "The matte as a movie or sequence, or the shapes for Nuke, Silhouette, SVG or Lumiere"
        )
        self.send.clicked.connect(self.export_wanted)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(6)
        for button in (self.bring, self.send):
            button.setProperty("role", "flat")
            line.addWidget(button)
        line.addStretch(1)
        return line

    def _brush(self) -> QWidget:
        self._brush_box = QWidget()
        column = QVBoxLayout(self._brush_box)
        column.setContentsMargins(12, 4, 12, 0)
        column.setSpacing(6)
        self.size_slider = self._slider(column, "Size", 2, 400, "[ and ]")
        self.hardness_slider = self._slider(column, "Hardness", 0, 100, "")
        self.size_slider.valueChanged.connect(lambda value: self._tools.set_brush(size=float(value)))
        self.hardness_slider.valueChanged.connect(lambda value: self._tools.set_brush(hardness=value / 100))
        return self._brush_box

    def _slider(self, column: QVBoxLayout, name: str, low: int, high: int, keys: str) -> QSlider:
        label = QLabel(name)
        label.setProperty("role", "dim")
        label.setFixedWidth(64)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setAccessibleName(f"Brush {name.lower()}")
        slider.setToolTip(f"{name} of the brush" + (f"  ({keys})" if keys else ""))
        line = QHBoxLayout()
        line.addWidget(label)
        line.addWidget(slider, 1)
        column.addLayout(line)
        return slider

    def _show_empty(self) -> None:
        """What a mask would be for."""
        session = self._session
        if session.shot is None:
            text = "Masks of the selected clip appear here."
        elif session.needs_mask:
            text = f"{session.effect.hint}: pick a tool at the left."
        else:
            text = "Without a mask, all of the picture is changed."
        self.empty.setText(text)

    def _show_brush(self) -> None:
        self._brush_box.setVisible(self._tools.tool in ("brush", "eraser"))
        for slider, value in (
            (self.size_slider, self._tools.size),
            (self.hardness_slider, self._tools.hardness * 100),
        ):
            slider.blockSignals(True)
            slider.setValue(round(value))
            slider.blockSignals(False)

    def _show(self) -> None:
        """Make the rows anew, but only when they would differ: a stroke in progress changes none of them."""
        roto = self._session.roto.roto
        masks = roto.masks if roto is not None else ()
        self.bring.setEnabled(roto is not None)
        self.send.setEnabled(roto is not None and roto.draws)
        current = self._session.roto.current
        listed = (
            current,
            self._session.shot is None,
            *(
                (m.id, m.name, m.kind, m.mode, m.enabled, m.locked, m.inverted, len(m.key_frames()))
                for m in masks
            ),
        )
        if listed == self._listed:
            return
        self._listed = listed
        while self._rows.count():
            widget = self._rows.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for mask in masks:
            self._rows.addWidget(_MaskRow(self._session, mask, mask.id == current))
        self.empty.setVisible(not masks)
        self._show_empty()


class _MaskRow(QFrame):
    """One mask."""

    def __init__(self, session: Session, mask: Mask, selected: bool) -> None:
        super().__init__()
        self._session, self._mask = session, mask
        document = session.roto
        self.setAccessibleName(mask.name)
        if selected:
            self.setStyleSheet(f"_MaskRow {{ background: {RAISED}; border-radius: 5px; }}")
        eye = self._flag("eye" if mask.enabled else "hidden", "Counts", mask.enabled)
        eye.toggled.connect(lambda on: document.set_flag(mask.id, enabled=on))
        kind = QLabel()
        kind.setPixmap(icon(_KIND_ICONS[mask.kind], ACCENT if selected else "#8b9098").pixmap(QSize(16, 16)))
        kind.setToolTip(mask.kind.capitalize())
        name = QLineEdit(mask.name)
        name.setFrame(False)
        name.setStyleSheet("background: transparent; padding: 2px;")
        name.setAccessibleName("Name of the mask")
        name.editingFinished.connect(self._rename)
        self._name = name
        mode = QToolButton()
        mode.setText("Add" if mask.mode == "add" else "Subtract")
        mode.setProperty("role", "flat")
        mode.setToolTip("Whether the mask adds to the matte or takes away from it")
        mode.setAccessibleName("Add or subtract")
        if mask.mode != "add":
            mode.setStyleSheet(f"color: {DANGER};")
        mode.clicked.connect(self._flip)
        lock = self._flag("lock" if mask.locked else "unlock", "Locked", mask.locked)
        lock.toggled.connect(lambda on: document.set_flag(mask.id, locked=on))
        remove = flat_button("cross", "Delete the mask", size=13)
        remove.setEnabled(not mask.locked)
        remove.clicked.connect(lambda: document.remove(mask.id))
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 2, 4, 2)
        line.setSpacing(3)
        for widget in (eye, kind):
            line.addWidget(widget)
        line.addWidget(name, 1)
        for widget in (mode, lock, remove):
            line.addWidget(widget)

    def mousePressEvent(self, event: object) -> None:  # noqa: N802 - as Qt calls it
        """Select the mask."""
        self._session.roto.select(self._mask.id)

    def _flag(self, name: str, tip: str, on: bool) -> QToolButton:
        button = flat_button(name, tip, checkable=True, size=15)
        button.setChecked(on)
        return button

    def _flip(self) -> None:
        mode = "subtract" if self._mask.mode == "add" else "add"
        self._session.roto.set_flag(self._mask.id, mode=mode)

    def _rename(self) -> None:
        text = self._name.text().strip()
        if text and text != self._mask.name:
            self._session.roto.set_flag(self._mask.id, name=text)
