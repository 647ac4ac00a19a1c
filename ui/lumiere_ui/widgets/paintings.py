"""The painted frames of a shot: a list, and what leads to one more."""

from __future__ import annotations

from pathlib import Path

from lumiere_engine.protocol import KeyPicture
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..models.session import Session
from .buttons import flat_button
from .controls import PICTURES
from .file_drop import FileDrop
from .thumbnail import Thumbnail

_MOST_NAMED = 6


class PaintingsControl(FileDrop):
    """Rows of painted frames; paintings are chosen or dropped here, and tied to their frame by their name.

    Args:
        session: whose shot is painted.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self.add = QPushButton("Add painting…")
        self.add.setToolTip(
            "A picture of a frame as it should look, of the plate's size. It belongs to the frame that its name tells "
            "(shot_f0024.png), else to the one under the playhead. Or drop it here"
        )
        self.add.clicked.connect(self._choose)
        self.export = QPushButton("Export frame")
        self.export.setToolTip(
            "Write the frame under the playhead as a PNG beside the media, to be painted over"
        )
        self.export.clicked.connect(session.painting.export)
        self.ask = QPushButton("Which frames?")
        self.ask.setToolTip("Find the frames that show most of the shot: those are worth painting")
        self.ask.clicked.connect(session.painting.ask)
        self.advice = QLabel()
        self.advice.setWordWrap(True)
        self.advice.setProperty("role", "dim")
        self.advice.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.advice.linkActivated.connect(lambda frame: session.show_media_frame(int(frame)))
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.add)
        buttons.addWidget(self.export)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._rows)
        layout.addLayout(buttons)
        layout.addWidget(self.ask, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.advice)
        self._listed: tuple[KeyPicture, ...] | None = None
        session.notes.changed.connect(self._show)
        session.shot_changed.connect(self._show)
        session.painting.changed.connect(self._show)
        self._show()

    def take_files(self, paths: list[str]) -> None:
        """Tie each to its frame."""
        for path in paths:
            self._session.painting.tie(Path(path))

    def _choose(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Painted frames", "", PICTURES)
        self.take_files(paths)

    def _show(self) -> None:
        session = self._session
        there = session.shot is not None and session.repairs is None
        for button in (self.add, self.export):
            button.setEnabled(there)
        self.ask.setEnabled(there and not session.painting.busy)
        self.advice.setText(self._advised())
        self.advice.setVisible(bool(self.advice.text()))
        paintings = session.notes.now.paintings
        if paintings == self._listed:
            return
        self._listed = paintings
        while self._rows.count():
            widget = self._rows.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for key in paintings:
            self._rows.addWidget(_Row(session, key))

    def _advised(self) -> str:
        painting = self._session.painting
        if painting.busy:
            return "Following the motion…"
        advice = painting.advice
        if advice is None:
            return ""
        if not self._session.notes.now.paintings:
            named = ", ".join(_link(key) for key in sorted(advice.keys[:_MOST_NAMED]))
            return f"Worth painting: {named}. Begin with {_link(advice.following)}."
        least = min(advice.followed, default=0.0)
        return f"Paint next: {_link(advice.following)}. What is painted shows {least:.0%} of it."


class _Row(QWidget):
    """One painted frame.

    Args:
        session: whose.
        key: the frame and its painting.
    """

    def __init__(self, session: Session, key: KeyPicture) -> None:
        super().__init__()
        picture = Thumbnail(session.thumbnails, QSize(56, 34))
        picture.set_file(key.picture)
        go = QPushButton(f"Frame {key.frame}")
        go.setProperty("role", "flat")
        go.setToolTip(f"Go there\n{key.picture}")
        go.setAccessibleName(f"Go to painted frame {key.frame}")
        go.clicked.connect(lambda: session.show_media_frame(key.frame))
        remove = flat_button("cross", f"Frame {key.frame} is not painted", size=13)
        remove.clicked.connect(lambda: session.painting.untie(key.frame))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(picture)
        line.addWidget(go)
        line.addStretch(1)
        line.addWidget(remove)


def _link(frame: int) -> str:
    return f'<a href="{frame}" style="color:#e9b44c; text-decoration:none">frame {frame}</a>'
