"""What a generated clip begins with: nothing but words, a picture, or the clip itself."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox

from ..models.effect_form import FormField
from ..models.session import Session
from .controls import FileControl, stacked
from .file_drop import FileDrop

_PICTURE = "first_frame"
_FILE = FormField(
    "picture", "Picture", "picture", None, "A picture to begin with, instead of the clip's own first frame"
)


class BeginControl(FileDrop):
    """A choice, and below it the picture, where it is one; a picture that is dropped here chooses itself.

    Args:
        field: of the choice.
        session: holds the picture.
    """

    changed = Signal(object)
    """What is chosen."""

    def __init__(self, field: FormField, session: Session) -> None:
        super().__init__()
        self._beginning = session.beginning
        self.choice = QComboBox()
        self.choice.setAccessibleName(field.label)
        self.choice.setToolTip(f"{field.help}\nOr drop a picture here")
        for choice, words in zip(field.choices, field.words, strict=True):
            self.choice.addItem(words, choice)
        self.picture = FileControl(_FILE, session.thumbnails, empty="The clip's own")
        self.picture.changed.connect(self._beginning.take)
        self._beginning.changed.connect(lambda: self.picture.put(self._beginning.picture))
        self.setLayout(stacked(self.choice, self.picture))
        self.setFocusProxy(self.choice)
        self.put(field.default)
        self.choice.currentIndexChanged.connect(self._tell)

    def put(self, value: str) -> None:
        """Choose this."""
        with QSignalBlocker(self.choice):
            self.choice.setCurrentIndex(max(0, self.choice.findData(value)))
        self.picture.setVisible(self.choice.currentData() == _PICTURE)

    def take_files(self, paths: list[str]) -> None:
        """Begin with the first."""
        self._beginning.take(paths[0])
        self.choice.setCurrentIndex(self.choice.findData(_PICTURE))

    def _tell(self) -> None:
        value = self.choice.currentData()
        self.picture.setVisible(value == _PICTURE)
        self.changed.emit(value)
