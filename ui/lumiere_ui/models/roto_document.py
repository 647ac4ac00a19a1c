"""The roto of a shot while it is drawn: edits, undo and redo, and a file that is never far behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.roto import ROTO_SUFFIX, Knot, Mask, Roto, Stroke
from lumiere_engine.protocol.wire import decode, encode, parse_json
from PySide6.QtCore import QObject, QTimer, Signal

from .background import Background
from .history import Change, History

_SAVE_MS = 200
_BEGIN_ANEW = "move that file away to begin anew"


class RotoDocument(QObject):
    """A `Roto` that is edited.

    A *draft* is an edit that is not finished, such as a stroke whose button is still down: it is seen and saved, and
    becomes one step of undo when it is committed. Its `history` is shared by whatever else is edited of the shot.

    Args:
        background: writes the file.
        parent: with which it ends.
    """

    changed = Signal()
    """The shapes, or the list of masks."""
    selected = Signal()
    """Another mask."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._path: Path | None = None
        self._roto: Roto | None = None
        self._draft: Roto | None = None
        self.history = History()
        self.revision = 0
        self.current: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAVE_MS)
        self._timer.timeout.connect(self._save)

    @property
    def roto(self) -> Roto | None:
        """What is drawn now, an unfinished edit included; None without a shot."""
        return self._draft or self._roto

    @property
    def path(self) -> Path | None:
        """Where it is kept."""
        return self._path

    @property
    def mask(self) -> Mask | None:
        """The selected mask."""
        return None if self.roto is None else self.roto.mask(self.current)

    def open(self, roto: Roto | None, path: Path | None) -> None:
        """Begin with a shot's roto, as it was read from its file."""
        self.flush()
        self._roto, self._path, self._draft = roto, path, None
        self.history.clear()
        self.current = roto.masks[-1].id if roto is not None and roto.masks else None
        self._tell(save=False)
        self.selected.emit()

    def select(self, number: int | None) -> None:
        """Make a mask the one that is drawn on."""
        if number != self.current:
            self.current = number
            self.selected.emit()

    def draft(self, roto: Roto) -> None:
        """Show an edit that is not finished."""
        self._draft = roto
        self._tell()

    def drop_draft(self) -> None:
        """Forget an unfinished edit."""
        if self._draft is not None:
            self._draft = None
            self._tell()

    def commit(self, name: str, roto: Roto | None = None) -> None:
        """Make an edit, or finish the draft.

        Args:
            name: for the undo menu, as in "Undo brush stroke".
            roto: what it leads to; None takes the draft.
        """
        new = roto or self._draft
        self._draft = None
        if new is None or self._roto is None or new == self._roto:
            return
        self.history.did(name, self._change_to(self._roto))
        self._roto = new
        self._tell()

    def amend(self, roto: Roto) -> None:
        """Complete the last edit with what follows from it: both are one step of undo."""
        if self._draft is None and self._roto is not None and roto != self._roto:
            self._roto = roto
            self._tell()

    @property
    def drafting(self) -> bool:
        """Whether an edit is not finished."""
        return self._draft is not None

    def undo(self) -> None:
        """Take the last edit back, or drop the unfinished one."""
        self._unless_drafting(self.history.undo)

    def redo(self) -> None:
        """Make the last undone edit again."""
        self._unless_drafting(self.history.redo)

    def add(self, name: str, kind: str) -> int:
        """A new mask, selected; the name is made unique by a number.

        Returns:
            its id.
        """
        assert self._roto is not None
        number = self._roto.next_id()
        taken = {mask.name for mask in self._roto.masks}
        count = next(k for k in range(1, len(taken) + 2) if f"{name} {k}" not in taken)
        self.commit(f"new {name.lower()}", self._roto.with_mask(Mask(number, f"{name} {count}", kind)))
        self.select(number)
        return number

    def add_masks(self, masks: tuple[Mask, ...]) -> None:
        """Masks from elsewhere, with numbers of their own; the last one is selected."""
        roto = self._roto
        if roto is None or not masks:
            return
        for mask in masks:
            roto = roto.with_mask(replace(mask, id=roto.next_id()))
        self.commit("import of masks", roto)
        self.select(roto.masks[-1].id)

    def change_mask(self, name: str, change: Callable[[Mask], Mask]) -> None:
        """An edit of the selected mask, unless it is locked."""
        mask = self.mask
        if self._roto is not None and mask is not None and not mask.locked:
            self.commit(name, self._roto.with_mask(change(mask)))

    def set_flag(self, number: int, **flags: object) -> None:
        """Name, mode, enabled, locked or inverted of a mask, also of a locked one."""
        mask = None if self._roto is None else self._roto.mask(number)
        if self._roto is not None and mask is not None:
            changed = replace(mask, **flags)  # type: ignore[arg-type]
            self.commit("change of a mask", self._roto.with_mask(changed))

    def remove(self, number: int) -> None:
        """A mask, unless it is locked."""
        mask = None if self._roto is None else self._roto.mask(number)
        if self._roto is None or mask is None or mask.locked:
            return
        self.commit(f"removal of {mask.name}", self._roto.without_mask(number))
        self._mend_selection()

    def move(self, number: int, by: int) -> None:
        """Put a mask further up (-1) or down (1) in the list."""
        if self._roto is None:
            return
        masks = list(self._roto.masks)
        place = next((k for k, mask in enumerate(masks) if mask.id == number), None)
        if place is None or not 0 <= place + by < len(masks):
            return
        masks.insert(place + by, masks.pop(place))
        self.commit("order of masks", replace(self._roto, masks=tuple(masks)))

    def draft_shape(self, frame: int, knots: tuple[Knot, ...]) -> None:
        """Show the selected mask's shape on a frame as it is being drawn."""
        self._draft_mask(lambda mask: mask.with_knots(frame, knots))

    def draft_stroke(self, frame: int, stroke: Stroke) -> None:
        """Show the selected mask with a stroke that is being painted."""
        self._draft_mask(lambda mask: mask.with_stroke(frame, stroke))

    def flush(self) -> None:
        """Write now what is not written yet."""
        if self._timer.isActive():
            self._timer.stop()
            self._save()

    def when_saved(self, then: Callable[[], None]) -> None:
        """Do something when all that is drawn so far is on the disk."""
        self.flush()
        self._background.do(lambda: None, lambda _: then())

    def _draft_mask(self, change: Callable[[Mask], Mask]) -> None:
        mask = None if self._roto is None else self._roto.mask(self.current)
        if self._roto is not None and mask is not None and not mask.locked:
            self.draft(self._roto.with_mask(change(mask)))

    def _unless_drafting(self, does: Callable[[], None]) -> None:
        if self._draft is not None:
            self.drop_draft()
        else:
            does()

    def _change_to(self, roto: Roto) -> Change:
        def change() -> Change:
            assert self._roto is not None
            opposite = self._change_to(self._roto)
            self._roto = roto
            self._mend_selection()
            self._tell()
            return opposite

        return change

    def _mend_selection(self) -> None:
        masks = self._roto.masks if self._roto else ()
        if self.current not in {mask.id for mask in masks}:
            self.select(masks[-1].id if masks else None)

    def _tell(self, save: bool = True) -> None:
        self.revision += 1
        if save and not self._timer.isActive():
            self._timer.start()  # not restarted by the next edit: a long stroke is saved while it is drawn
        self.changed.emit()

    def _save(self) -> None:
        roto, path = self.roto, self._path
        if roto is not None and path is not None:
            self._background.do(lambda: write_roto(path, roto), replaces=f"save {path}")


