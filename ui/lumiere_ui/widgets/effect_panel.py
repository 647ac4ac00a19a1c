"""The form of an effect, and the buttons that do it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lumiere_engine.protocol import RemoveParams
from lumiere_engine.protocol.engine import Estimate
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..models.effect_form import FormField, form_of
from ..models.queue_model import duration
from ..models.session import Session
from .buttons import flat_button
from .style import filled

_AUTOMATIC = "Automatic"
_SOON_MS = 700


class EffectPanel(QWidget):
    """Parameters, seed, Preview and Remove.

    Args:
        session: what is open.
        parent: a widget.
    """

    params_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session = session
        self._fields = form_of(RemoveParams)
        self._controls: dict[str, QWidget] = {}
        self._able = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 12)
        layout.setSpacing(10)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, field in enumerate(self._fields):
            self._add(grid, row, field)
        self._add_seed(grid, len(self._fields))
        layout.addLayout(grid)
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setProperty("role", "dim")
        layout.addWidget(self.why)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        self.preview_one = QPushButton("Preview")
        self.preview_one.setToolTip(
            "This frame within seconds, small: real pixels are borrowed, the unseen is smooth"
        )
        self.preview_one.clicked.connect(lambda: session.make_preview(1))
        self.preview_eight = QPushButton("8 frames")
        self.preview_eight.setToolTip("Eight frames around this one, to see it move")
        self.preview_eight.clicked.connect(lambda: session.make_preview(8))
        self.remove = QPushButton("Remove")
        self.remove.setProperty("role", "primary")
        self.remove.setToolTip("Queue it: the result appears on a new track above the clip  (Ctrl+Return)")
        self.remove.clicked.connect(session.remove)
        for button, name in (
            (self.preview_one, "Preview this frame"),
            (self.preview_eight, "Preview eight frames"),
            (self.remove, "Remove object"),
        ):
            button.setAccessibleName(name)
        buttons.addWidget(self.preview_one)
        buttons.addWidget(self.preview_eight)
        buttons.addWidget(self.remove, 1)
        layout.addLayout(buttons)
        layout.addStretch(1)
        for signal in (session.shot_changed, session.selection_changed, session.roto.changed):
            signal.connect(self._show)
        session.busy_changed.connect(lambda _: self._show())
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(session.ask_estimate)
        for signal in (
            session.roto.changed,
            session.shot_changed,
            session.playhead.range_changed,
            self.params_changed,
        ):
            signal.connect(self._soon.start)
        session.estimated.connect(self._show_estimate)
        self._show()

    def control(self, name: str) -> QWidget:
        """The control of a parameter."""
        return self._controls[name]

    def set_params(self, **values: Any) -> None:
        """Take values, as a preset does."""
        for field in self._fields:
            if field.name in values:
                self._put(field, values[field.name])

    def _add(self, grid: QGridLayout, row: int, field: FormField) -> None:
        if field.kind == "switch":
            box = QCheckBox(field.label)
            box.setChecked(bool(field.default))
            box.toggled.connect(lambda on: self._changed(field.name, on))
            grid.addWidget(box, row, 0, 1, 2)
            control: QWidget = box
        else:
            label = QLabel(field.label)
            label.setProperty("role", "dim")
            grid.addWidget(label, row, 0)
            control = self._choice(field) if field.kind == "choice" else self._number(field)
            grid.addWidget(control, row, 1)
            label.setBuddy(control)
        control.setToolTip(field.help)
        control.setAccessibleName(field.label)
        self._controls[field.name] = control

    def _choice(self, field: FormField) -> QComboBox:
        box = QComboBox()
        for choice in field.choices:
            box.addItem(choice.capitalize(), choice)
        box.setCurrentIndex(max(0, box.findData(field.default)))
        box.currentIndexChanged.connect(lambda _: self._changed(field.name, box.currentData()))
        return box

    def _number(self, field: FormField) -> QDoubleSpinBox:
        """A number; one step below its lowest value it says "Automatic" if it may."""
        box = QDoubleSpinBox()
        box.setDecimals(0 if field.step >= 1 else 2)
        box.setSingleStep(field.step)
        box.setSuffix(f" {field.unit}" if field.unit else "")
        box.setRange(field.low - (field.step if field.automatic is not None else 0), field.high)
        if field.automatic is not None:
            box.setSpecialValueText(_AUTOMATIC)
        box.setValue(box.minimum() if field.default is None else field.default)
        box.lineEdit().setTextMargins(7, 0, 0, 0)

        def changed(value: float) -> None:
            automatic = field.automatic is not None and value < field.low
            self._changed(field.name, None if automatic else value)

        box.valueChanged.connect(changed)
        return box

    def _put(self, field: FormField, value: Any) -> None:
        control = self._controls[field.name]
        if isinstance(control, QCheckBox):
            control.setChecked(bool(value))
        elif isinstance(control, QComboBox):
            control.setCurrentIndex(max(0, control.findData(value)))
        elif isinstance(control, QDoubleSpinBox):
            control.setValue(control.minimum() if value is None else float(value))

    def _add_seed(self, grid: QGridLayout, row: int) -> None:
        label = QLabel("Seed")
        label.setProperty("role", "dim")
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.lineEdit().setTextMargins(7, 0, 0, 0)
        self.seed.setToolTip("Of all randomness: the same seed gives the same picture again")
        self.seed.setAccessibleName("Seed")
        self.seed.valueChanged.connect(self._set_seed)
        another = flat_button("again", "Another seed: another take")
        another.clicked.connect(lambda: self.seed.setValue(self.seed.value() + 1))
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.seed, 1)
        line.addWidget(another)
        grid.addWidget(label, row, 0)
        grid.addLayout(line, row, 1)
        label.setBuddy(self.seed)

    def _set_seed(self, value: int) -> None:
        self._session.seed = value

    def _changed(self, name: str, value: Any) -> None:
        self._session.params = replace(self._session.params, **{name: value})
        self.params_changed.emit()

    def _show_estimate(self, estimate: Estimate) -> None:
        """Before the start: how long, and how much memory."""
        if self._session.why_not_remove():
            return
        guess = "" if estimate.basis == "history" else " · a first guess"
        low, high = duration(estimate.seconds_low), duration(estimate.seconds_high)
        self.why.setText(
            f"{estimate.frames} frames: {low} to {high}, {estimate.memory_bytes / 1e9:.1f} GB{guess}"
        )
        self.why.show()

    def _show(self) -> None:
        why = self._session.why_not_remove()
        if why or not self._able:
            self.why.setText(why)
        self._able = not why
        self.why.setVisible(bool(self.why.text()))
        for button in (self.remove, self.preview_one, self.preview_eight):
            button.setEnabled(not why)
