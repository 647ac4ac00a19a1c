"""A widget that takes files which are dropped on it."""

from __future__ import annotations

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget


class FileDrop(QWidget):
    """What such widgets have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)

    def take_files(self, paths: list[str]) -> None:
        """Do with dropped files, one at least, what the widget is there for."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - as Qt calls it
        """Files may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take those that lie on this machine."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.take_files(paths)
            event.acceptProposedAction()
