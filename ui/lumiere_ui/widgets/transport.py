"""Below the picture: timecode, transport, and what the viewer shows."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from ..models.session import Session
from ..models.timecode import timecode
from ..models.viewing import GAINS, NEEDS_RESULT, Viewing
from .buttons import flat_button
from .icons import icon
from .style import monospaced

_MODES = (
    ("plate", "Plate", "The shot as it is", "1"),
    ("preview", "Preview", "A few frames, small", "2"),
    ("result", "Result", "The finished clip", "3"),
    ("wipe", "Wipe", "Plate and result, divided by a line that you can drag", "4"),
    ("side", "Side by side", "Plate and result next to each other", "5"),
    ("difference", "Difference", "What has changed, amplified", "6"),
    ("matte", "Matte", "White is what is made anew", "7"),
    ("origin", "Origin", "Where it guessed: green is borrowed, red imagined, blue how sure it is", "8"),
)


class Transport(QWidget):
    """Timecode at the left, transport in the middle, end at the right.

    Args:
        session: what is open.
        parent: a widget.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        playhead = session.playhead
        self.time = QLabel("00:00:00:00")
        self.time.setFont(monospaced(11))
        self.time.setAccessibleName("Timecode of the playhead")
        self.length = QLabel("")
        self.length.setFont(monospaced(9))
        self.length.setProperty("role", "dim")
        self.length.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.play = flat_button("play", "Play", shortcut="Space")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 4, 14, 6)
        layout.addWidget(self.time, 1)
        for button, does in (
            (flat_button("start", "To the start", shortcut="Home"), lambda: playhead.scrub(0)),
            (flat_button("back", "One frame back", shortcut="Left"), lambda: playhead.step(-1)),
            (self.play, playhead.toggle),
            (flat_button("on", "One frame on", shortcut="Right"), lambda: playhead.step(1)),
            (flat_button("end", "To the end", shortcut="End"), lambda: playhead.scrub(playhead.duration)),
        ):
            button.clicked.connect(does)
            layout.addWidget(button)
        layout.addWidget(self.length, 1)
        playhead.moved.connect(self._show)
        playhead.speed_changed.connect(self._show_speed)
        session.shot_changed.connect(self._show)
        session.project_changed.connect(self._show)

    def _show(self) -> None:
        project = self._session.project
        if project is None:
            return
        frame = project.start_frame + self._session.playhead.frame
        self.time.setText(timecode(frame, project.rate, project.drop_frame))
        shot = self._session.shot
        text = timecode(project.duration, project.rate, False)
        if shot is not None:
            text = f"{shot.width}×{shot.height} · {shot.layout} · {_fps(float(shot.rate))}"
        self.length.setText(text)

    def _show_speed(self, speed: int) -> None:
        self.play.setIcon(icon("pause" if speed else "play"))


class ModeBar(QWidget):
    """What the viewer shows.

    Args:
        viewing: the state of the viewer.
        parent: a widget.
    """

    def __init__(self, viewing: Viewing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewing = viewing
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 4)
        layout.setSpacing(2)
        self.buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        group.setExclusive(True)
        for mode, title, tip, key in _MODES:
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setProperty("role", "flat")
            button.setToolTip(f"{tip}  ({key})")
            button.setAccessibleName(f"Show {title.lower()}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, mode=mode: viewing.set_mode(mode))
            group.addButton(button)
            layout.addWidget(button)
            self.buttons[mode] = button
        self.gain = QComboBox()
        for gain in GAINS:
            self.gain.addItem(f"× {gain}", gain)
        self.gain.setCurrentIndex(GAINS.index(viewing.gain))
        self.gain.setAccessibleName("Gain of the difference")
        self.gain.currentIndexChanged.connect(lambda _: viewing.set_gain(self.gain.currentData()))
        layout.addWidget(self.gain)
        layout.addStretch(1)
        self.accept = QPushButton("Accept")
        self.accept.setCheckable(True)
        self.accept.setToolTip("This take is to stay: with accepted ones, only those are saved  (A)")
        self.accept.setAccessibleName("Accept the result")
        self.redo = QPushButton("Redo")
        self.redo.setToolTip("Another take, with the next seed and the mask as it is now")
        self.redo.setAccessibleName("Redo the result")
        self.repair = QPushButton("Repair")
        self.repair.setCheckable(True)
        self.repair.setToolTip(
            "Paint on the result: only that is done anew, and blended in time, between in and out or around here"
        )
        self.repair.setAccessibleName("Repair just here")
        for decision in (self.accept, self.redo, self.repair):
            layout.addWidget(decision)
        self.keep = QPushButton("Save timeline")
        self.keep.setToolTip(
            "Write a timeline beside yours with every shown result on a new track  (Ctrl+Shift+S)"
        )
        self.keep.setAccessibleName("Save timeline with results")
        layout.addWidget(self.keep)
        self.overlay = flat_button("eye", "Show the matte over the plate", checkable=True, shortcut="M")
        self.overlay.setChecked(True)
        self.overlay.toggled.connect(viewing.set_overlay)
        layout.addWidget(self.overlay)
        viewing.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        has_result = self._viewing.result is not None
        for mode, button in self.buttons.items():
            there = (
                self._viewing.preview is not None
                if mode == "preview"
                else has_result or mode not in NEEDS_RESULT
            )
            button.setEnabled(self._viewing.on_shot and there)
            button.setChecked(mode == self._viewing.mode)
        for decision in (self.accept, self.redo, self.repair):
            decision.setVisible(has_result)
        self.accept.setChecked(self._viewing.accepted)
        self.repair.setChecked(self._viewing.repairing)
        self.gain.setVisible(self._viewing.mode == "difference")


def _fps(rate: float) -> str:
    return f"{rate:.3f}".rstrip("0").rstrip(".") + " fps"
