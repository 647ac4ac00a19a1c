"""The form of an effect's parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QWidget

from ..models.effect_form import FormField, form_of

_AUTOMATIC = "Automatic"


class EffectForm(QWidget):
    """A control for every parameter that has a label.

    Args:
        params: the parameters to begin with, a dataclass.
        parent: a widget.
    """

    changed = Signal(object)
    """The parameters."""

    def __init__(self, params: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params = params
        self._fields = form_of(type(params))
        self._controls: dict[str, QWidget] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, field in enumerate(self._fields):
            self._add(grid, row, field)

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

    def _changed(self, name: str, value: Any) -> None:
        self._params = replace(self._params, **{name: value})
        self.changed.emit(self._params)
