"""Buttons as the panel has them: named for screen readers, explained by a tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton

from .icons import icon


def flat_button(
    name: str, tip: str, *, checkable: bool = False, shortcut: str = "", size: int = 18
) -> QToolButton:
    """A button with an icon.

    Args:
        name: of the icon.
        tip: what it does; also its accessible name.
        checkable: whether it stays down.
        shortcut: shown in the tooltip.
        size: of the icon, pixels.
    """
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(size, size))
    button.setToolTip(f"{tip}  ({shortcut})" if shortcut else tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    button.setProperty("role", "flat")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
