"""Tracking: which way, how far it is, and which frames are not to be trusted."""

from __future__ import annotations

from lumiere_engine.protocol.messages import STAGE_WORDS
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from ..models.session import Session
from ..models.tracker import WAYS, confidence
from .buttons import flat_button
from .style import filled

_BUTTONS = {
    "back": ("track_back", "Track back to the start of the clip", "Ctrl+Shift+T"),
    "one_back": ("one_back", "Track one frame back", "Alt+Left"),
    "both": ("track_both", "Track both ways, the whole clip", "T"),
    "one_on": ("one_on", "Track one frame on", "Alt+Right"),
    "on": ("track_on", "Track forward to the end of the clip", "Ctrl+T"),
    "cut": ("track_cut", "Track forward to the next cut", "Shift+T"),
}


class TrackBar(QWidget):
    """Buttons, and a line that says how it stands.

    Args:
        session: what is open.
        parent: a widget.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session = session
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 10, 0)
        layout.setSpacing(2)
        title = QLabel("Track")
        title.setProperty("role", "dim")
        layout.addWidget(title)
        layout.addSpacing(6)
        self.buttons: dict[str, QToolButton] = {}
        for way in WAYS:
            name, tip, keys = _BUTTONS[way]
            button = flat_button(name, tip, shortcut=keys, size=16)
            button.clicked.connect(lambda _=False, way=way: self.track(way))
            layout.addWidget(button)
            self.buttons[way] = button
        self.stop = flat_button("cross", "Stop tracking; what is tracked stays", size=14)
        self.stop.clicked.connect(session.tracker.stop)
        layout.addWidget(self.stop)
        layout.addSpacing(8)
        self.state = QLabel()
        self.state.setProperty("role", "dim")
        layout.addWidget(self.state)
        self.doubts = QPushButton()
        self.doubts.setProperty("role", "flat")
        self.doubts.setStyleSheet("padding: 2px 8px;")
        self.doubts.setToolTip("To the next frame whose track is not to be trusted: correct it there  (W)")
        self.doubts.setAccessibleName("To the next doubtful frame")
        self.doubts.clicked.connect(self.to_doubt)
        layout.addWidget(self.doubts)
        layout.addStretch(1)
        self.forget = flat_button("minus", "Forget the tracking of this mask; what is drawn stays", size=14)
        self.forget.clicked.connect(session.tracker.forget)
        layout.addWidget(self.forget)
        for signal in (
            session.tracker.changed,
            session.roto.changed,
            session.roto.selected,
            session.shot_changed,
        ):
            signal.connect(self._show)
        self._show()

    def track(self, way: str) -> None:
        """Track the selected mask from the frame under the playhead."""
        why = self._session.tracker.why_not()
        if why:
            self._session.noticed.emit("error", why)
            return
        shot = self._session.shot
        assert shot is not None
        self._session.tracker.track(way, shot.media_frame(self._session.playhead.frame))

    def to_doubt(self) -> None:
        """To the next doubtful frame, from the last one to the first again."""
        shot, doubts = self._session.shot, self._session.tracker.doubts()
        if shot is None or not doubts:
            return
        now = shot.media_frame(self._session.playhead.frame)
        self._session.show_media_frame(next((frame for frame in doubts if frame > now), doubts[0]))

    def _show(self) -> None:
        tracker, mask = self._session.tracker, self._session.roto.mask
        running = tracker.running is not None
        able = not tracker.why_not() and not running
        for button in self.buttons.values():
            button.setEnabled(able)
        self.stop.setVisible(running)
        tracked = 0 if mask is None else len(confidence(mask))
        doubts = len(tracker.doubts())
        self.forget.setVisible(tracked > 0 and not running)
        self.doubts.setVisible(doubts > 0 and not running)
        self.doubts.setText(f"{doubts} to look at")
        step = tracker.progress
        if running:
            words = "Starting" if step is None else STAGE_WORDS.get(step.stage, step.stage)
            self.state.setText(words if step is None else f"{words} {step.done} of {step.total}")
        elif mask is not None and not self._session.roto.drafting and mask.untracked_changes():
            self.state.setText("Corrected: the frames around it are tracked again")
        elif tracked:
            self.state.setText(f"{tracked} frames")
        else:
            still = mask is not None and len(mask.key_frames()) == 1
            self.state.setText(
                tracker.why_not() or ("The mask stands still: press T if the object moves" if still else "")
            )
