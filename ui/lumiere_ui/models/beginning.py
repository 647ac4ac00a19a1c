"""What a generated clip begins with, where that is a picture of no clip in the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from .session import Session


class Beginning(QObject):
    """The picture; it belongs to no shot.

    Args:
        session: whose requests it is part of.
        parent: with which it ends.
    """

    changed = Signal()
    """Another picture, or none."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picture: str | None = None
        self.changed.connect(session.effect_changed)

    def take(self, picture: str | None) -> None:
        """Begin with this picture; None with the clip's own first frame."""
        if picture != self.picture:
            self.picture = picture
            self.changed.emit()
