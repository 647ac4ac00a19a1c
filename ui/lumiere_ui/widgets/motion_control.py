"""How a cinemagraph moves, and which frame of it stands: what belongs to the shot, not to the effect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lumiere_engine.protocol.hints import PRESETS
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from ..models.session import Session
from ..models.shot_notes import ARROWS
from .buttons import flat_button
from .controls import stacked

_HINTS = "Motion hints (*.json)"


class MotionControl(QWidget):
    """The shot's own motion, a preset, or arrows with their speed.

    Args:
        session: whose shot moves.
    """

    draw_wanted = Signal()
    """The artist wants to draw arrows."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._arrows = session, session.arrows
        self.choice = QComboBox()
        for words, motion in (
            ("As the shot moves", ""),
            ("By arrows", ARROWS),
            *((preset.capitalize(), preset) for preset in PRESETS),
        ):
            self.choice.addItem(words, motion)
        self.choice.setAccessibleName("Motion")
        self.choice.setToolTip(
            "What moves the region: the shot itself, or, on one frame, arrows that you draw"
        )
        self.choice.currentIndexChanged.connect(self._chosen)
        self.speed = QDoubleSpinBox()
        self.speed.setRange(0.1, 10.0)
        self.speed.setSingleStep(0.1)
        self.speed.setPrefix("Speed × ")
        self.speed.lineEdit().setTextMargins(7, 0, 0, 0)
        self.speed.setAccessibleName("Speed of the motion")
        self.speed.setToolTip(
            "Factor on the length of all arrows, which are drawn as far as things move in a second"
        )
        self.speed.setKeyboardTracking(False)
        self.speed.valueChanged.connect(self._arrows.set_speed)
        self.draw = QPushButton("Draw")
        self.draw.setToolTip("Drag arrows where it flows; a click pins a place, a right click removes  (G)")
        self.draw.setAccessibleName("Draw arrows")
        self.draw.clicked.connect(self.draw_wanted)
        self.clear = flat_button("cross", "Remove all arrows", size=13)
        self.clear.clicked.connect(self._arrows.clear)
        self.bring = flat_button("folder", "Import motion hints…", size=15)
        self.bring.clicked.connect(self._ask_bring)
        self.send = flat_button("down", "Export motion hints, as the command line takes them…", size=15)
        self.send.clicked.connect(self._ask_send)
        self._line = QWidget()
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(3)
        for widget in (self.draw, self.speed):
            line.addWidget(widget)
        line.addStretch(1)
        for button in (self.bring, self.send, self.clear):
            line.addWidget(button)
        self.setLayout(stacked(self.choice, self._line))
        self.setFocusProxy(self.choice)
        session.notes.changed.connect(self._show)
        session.shot_changed.connect(self._show)
        self._show()

    def _chosen(self) -> None:
        self._arrows.set_motion(self.choice.currentData())
        if self.choice.currentData() == ARROWS:
            self.draw_wanted.emit()

    def _show(self) -> None:
        notes, shot = self._session.notes.now, self._session.shot
        with QSignalBlocker(self.choice), QSignalBlocker(self.speed):
            self.choice.setCurrentIndex(self.choice.findData(notes.motion))
            self.speed.setValue(notes.speed)
        self.setEnabled(shot is not None)
        self._line.setVisible(bool(notes.motion))
        self.send.setEnabled(notes.hints is not None)
        self.clear.setEnabled(bool(notes.arrows or notes.anchors))

    def _ask_bring(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Import motion hints", "", _HINTS)
        if path:
            self._arrows.bring(Path(path))

    def _ask_send(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export motion hints", "hints.json", _HINTS)
        if path:
            self._arrows.send(Path(path))


class StillControl(QWidget):
    """The frame that everything outside the region shows.

    Args:
        session: whose shot.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.go = QPushButton()
        self.go.setProperty("role", "flat")
        self.go.clicked.connect(self._go)
        self.use = QPushButton("Use this frame")
        self.use.setToolTip("The frame under the playhead is the still")
        self.use.setAccessibleName("Use this frame as the still")
        self.use.clicked.connect(self._use)
        self.clear = flat_button("cross", "The sharpest frame is the still", size=13)
        self.clear.clicked.connect(lambda: self._set(None))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(3)
        line.addWidget(self.go)
        line.addWidget(self.clear)
        line.addStretch(1)
        line.addWidget(self.use)
        self.setFocusProxy(self.use)
        session.notes.changed.connect(self._show)
        session.shot_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        still = self._session.notes.now.still
        self.go.setText("The sharpest" if still is None else f"Frame {still}")
        self.go.setToolTip("" if still is None else "Go there")
        self.go.setEnabled(still is not None)
        self.clear.setVisible(still is not None)
        self.use.setEnabled(self._session.shot is not None)

    def _go(self) -> None:
        still = self._session.notes.now.still
        if still is not None:
            self._session.show_media_frame(still)

    def _use(self) -> None:
        shot = self._session.shot
        if shot is not None:
            self._set(shot.media_frame(self._session.playhead.frame))

    def _set(self, frame: int | None) -> None:
        self._session.notes.edit("choice of the still", lambda notes: replace(notes, still=frame))
