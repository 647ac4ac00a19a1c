"""How the panel looks: calm and dark, as the rooms are in which pictures are judged."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

WINDOW = "#17181a"
PANEL = "#1e2023"
RAISED = "#2a2d31"
HOVER = "#34383d"
LINE = "#33363b"
TEXT = "#d9dbde"
DIM = "#9398a0"
FAINT = "#5e636b"
ACCENT = "#e9b44c"
RESULT = "#3fae9d"
CLIP = "#46566b"
DANGER = "#e5574f"
TRACKED = "#5d86c9"
MOTION = "#63c7f2"
MATTE = QColor(255, 48, 40)

_SHEET = f"""
* {{ outline: none; }}
QWidget {{ background: {PANEL}; color: {TEXT}; }}
QMainWindow, QMainWindow::separator {{ background: {WINDOW}; }}
QMainWindow::separator {{ width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {HOVER}; }}
QDockWidget {{ titlebar-close-icon: none; color: {DIM}; }}
QDockWidget::title {{ background: {PANEL}; padding: 8px 12px 6px 9px; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 5px 7px; }}
QLabel {{ background: transparent; }}
QLabel[role="dim"] {{ color: {DIM}; }}
QLabel[role="error"] {{ color: {DANGER}; }}
QLabel[role="title"] {{ font-weight: 600; }}
QPushButton, QToolButton {{
  background: {RAISED}; border: 1px solid transparent; border-radius: 5px; padding: 5px 11px; color: {TEXT};
}}
QToolButton {{ padding: 5px; }}
QPushButton:hover, QToolButton:hover {{ background: {HOVER}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {LINE}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border: 1px solid {ACCENT}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {FAINT}; background: #232529; }}
QPushButton[role="primary"] {{ background: {ACCENT}; color: #1b1608; font-weight: 600; padding: 8px 14px; }}
QPushButton[role="primary"]:hover {{ background: #f2c261; }}
QPushButton[role="primary"]:disabled {{ background: #3a3528; color: #857a5f; }}
QToolButton[role="flat"], QPushButton[role="flat"] {{ background: transparent; }}
QToolButton[role="flat"]:hover, QPushButton[role="flat"]:hover {{ background: {HOVER}; }}
QToolButton:checked {{ background: #4a4128; color: {ACCENT}; }}
QPushButton:checked {{ background: #4a4128; color: {ACCENT}; }}
QToolButton::menu-indicator {{ image: none; }}
QComboBox, QAbstractSpinBox, QLineEdit {{
  background: {RAISED}; border: 1px solid transparent; border-radius: 5px; padding: 4px 8px; min-height: 18px;
  selection-background-color: {ACCENT}; selection-color: #1b1608;
}}
QAbstractSpinBox {{ padding: 4px 0px; }}
QAbstractSpinBox QLineEdit {{ padding: 0px; border: none; background: transparent; min-height: 18px; }}
QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {FAINT}; background: #232529; }}
QComboBox::drop-down {{ border: none; width: 18px; }}
QComboBox QAbstractItemView {{ background: {RAISED}; border: 1px solid {LINE}; selection-background-color: {HOVER}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QCheckBox {{ spacing: 8px; background: transparent; }}
QCheckBox::indicator {{
  width: 14px; height: 14px; border-radius: 3px; background: {RAISED}; border: 1px solid #4b5057;
}}
QCheckBox::indicator:checked {{ background: {ACCENT}; border-color: {ACCENT}; }}
QSlider {{ background: transparent; }}
QSlider::groove:horizontal {{ height: 3px; background: {HOVER}; border-radius: 1px; }}
QSlider::sub-page:horizontal {{ background: {ACCENT}; border-radius: 1px; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 6px; background: {TEXT}; }}
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled {{ background: {FAINT}; }}
QListView, QListWidget {{ background: {PANEL}; border: none; }}
QScrollBar:vertical {{ width: 10px; background: transparent; }}
QScrollBar:horizontal {{ height: 10px; background: transparent; }}
QScrollBar::handle {{ background: #43474d; border-radius: 4px; margin: 1px; min-width: 24px; min-height: 24px; }}
QScrollBar::handle:hover {{ background: #5a5f66; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QMenu {{ background: {RAISED}; border: 1px solid {LINE}; padding: 5px; }}
QMenu::item {{ padding: 5px 26px 5px 14px; border-radius: 4px; background: transparent; }}
QMenu::item:selected {{ background: {HOVER}; }}
QMenu::item:disabled {{ color: {FAINT}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 5px 8px; }}
QMenuBar {{ background: {WINDOW}; color: {DIM}; padding: 2px 6px; }}
QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {HOVER}; color: {TEXT}; }}
QStatusBar {{ background: {WINDOW}; color: {DIM}; }}
QStatusBar::item {{ border: none; }}
"""


def apply(application: QApplication) -> None:
    """The panel's look, for all windows of a program of its own; a host keeps its own style."""
    application.setStyle("Fusion")
    palette = QPalette()
    for role, color in (
        (QPalette.ColorRole.Window, PANEL),
        (QPalette.ColorRole.Base, PANEL),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Button, RAISED),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT),
        (QPalette.ColorRole.PlaceholderText, DIM),
    ):
        palette.setColor(role, QColor(color))
    application.setPalette(palette)
    font = QFont(application.font())
    font.setPointSizeF(9.5)
    application.setFont(font)
    application.setStyleSheet(_SHEET)


def filled(widget: QWidget) -> None:
    """Let the style sheet fill a widget of our own, which Qt otherwise leaves to it."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def monospaced(size: float = 9.5) -> QFont:
    """For timecode: figures that do not dance."""
    font = QFont("DejaVu Sans Mono")
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(size)
    return font
