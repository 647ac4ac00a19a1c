"""Keys as editors know them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QPlainTextEdit

from ..models.viewing import MODES

if TYPE_CHECKING:
    from .main_window import MainWindow

_SECOND = 24


def add_shortcuts(window: MainWindow) -> None:
    """All keys that are in no menu; while text is typed they mean letters."""
    playhead, tools, viewing = window.session.playhead, window.tools, window.viewing
    keys: dict[str, Callable[[], object]] = {
        "Space": playhead.toggle,
        "J": lambda: playhead.faster(-1),
        "K": playhead.stop,
        "L": lambda: playhead.faster(1),
        "I": playhead.set_in,
        "Alt+X": playhead.clear_range,
        "Left": lambda: playhead.step(-1),
        "Right": lambda: playhead.step(1),
        "Shift+Left": lambda: playhead.step(-_SECOND),
        "Shift+Right": lambda: playhead.step(_SECOND),
        "Home": lambda: playhead.scrub(0),
        "End": lambda: playhead.scrub(playhead.duration),
        "Up": lambda: _to_cut(window, -1),
        "Down": lambda: _to_cut(window, 1),
        "V": lambda: tools.choose("select"),
        "R": lambda: tools.choose("rectangle"),
        "O": playhead.set_out,
        "Q": lambda: tools.choose("ellipse"),
        "P": lambda: tools.choose("spline"),
        "B": lambda: tools.choose("brush"),
        "E": lambda: tools.choose("eraser"),
        "G": window.tool_buttons["arrow"].click,
        "[": lambda: tools.set_brush(size=tools.size / 1.2),
        "]": lambda: tools.set_brush(size=tools.size * 1.2),
        "M": window.modes.overlay.toggle,
        "Tab": viewing.toggle_compare,
        "+": lambda: window.timeline.zoom_by(1.4),
        "-": lambda: window.timeline.zoom_by(1 / 1.4),
        "Shift+J": partial(window.keys.to_key, -1),
        "Shift+L": partial(window.keys.to_key, 1),
        "Shift+Delete": window.keys.delete_key,
        "A": window.modes.accept.click,
        "W": window.track.to_doubt,
        "T": partial(window.track.track, "both"),
        "Ctrl+T": partial(window.track.track, "on"),
        "Shift+T": partial(window.track.track, "cut"),
        "Ctrl+Shift+T": partial(window.track.track, "back"),
        "Alt+Right": partial(window.track.track, "one_on"),
        "Alt+Left": partial(window.track.track, "one_back"),
        "Delete": lambda: _delete(window),
    }
    keys |= {str(number): partial(viewing.set_mode, mode) for number, mode in enumerate(MODES, start=1)}
    for key, does in keys.items():
        shortcut = QShortcut(QKeySequence(key), window)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.activated.connect(partial(_unless_typing, does))


def _unless_typing(does: Callable[[], object]) -> None:
    if not isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox | QPlainTextEdit):
        does()


def _to_cut(window: MainWindow, direction: int) -> None:
    """To the next place where a clip starts or ends."""
    project, playhead = window.session.project, window.session.playhead
    if project is None:
        return
    clips = [clip for track in project.tracks for clip in track.clips]
    cuts = sorted({clip.start for clip in clips} | {clip.start + clip.duration for clip in clips})
    beyond = [cut for cut in cuts if (cut - playhead.frame) * direction > 0]
    if beyond:
        playhead.scrub(beyond[0] if direction > 0 else beyond[-1])


def _delete(window: MainWindow) -> None:
    if window.session.roto.current is not None:
        window.session.roto.remove(window.session.roto.current)
