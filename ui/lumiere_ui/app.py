"""The panel as a program of its own."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from lumiere_engine.protocol.places import state_folder
from PySide6.QtCore import QSettings, QTimer
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


def begin_with(window: MainWindow, clip: str | None, action: Action) -> None:
    """Take an action's settings, and select a clip as soon as a project is open.

    Args:
        window: the panel.
        clip: a clip's name, or `#N` among the timeline's picture clips; None selects nothing.
        action: whose settings are taken.
    """
    window.effect.set_params(**dict(action.params))
    if clip is None:
        return

    def select() -> None:
        project = window.session.project
        if project is None:
            return
        window.session.project_changed.disconnect(select)
        items = [item for track in project.tracks for item in track.clips]
        found = [item.index for item in items if clip in (item.name, f"#{item.index}")]
        if found:
            # after the session has done what it does with a new project
            QTimer.singleShot(0, partial(window.session.select, (found[0],)))
        else:
            window.say("error", f"there is no clip '{clip}' in the timeline")

    window.session.project_changed.connect(select)


def run_panel(
    desk: Desk, actions: tuple[Action, ...], path: Path | None, clip: str | None = None, action: str = ""
) -> int:
    """Show the panel until it is closed.

    Args:
        desk: what is done for it.
        actions: what can be done with a clip.
        path: what is opened at once.
        clip: what is selected in it, as for `begin_with`.
        action: id of the action whose settings are taken.

    Returns:
        the program's exit code.
    """
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Lumiere")
    style.apply(application)
    window = make_window(desk, actions)
    window.show()
    for one in actions:
        if one.id == action:
            begin_with(window, clip, one)
    if path is not None:
        window.session.open(path)
    return application.exec()
