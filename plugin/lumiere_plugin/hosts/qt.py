"""The Qt that a host brings along."""

from __future__ import annotations

from typing import Any


def qt_core() -> Any:
    """QtCore of PySide6, or of PySide2 in older hosts."""
    try:
        from PySide6 import QtCore
    except ImportError:
        from PySide2 import QtCore  # type: ignore[no-redef]
    return QtCore
