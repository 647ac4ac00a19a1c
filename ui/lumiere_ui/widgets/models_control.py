"""Which registered models a clip is generated with; where there is none, how to get one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from ..models.session import Session
from .controls import stacked

_NONE = (
    "No model is registered. Lumiere brings none and fetches none: add a Stable Diffusion folder of yours (1.x, 2.x "
    "or XL, in diffusers' layout), and an AnimateDiff adapter to make it move."
)
_STILL = "none"
_MOST_LORAS = 4


class ModelsControl(QWidget):
    """Model, what makes it move, LoRAs, and what enlarges the clip.

    Args:
        session: knows what is registered.
        roles: what of it may be chosen beside the model, as in a `FormField`.
    """

    changed = Signal(object)
    """`Weights`."""

    def __init__(self, session: Session, roles: tuple[str, ...]) -> None:
        super().__init__()
        self._models, self._roles = session.models, roles
        self.image, self.motion, self.upscale = QComboBox(), QComboBox(), QComboBox()
        self.loras = [_LoraLine() for _ in range(_MOST_LORAS)]
        for control, name, tip in (
            (self.image, "Text-to-image model", "What paints the pictures"),
            (
                self.motion,
                "Motion",
                "What makes the pictures a clip: temporal layers, or an AnimateDiff adapter",
            ),
            (self.upscale, "Enlarging", "A super-resolution model that makes the finished clip larger"),
        ):
            control.setAccessibleName(name)
            control.setToolTip(tip)
            _narrow(control)
        self.none = QLabel(_NONE)
        self.none.setWordWrap(True)
        self.none.setProperty("role", "dim")
        self.add_folder = QPushButton("Add a folder…")
        self.add_file = QPushButton("Add a file…")
        self.add_folder.setToolTip("A model in diffusers' layout; it stays where it is")
        self.add_file.setToolTip("A .safetensors file: a single-file model, a LoRA, temporal layers")
        self.add_folder.clicked.connect(self._ask_folder)
        self.add_file.clicked.connect(self._ask_file)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.add_folder)
        buttons.addWidget(self.add_file)
        buttons.addStretch(1)
        self.setLayout(stacked(self.none, self.image, self.motion, *self.loras, self.upscale, buttons))
        self.image.currentIndexChanged.connect(self._show_fitting)
        for box in (self.motion, self.upscale):
            box.currentIndexChanged.connect(self._choose)
        for line in self.loras:
            line.changed.connect(self._choose)
        self._models.changed.connect(self._show)
        self._tell = self.changed.emit
        self._show()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - as Qt calls it
        """The command line may have registered more."""
        super().showEvent(event)
        self._models.refresh()

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "A model in diffusers' layout")
        if path:
            self._models.add(Path(path))

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "A model", "", "Weights (*.safetensors)")
        if path:
            self._models.add(Path(path))

    def _show(self) -> None:
        with QSignalBlocker(self.image):
            _fill(self.image, [(one.name, one.name) for one in self._models.of("image")])
        self.none.setVisible(not self.image.count())
        self.image.setVisible(bool(self.image.count()))
        self._show_fitting()

    def _show_fitting(self) -> None:
        """What fits the chosen model."""
        images = {one.name: one for one in self._models.of("image")}
        image = images.get(self.image.currentData())
        shape = None if image is None else image.shape

        def fitting(role: str, *kinds: str) -> list[tuple[str, str]]:
            there = [] if image is None or role not in self._roles else self._models.of(*kinds, shape=shape)
            return [(one.name, one.name) for one in there]

        moving, loras = fitting("motion", "temporal", "motion"), fitting("lora", "lora")
        # whatever made the clip, it is enlarged as pictures are
        there = self._models.of("upscale") if image is not None and "upscale" in self._roles else []
        larger = [(one.name, one.name) for one in there if one.trained_with is None]  # not layers of 0.7
        with QSignalBlocker(self.motion), QSignalBlocker(self.upscale):
            still = [] if image is None else [("No motion: every frame for itself", _STILL)]
            _fill(self.motion, [*moving, *still])
            _fill(self.upscale, [("Not enlarged", ""), *larger])
        for line in self.loras:
            line.fill(loras)
        self.motion.setVisible(image is not None)
        self.upscale.setVisible(bool(larger))
        self._choose()

    def _choose(self) -> None:
        image = self.image.currentData()
        self._show_lines()
        if image is None:
            self.changed.emit(())
        else:
            loras = tuple(line.said for line in self.loras if line.said)
            larger = self.upscale.currentData() or None
            self._models.choose(image, self.motion.currentData(), loras, larger, self._tell)

    def _show_lines(self) -> None:
        """The LoRAs that are chosen, and a line for one more."""
        last = max((number for number, line in enumerate(self.loras) if line.said), default=-1)
        for number, line in enumerate(self.loras):
            line.setVisible(number <= last + 1 and number < line.known)


class _LoraLine(QWidget):
    """A LoRA and how much of it is added."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice, self.scale = QComboBox(), QDoubleSpinBox()
        self.scale.setRange(-4, 4)
        self.scale.setSingleStep(0.1)
        self.scale.setValue(1.0)
        self.scale.setPrefix("× ")
        _narrow(self.choice)
        for control, name, tip in (
            (self.choice, "LoRA", "A style or subject on top of the model"),
            (self.scale, "Strength of the LoRA", "How much of it is added"),
        ):
            control.setAccessibleName(name)
            control.setToolTip(tip)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.choice, 1)
        line.addWidget(self.scale)
        self.choice.currentIndexChanged.connect(self._tell)
        self.scale.valueChanged.connect(self._tell)
        self.fill([])

    @property
    def known(self) -> int:
        """How many there are to choose from."""
        return self.choice.count() - 1

    @property
    def said(self) -> str:
        """As name=scale, or "" for none."""
        name = self.choice.currentData()
        return f"{name}={self.scale.value():g}" if name else ""

    def fill(self, loras: list[tuple[str, str]]) -> None:
        """Offer others."""
        with QSignalBlocker(self.choice):
            _fill(self.choice, [("No LoRA", ""), *loras])
        self.scale.setEnabled(bool(self.said))

    def _tell(self) -> None:
        self.scale.setEnabled(bool(self.said))
        self.changed.emit()


def _narrow(box: QComboBox) -> None:
    """Long names do not make the form wider."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)


def _fill(box: QComboBox, entries: list[tuple[str, str]]) -> None:
    """Other entries; what was chosen stays so if it is still there."""
    chosen = box.currentData()
    box.clear()
    for words, data in entries:
        box.addItem(words, data)
    box.setCurrentIndex(max(0, box.findData(chosen)))
