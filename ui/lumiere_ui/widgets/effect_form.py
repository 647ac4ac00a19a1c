"""The form of an effect's parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..models.effect_form import FormField, effective, form_of
from ..models.session import Session
from .begin_control import BeginControl
from .controls import FileControl, SliderControl, TextControl
from .models_control import ModelsControl
from .motion_control import MotionControl, StillControl
from .paintings import PaintingsControl
from .styles_control import StylesControl

_AUTOMATIC = "Automatic"
_WIDE = ("text", "paintings", "models", "motion", "styles", "begin")
Valued = SliderControl | TextControl | FileControl | StylesControl | BeginControl


class EffectForm(QScrollArea):
    """A control for every parameter that has a label; those that are seldom needed are folded away.

    Args:
        params: the parameters to begin with, a dataclass.
        session: what is open; some parameters belong to the shot.
        parent: a widget.
    """

    changed = Signal(object)
    """The parameters."""
    draw_wanted = Signal()
    """Arrows of motion are to be drawn."""

    def __init__(self, params: Any, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params, self._session = params, session
        self._fields = form_of(type(params))
        self._wanted = {field.name: field.default for field in self._fields}
        self._controls: dict[str, QWidget] = {}
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(8)
        first = [field for field in self._fields if not field.more]
        # without a model nothing else matters; a list of paintings grows, and what is below it is out of sight
        places = {"models": 0, "paintings": 2}
        column.addLayout(self._grid(sorted(first, key=lambda field: places.get(field.kind, 1))))
        more = [field for field in self._fields if field.more]
        if more:
            self._add_more(column, more)
        column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def control(self, name: str) -> QWidget:
        """The control of a parameter."""
        return self._controls[name]

    def set_params(self, **values: Any) -> None:
        """Take values, as a preset does."""
        for field in self._fields:
            if field.name in values:
                self._put(field, values[field.name])

    def overrule(self, name: str, value: float | None) -> None:
        """Show a number that the shot's notes say instead of the one that was set; None shows that again."""
        control = self._controls[name]
        assert isinstance(control, QDoubleSpinBox)
        shown = getattr(self._params, name) if value is None else value
        with QSignalBlocker(control):
            control.setValue(control.minimum() if shown is None else shown)
        control.setEnabled(value is None)

    def _grid(self, fields: list[FormField]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for field in fields:
            self._add(grid, grid.rowCount(), field)
        return grid

    def _add_more(self, column: QVBoxLayout, fields: list[FormField]) -> None:
        """What is seldom needed, below a line that unfolds it."""
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setCheckable(True)
        self.more.setProperty("role", "flat")
        self.more.setAccessibleName("More settings")
        self.more.setToolTip(", ".join(field.label for field in fields))
        folded = QWidget()
        folded.setLayout(self._grid(fields))
        folded.hide()

        def unfold(on: bool) -> None:
            folded.setVisible(on)
            self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)

        self.more.toggled.connect(unfold)
        column.addWidget(self.more)
        column.addWidget(folded)

    def _add(self, grid: QGridLayout, row: int, field: FormField) -> None:
        control = self._control(field)
        if not control.toolTip():
            control.setToolTip(field.help)
        if not control.accessibleName():
            control.setAccessibleName(field.label)
        self._controls[field.name] = control
        if field.kind == "switch":
            grid.addWidget(control, row, 0, 1, 2)
            return
        label = QLabel(field.label)
        label.setProperty("role", "dim")
        label.setBuddy(control)
        if field.kind in _WIDE:
            grid.addWidget(label, row, 0, 1, 2)
            grid.addWidget(control, row + 1, 0, 1, 2)
        else:
            grid.addWidget(label, row, 0)
            grid.addWidget(control, row, 1)

    def _control(self, field: FormField) -> QWidget:
        made: QWidget
        if field.kind == "switch":
            made = self._switch(field)
        elif field.kind == "choice":
            made = self._choice(field)
        elif field.kind == "paintings":
            made = self._paintings()
        elif field.kind == "frame":
            made = StillControl(self._session)
        elif field.kind == "motion":
            made = MotionControl(self._session)
            made.draw_wanted.connect(self.draw_wanted)
        elif field.kind == "number":
            made = self._number(field)
        else:
            made = self._valued(field)
        return made

    def _valued(self, field: FormField) -> QWidget:
        made: Valued | ModelsControl
        if field.kind == "slider":
            made = SliderControl(field)
            made.moved.connect(lambda value: self._session.previews.slide(field.name, value))
        elif field.kind == "text":
            made = TextControl(field)
            if field.needs:
                self._wait_for_model(made)
        elif field.kind == "models":
            made = ModelsControl(self._session, field.roles)
        elif field.kind == "begin":
            made = BeginControl(field, self._session)
        elif field.kind == "styles":
            made = StylesControl(field, self._session)
        else:
            made = FileControl(field, self._session.thumbnails)
        made.changed.connect(lambda value: self._changed(field.name, value))
        return made

    def _wait_for_model(self, control: TextControl) -> None:
        """Words that need a model are for who has registered one; how to do that stands below them."""
        hint = control.placeholderText()

        def show() -> None:
            able = bool(self._session.models.of("image"))
            control.setEnabled(able)
            control.setPlaceholderText(
                hint if able else "For words a text-to-image model is needed, see below"
            )

        self._session.models.changed.connect(show)
        show()

    def _switch(self, field: FormField) -> QCheckBox:
        box = QCheckBox(field.label)
        box.setChecked(bool(field.default))
        box.toggled.connect(lambda on: self._changed(field.name, on))
        return box

    def _choice(self, field: FormField) -> QComboBox:
        box = QComboBox()
        for choice, words in zip(field.choices, field.words, strict=True):
            box.addItem(words, choice)
        box.setCurrentIndex(max(0, box.findData(field.default)))
        box.currentIndexChanged.connect(lambda _: self._changed(field.name, box.currentData()))
        return box

    def _paintings(self) -> PaintingsControl:
        """Painted frames; advice on them is brought into sight."""
        made = PaintingsControl(self._session)

        def show_advice() -> None:
            if made.advice.isVisible():
                self.ensureWidgetVisible(made.advice)

        soon = QTimer(self)  # when it has got its place
        soon.setSingleShot(True)
        soon.setInterval(0)
        soon.timeout.connect(show_advice)
        self._session.painting.changed.connect(soon.start)
        return made

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
            self._changed(field.name, None if automatic else round(value) if field.whole else value)

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
        elif isinstance(control, Valued):
            control.put(value)
            self._changed(field.name, value)

    def _changed(self, name: str, value: Any) -> None:
        self._wanted[name] = value
        for field in self._fields:
            if value and {field.kind, self._kind(name)} == {"picture", "styles"}:
                # style files stand alone
                self._wanted[field.name] = field.default
                control = self._controls[field.name]
                assert isinstance(control, FileControl | StylesControl)
                control.put(field.default)
        self._params = replace(self._params, **effective(self._fields, self._wanted))
        self.changed.emit(self._params)

    def _kind(self, name: str) -> str:
        return next(field.kind for field in self._fields if field.name == name)
