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


class ModelsControl(QWidget):
    """Model, what makes it move, and a LoRA.

    Args:
        session: knows what is registered.
    """

    changed = Signal(object)
    """`Weights`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._models = session.models
        self.image, self.motion, self.lora = QComboBox(), QComboBox(), QComboBox()
        self.scale = QDoubleSpinBox()
        self.scale.setRange(-4, 4)
        self.scale.setSingleStep(0.1)
        self.scale.setValue(1.0)
        self.scale.setPrefix("× ")
        for control, name, tip in (
            (self.image, "Text-to-image model", "What paints the pictures"),
            (
                self.motion,
                "Motion",
                "What makes the pictures a clip: temporal layers, or an AnimateDiff adapter",
            ),
            (self.lora, "LoRA", "A style or subject on top of the model"),
            (self.scale, "Strength of the LoRA", "How much of it is added"),
        ):
            control.setAccessibleName(name)
            control.setToolTip(tip)
        for box in (self.image, self.motion, self.lora):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
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
        self._lora_line = QWidget()
        line = QHBoxLayout(self._lora_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.lora, 1)
        line.addWidget(self.scale)
        self.setLayout(stacked(self.none, self.image, self.motion, self._lora_line, buttons))
        self.image.currentIndexChanged.connect(self._show_fitting)
        for box in (self.motion, self.lora):
            box.currentIndexChanged.connect(self._choose)
        self.scale.valueChanged.connect(self._choose)
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
        moving = [] if image is None else self._models.of("temporal", "motion", shape=shape)
        loras = [] if image is None else self._models.of("lora", shape=shape)
        with QSignalBlocker(self.motion), QSignalBlocker(self.lora):
            still = [] if image is None else [("No motion: every frame for itself", _STILL)]
            _fill(self.motion, [*((one.name, one.name) for one in moving), *still])
            _fill(self.lora, [("No LoRA", ""), *((one.name, one.name) for one in loras)])
        self.motion.setVisible(image is not None)
        self._lora_line.setVisible(bool(loras))
        self._choose()

    def _choose(self) -> None:
        image, lora = self.image.currentData(), self.lora.currentData()
        self.scale.setEnabled(bool(lora))
        if image is None:
            self.changed.emit(())
        else:
            loras = (f"{lora}={self.scale.value():g}",) if lora else ()
            self._models.choose(image, self.motion.currentData(), loras, self._tell)


def _fill(box: QComboBox, entries: list[tuple[str, str]]) -> None:
    """Other entries; what was chosen stays so if it is still there."""
    chosen = box.currentData()
    box.clear()
    for words, data in entries:
        box.addItem(words, data)
    box.setCurrentIndex(max(0, box.findData(chosen)))
