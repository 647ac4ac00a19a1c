"""The panel as a program of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from lumiere_engine.protocol.places import state_folder
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from .models.actions import Action, effects_of
from .models.project import Desk
from .models.session import Session
from .widgets import style
from .widgets.main_window import MainWindow


def make_window(desk: Desk, actions: tuple[Action, ...]) -> MainWindow:
    """A window, not shown yet; there must be a `QApplication`."""
    settings = QSettings(str(state_folder() / "panel.ini"), QSettings.Format.IniFormat)
    session = Session(desk, effects_of(actions))
    window = MainWindow(session, actions, settings)
    session.setParent(window)
    session.link.start()
    return window


def run_panel(desk: Desk, actions: tuple[Action, ...], path: Path | None) -> int:
    """Show the panel until it is closed.

    Args:
        desk: what is done for it.
        actions: what can be done with a clip.
        path: what is opened at once.

    Returns:
        the program's exit code.
    """
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Lumiere")
    style.apply(application)
    window = make_window(desk, actions)
    window.show()
    if path is not None:
        window.session.open(path)
    return application.exec()
