"""Several style files, mixed: which, and how much each counts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lumiere_engine.protocol import StyleShare
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QMenu,
    QPushButton,
    QWidget,
)

from ..models.effect_form import FormField
from ..models.session import Session
from ..models.style_mix import added, reweighted, without
from .buttons import flat_button
from .controls import stacked
from .file_drop import FileDrop

_FILTER = "Style files (*.safetensors)"


class StylesControl(FileDrop):
    """A row for each style with its weight, and a button for one more: a registered one, or a file.

    Args:
        field: of the parameter.
        session: knows what is registered.
    """

    changed = Signal(object)
    """A tuple of `StyleShare`s."""

    def __init__(self, field: FormField, session: Session) -> None:
        super().__init__()
        self._field, self._models = field, session.models
        self._shares: tuple[StyleShare, ...] = ()
        self._rows = QGridLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setColumnStretch(0, 1)
        self.weights: list[QDoubleSpinBox] = []
        self.add_button = QPushButton("Add a style…")
        self.add_button.setToolTip(f"{field.help}\nOr drop files here")
        self.add_button.clicked.connect(self._ask)
        rows = QWidget()
        rows.setLayout(self._rows)
        self.setLayout(stacked(rows, self.add_button))
        self.setFocusProxy(self.add_button)

    def put(self, shares: tuple[StyleShare, ...]) -> None:
        """Show these styles."""
        shares = tuple(shares or ())
        if shares == self._shares and len(self.weights) == len(shares):
            return
        same = [share.file for share in shares] == [share.file for share in self._shares]
        self._shares = shares
        if not same:
            self._build()
        for box, share in zip(self.weights, shares, strict=True):
            with QSignalBlocker(box):
                box.setValue(share.weight)

    def add(self, *files: str) -> None:
        """Mix files in, each as strong as those that are there."""
        self._set(added(self._shares, files))

    def menu(self) -> QMenu:
        """The registered styles, and the way to a file."""
        menu = QMenu(self)
        for model in self._models.of("style"):
            menu.addAction(model.name, partial(self.add, model.path))
        menu.addSeparator()
        menu.addAction("A file…", self._ask_file)
        return menu

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - as Qt calls it
        """The command line may have registered more."""
        super().showEvent(event)
        self._models.refresh()

    def take_files(self, paths: list[str]) -> None:
        """Mix them in."""
        self.add(*paths)

    def _ask(self) -> None:
        if self._models.of("style"):
            menu = self.menu()
            menu.exec(self.add_button.mapToGlobal(self.add_button.rect().bottomLeft()))
            menu.deleteLater()
        else:
            self._ask_file()

    def _ask_file(self) -> None:
        files, _ = QFileDialog.getOpenFileNames(self, self._field.label, "", _FILTER)
        if files:
            self.add(*files)

    def _set(self, shares: tuple[StyleShare, ...]) -> None:
        self.put(shares)
        self.changed.emit(shares)

    def _build(self) -> None:
        while self._rows.count():
            self._rows.takeAt(0).widget().deleteLater()
        self.weights = []
        for row, share in enumerate(self._shares):
            name = Path(share.file).stem
            label = QLabel(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 130))
            label.setToolTip(share.file)
            box = QDoubleSpinBox()
            box.setRange(0, 1)
            box.setSingleStep(0.05)
            box.setToolTip("How much it counts; all together count 1 at most, the others give way")
            box.setAccessibleName(f"Weight of {name}")
            box.valueChanged.connect(partial(self._reweigh, row))
            leave = flat_button("cross", f"Without {name}", size=13)
            leave.clicked.connect(partial(self._leave_out, row))
            self._rows.addWidget(label, row, 0)
            self._rows.addWidget(box, row, 1)
            self._rows.addWidget(leave, row, 2)
            self.weights.append(box)

    def _reweigh(self, row: int, weight: float) -> None:
        self._set(reweighted(self._shares, row, weight))

    def _leave_out(self, row: int) -> None:
        self._set(without(self._shares, row))
