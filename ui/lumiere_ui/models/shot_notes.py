"""What an artist settles for one shot beside its drawing: painted frames, the still, arrows of motion."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Optional

from lumiere_engine.protocol import KeyPicture, MotionHints
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.hints import Anchor, Arrow
from lumiere_engine.protocol.roto import ROTO_SUFFIX
from lumiere_engine.protocol.wire import decode, encode, labelled, parse_json
from PySide6.QtCore import QObject, Signal

from .background import Background
from .history import Change, History
from .roto_places import roto_path

NOTES_SUFFIX = ".shot.json"
_MOST_HINTS = 1000
ARROWS = "arrows"
"""The motion that is drawn; other motions are presets, and "" is the shot's own."""


@labelled("ShotNotes.1")
@dataclass(frozen=True)
class ShotNotes:
    """Of one shot.

    Attributes:
        paintings: painted key frames.
        still: the frame that a cinemagraph shows outside its region; None takes the sharpest.
        start, period: of a cinemagraph's loop, if one is chosen: its first frame, and how many they are.
        motion: of a cinemagraph: "" is the shot's own, "arrows", or a preset's name.
        arrows, anchors: what moves, and what stands.
        speed: factor on the arrows, above 0 and up to 10.
    """

    paintings: tuple[KeyPicture, ...] = ()
    still: Optional[int] = None  # noqa: UP045 - the decoder reads the annotation
    start: Optional[int] = None  # noqa: UP045
    period: Optional[int] = None  # noqa: UP045
    motion: str = ""
    arrows: tuple[Arrow, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    speed: float = 1.0

    @property
    def hints(self) -> MotionHints | None:
        """The motion as a job takes it; None for the shot's own, and while no arrow is drawn."""
        if not self.motion or (self.motion == ARROWS and not self.arrows):
            return None
        preset = None if self.motion == ARROWS else self.motion
        return MotionHints(self.arrows, self.anchors, self.speed, preset)

    def with_painting(self, frame: int, picture: str) -> ShotNotes:
        """With a frame painted, or painted otherwise."""
        others = [key for key in self.paintings if key.frame != frame]
        paintings = sorted([*others, KeyPicture(frame, picture)], key=lambda key: key.frame)
        return replace(self, paintings=tuple(paintings))

    def without_painting(self, frame: int) -> ShotNotes:
        """With a frame not painted."""
        return replace(self, paintings=tuple(key for key in self.paintings if key.frame != frame))

    def with_arrow(self, arrow: Arrow) -> ShotNotes:
        """With an arrow more; one of no length is an anchor. Drawing is what says that arrows are meant."""
        motion = self.motion or ARROWS
        if len(self.arrows) + len(self.anchors) >= _MOST_HINTS:
            return self
        if math.hypot(arrow.dx, arrow.dy) == 0:
            return replace(self, motion=motion, anchors=(*self.anchors, Anchor(arrow.x, arrow.y)))
        return replace(self, motion=motion, arrows=(*self.arrows, arrow))

    def without_hint_at(self, x: float, y: float, reach: float) -> ShotNotes:
        """Without the arrow whose tail or head, or the anchor that, is nearest to a place, if it is within `reach`."""
        ends = [
            (min(math.hypot(a.x - x, a.y - y), math.hypot(a.x + a.dx - x, a.y + a.dy - y)), a)
            for a in self.arrows
        ]
        points = [(math.hypot(a.x - x, a.y - y), a) for a in self.anchors]
        near = min([*ends, *points], key=lambda one: one[0], default=(math.inf, None))
        if near[0] > reach:
            return self
        return replace(
            self,
            arrows=tuple(one for one in self.arrows if one is not near[1]),
            anchors=tuple(one for one in self.anchors if one is not near[1]),
        )


def painting_name(stem: str, frame: int) -> str:
    """What a frame is called that is exported to be painted over: `shot_f0024.png`."""
    return f"{stem}_f{frame:04d}.png"


def painted_frame(path: Path) -> int | None:
    """The frame that a painted picture's name tells, `shot_f0024_v2.png`; None if it tells none."""
    found = re.search(r"_f(\d{4,})(?=\D|$)", path.stem)
    return None if found is None else int(found[1])


def notes_path(media: str) -> Path:
    """Where they are kept: beside the drawing, `shot.mov` → `shot.mov.shot.json`."""
    roto = roto_path(media)
    return roto.with_name(roto.name[: -len(ROTO_SUFFIX)] + NOTES_SUFFIX)


def read_notes(media: str) -> ShotNotes:
    """The notes of a plate; empty ones where there are none yet.

    Raises:
        SpecError: there are some that cannot be understood.
    """
    path = notes_path(media)
    try:
        return decode(ShotNotes, parse_json(path.read_bytes()))
    except FileNotFoundError:
        return ShotNotes()
    except SpecError as error:
        raise SpecError(error.message, clip=str(path), remedy="move that file away to begin anew") from None


def write_notes(media: str, notes: ShotNotes) -> None:
    """Keep them, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path = notes_path(media)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(encode(notes), indent=2), encoding="utf-8")
    part.replace(path)


def with_notes(params: Any, notes: ShotNotes) -> Any:
    """Parameters of an effect with what the shot's notes say; those of other effects as they are."""
    known = {field.name for field in fields(params)}
    styled = bool(getattr(params, "styles", ()))
    settled = {
        "keyframes": () if styled else notes.paintings,  # a style file stands alone
        "still": notes.still,
        "start": notes.start,
        "period": getattr(params, "period", None) if notes.period is None else notes.period,
        "hints": notes.hints,
    }
    return replace(params, **{name: value for name, value in settled.items() if name in known})


class NotesDocument(QObject):
    """The selected shot's notes: every edit is kept at once, and can be undone.

    Args:
        saving: writes the file.
        history: takes the edits.
        parent: with which it ends.
    """

    changed = Signal()

    def __init__(self, saving: Background, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._saving, self._history = saving, history
        self._media: str | None = None
        self.now = ShotNotes()

    def open(self, notes: ShotNotes, media: str | None) -> None:
        """Begin with a shot's notes, as they were read."""
        self.now, self._media = notes, media
        self.changed.emit()

    def edit(self, name: str, change: Callable[[ShotNotes], ShotNotes]) -> None:
        """Change them.

        Args:
            name: for the undo menu.
            change: from what they are to what they shall be.
        """
        new = change(self.now)
        if self._media is not None and new != self.now:
            self._history.did(name, self._change_to(self.now))
            self._set(new)

    def _change_to(self, notes: ShotNotes) -> Change:
        def change() -> Change:
            opposite = self._change_to(self.now)
            self._set(notes)
            return opposite

        return change

    def _set(self, notes: ShotNotes) -> None:
        self.now, media = notes, self._media
        if media is not None:
            self._saving.do(lambda: write_notes(media, notes), replaces=f"notes {media}")
        self.changed.emit()
