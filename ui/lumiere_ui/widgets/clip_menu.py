"""What a right click on a clip offers: the actions of the manifest, and its results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from .main_window import MainWindow

_TAKES = 3


def clip_menu(window: MainWindow, clip: int) -> QMenu:
    """The menu of a clip, by its number."""
    menu, session = QMenu(window), window.session
    item = session.project.clip(clip) if session.project else None
    for action in window.actions_known:
        if "clip_menu" in action.shown_in:
            entry = menu.addAction(action.title, partial(window.start, action))
            entry.setToolTip(action.help)
            entry.setEnabled(item is not None and not item.missing)
    takes = menu.addAction(f"{_TAKES} takes with other seeds", partial(session.render_takes, _TAKES))
    takes.setEnabled(session.selected == (clip,) and not session.why_not())
    if session.results.of(clip):
        menu.addSeparator()
        menu.addAction("Compare with the result", partial(window.compare, clip))
        accept = menu.addAction("Accept the result")
        accept.setCheckable(True)
        accept.setChecked(session.results.accepted(clip))
        accept.toggled.connect(partial(session.results.accept, clip))
        _add_takes(menu, window, clip)
    return menu


def _add_takes(menu: QMenu, window: MainWindow, clip: int) -> None:
    results = window.session.results
    takes, shown = results.of(clip), results.shown(clip)
    if len(takes) < 2:
        return
    choice = menu.addMenu("Takes")
    for number, take in zip(range(len(takes), 0, -1), takes, strict=True):
        entry = choice.addAction(f"Take {number}", partial(results.choose, clip, take.job))
        entry.setCheckable(True)
        entry.setChecked(shown is not None and shown.job == take.job)
