"""Names for screen readers, a layout that is remembered, keys that editors know."""

from __future__ import annotations

from lumiere_plugin.panel import PanelDesk, actions
from lumiere_ui.app import make_window
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider
from pytestqt.qtbot import QtBot


def test_every_control_has_a_name(opened: MainWindow) -> None:
    opened.session.roto.add("Brush", "brush")
    controls = [
        one
        for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
        for one in opened.findChildren(kind)
        if not one.objectName().startswith("qt_")
    ]
    assert len(controls) > 40
    nameless = [one for one in controls if not (one.accessibleName() or getattr(one, "text", str)())]
    assert not nameless


def test_the_layout_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    queue = next(dock for dock in window.docks if dock.windowTitle() == "Queue")
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, queue)
    window.resize(1200, 800)
    window.close()
    again = make_window(PanelDesk(), actions())
    qtbot.addWidget(again)
    again.show()
    queue = next(dock for dock in again.docks if dock.windowTitle() == "Queue")
    assert again.dockWidgetArea(queue) is Qt.DockWidgetArea.LeftDockWidgetArea
    again.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, queue)
    again.close()


def test_keys_of_editors(opened: MainWindow, qtbot: QtBot) -> None:
    playhead = opened.session.playhead
    qtbot.keyClick(opened, Qt.Key.Key_Home)
    assert playhead.frame == 0
    qtbot.keyClick(opened, Qt.Key.Key_Down)
    assert playhead.frame == 4, "the cut where the shot begins"
    qtbot.keyClick(opened, Qt.Key.Key_Right)
    qtbot.keyClick(opened, Qt.Key.Key_I)
    qtbot.keyClick(opened, Qt.Key.Key_L)
    assert playhead.speed == 1
    qtbot.keyClick(opened, Qt.Key.Key_K)
    assert playhead.speed == 0 and playhead.mark_in == 5
    for key, tool in ((Qt.Key.Key_B, "brush"), (Qt.Key.Key_E, "eraser"), (Qt.Key.Key_P, "spline")):
        qtbot.keyClick(opened, key)
        assert opened.tools.tool == tool


def test_letters_typed_into_a_name_are_letters(opened: MainWindow, qtbot: QtBot) -> None:
    opened.tools.choose("select")
    opened.effect.seed.setFocus()
    qtbot.waitUntil(opened.effect.seed.hasFocus, timeout=2000)
    qtbot.keyClick(opened.effect.seed, Qt.Key.Key_7)
    assert opened.viewing.mode == "plate" and opened.session.seed in (7, 70)
