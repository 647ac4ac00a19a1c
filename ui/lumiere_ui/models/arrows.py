"""Arrows of motion: what the mouse does to them, in pixels of the plate, and their file."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lumiere_engine.protocol import MotionHints
from lumiere_engine.protocol.hints import Anchor, Arrow
from lumiere_engine.protocol.wire import encode
from PySide6.QtCore import QObject, Signal

from .shot_notes import ARROWS, ShotNotes

if TYPE_CHECKING:
    from .session import Session

_SHORTEST = 3.0  # pixels of the plate: less is a click, which pins the place


class ArrowTool(QObject):
    """Draws arrows and anchors, and takes hold of those that there are.

    Args:
        session: whose shot's notes hold them.
        parent: with which it ends.
    """

    changed = Signal()
    """What is being drawn."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._held: Arrow | Anchor | None = None
        self._by_head = False
        self._from = (0.0, 0.0)
        self._draft: ShotNotes | None = None

    @property
    def shown(self) -> ShotNotes:
        """The notes with what is being drawn."""
        return self._draft or self._session.notes.now

    @property
    def usable(self) -> bool:
        """Whether the chosen effect is moved by arrows."""
        return self._session.shot is not None and hasattr(self._session.params, "hints")

    def press(self, x: float, y: float, reach: float) -> None:
        """The button goes down: on the head or tail of an arrow, on an anchor, or where one is to begin.

        Args:
            x, y: where.
            reach: how near counts as on it, pixels of the plate.
        """
        if not self.usable:
            return
        notes = self._session.notes.now
        ends: list[tuple[float, bool, Arrow | Anchor]] = [
            *((math.hypot(a.x + a.dx - x, a.y + a.dy - y), True, a) for a in notes.arrows),
            *((math.hypot(a.x - x, a.y - y), False, a) for a in notes.arrows),
            *((math.hypot(a.x - x, a.y - y), False, a) for a in notes.anchors),
        ]
        near = min(ends, key=lambda one: one[0], default=None)
        self._from = x, y
        self._draft = notes
        self._held, self._by_head = None, False
        if near is not None and near[0] <= reach:
            _, self._by_head, self._held = near

    def move(self, x: float, y: float) -> None:
        """The mouse moves with the button down."""
        if self._draft is None:
            return
        notes, held = self._session.notes.now, self._held
        dx, dy = x - self._from[0], y - self._from[1]
        if held is None:
            far = math.hypot(dx, dy) >= _SHORTEST
            self._draft = notes.with_arrow(Arrow(*self._from, dx, dy)) if far else notes
        elif isinstance(held, Anchor):
            moved = Anchor(held.x + dx, held.y + dy)
            anchors = tuple(moved if one is held else one for one in notes.anchors)
            self._draft = replace(notes, anchors=anchors)
        else:
            arrow = replace(held, x=held.x + dx, y=held.y + dy)
            if self._by_head:
                arrow = replace(held, dx=held.dx + dx, dy=held.dy + dy)
            self._draft = replace(notes, arrows=tuple(arrow if one is held else one for one in notes.arrows))
        self.changed.emit()

    def release(self) -> None:
        """The button goes up: what was drawn counts; a click pins the place."""
        draft, self._draft = self._draft, None
        if draft is None:
            return
        notes = self._session.notes.now
        name = "change of an arrow"
        if self._held is None:
            if draft == notes:
                draft = notes.with_arrow(Arrow(*self._from, 0.0, 0.0))
            name = "arrow" if len(draft.arrows) > len(notes.arrows) else "anchor"
        self._session.notes.edit(name, lambda _: draft)
        self.changed.emit()

    def cancel(self) -> None:
        """Drop what is being drawn."""
        self._draft = None
        self.changed.emit()

    def remove(self, x: float, y: float, reach: float) -> None:
        """Take away the arrow or anchor there."""
        self._session.notes.edit("removal of an arrow", lambda notes: notes.without_hint_at(x, y, reach))

    def clear(self) -> None:
        """Take all of them away."""
        self._session.notes.edit("removal of all arrows", lambda notes: replace(notes, arrows=(), anchors=()))

    def set_motion(self, motion: str) -> None:
        """ "" for the shot's own motion, "arrows", or a preset."""
        self._session.notes.edit("choice of a motion", lambda notes: replace(notes, motion=motion))

    def set_speed(self, speed: float) -> None:
        """Factor on all arrows."""
        self._session.notes.edit("speed of the motion", lambda notes: replace(notes, speed=speed))

    def bring(self, path: Path) -> None:
        """Take the hints from a file, as `lumiere cinemagraph --hints` takes them."""
        session = self._session

        def take(hints: MotionHints) -> None:
            motion = hints.preset or ARROWS
            session.notes.edit(
                "import of arrows",
                lambda notes: replace(
                    notes, motion=motion, arrows=hints.arrows, anchors=hints.anchors, speed=hints.speed
                ),
            )

        session.background.do(lambda: session.desk.read_hints(path), take)

    def send(self, path: Path) -> None:
        """Write them for `lumiere cinemagraph --hints`."""
        hints = self._session.notes.now.hints
        if hints is not None:
            self._session.saving.do(
                lambda: path.write_text(json.dumps(encode(hints), indent=2) + "\n", encoding="utf-8"),
                lambda _: self._session.tell(f"Wrote {path}"),
            )
