"""Undo and redo for all that is edited of a shot: one history, whatever document an edit belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MOST_UNDONE = 200
Change = Callable[[], Any]
"""Makes or takes back an edit, and returns the `Change` that does the opposite."""


class History:
    """Edits in the order in which they were made."""

    def __init__(self) -> None:
        self._done: list[tuple[str, Change]] = []
        self._undone: list[tuple[str, Change]] = []

    def clear(self) -> None:
        """Forget all of it: another shot is open."""
        self._done.clear()
        self._undone.clear()

    def did(self, name: str, back: Change) -> None:
        """An edit was made.

        Args:
            name: for the undo menu, as in "Undo brush stroke".
            back: takes it back.
        """
        self._done.append((name, back))
        del self._done[:-_MOST_UNDONE]
        self._undone.clear()

    @property
    def undo_name(self) -> str:
        """What an undo takes back, or ""."""
        return self._done[-1][0] if self._done else ""

    @property
    def redo_name(self) -> str:
        """What a redo does again, or ""."""
        return self._undone[-1][0] if self._undone else ""

    def undo(self) -> None:
        """Take the last edit back."""
        self._swap(self._done, self._undone)

    def redo(self) -> None:
        """Make the last undone edit again."""
        self._swap(self._undone, self._done)

    def _swap(self, source: list[tuple[str, Change]], target: list[tuple[str, Change]]) -> None:
        if source:
            name, change = source.pop()
            target.append((name, change()))