def write_roto(path: Path, roto: Roto) -> None:
    """The document into a file, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(encode(roto)), encoding="utf-8")
    part.replace(path)


def frozen_roto(result: Path) -> Path:
    """The drawing that was frozen with a result."""
    return result.with_name(f"{result.stem}{ROTO_SUFFIX}")


def other_roto(result: Path, roto: Roto) -> bool:
    """Whether a result was made from another drawing than this; names and locks do not count.

    Args:
        result: its media.
        roto: the drawing now.
    """
    try:
        frozen = read_roto(frozen_roto(result), roto.width, roto.height)
    except (OSError, SpecError):
        return False  # nobody knows
    return _drawn(frozen) != _drawn(roto)


def _drawn(roto: Roto) -> tuple[Mask, ...]:
    return tuple(replace(mask, name="", locked=False, id=0) for mask in roto.masks if mask.enabled)


def read_roto(path: Path, width: int, height: int) -> Roto:
    """The document of a plate, or an empty one where there is none yet.

    Raises:
        SpecError: there is one that cannot be understood, or for a plate of another size.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Roto(width, height)
    try:
        roto = decode(Roto, parse_json(content))
    except SpecError as error:
        raise SpecError(error.message, clip=str(path), remedy=_BEGIN_ANEW) from None
    if (roto.width, roto.height) != (width, height):
        raise SpecError(
            f"it was drawn on {roto.width}x{roto.height}, the clip is {width}x{height}",
            clip=str(path),
            remedy=_BEGIN_ANEW,
        )
    return roto
