"""Borrowing in two rounds: key frames search the whole shot, the frames between borrow from the keys around them.

A key frame's hole, once closed, is as good as seen: the frames around it need not search on their own. That takes a
third of the time, and neighbours show the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .borrow import Borrowed, Borrower, BorrowParams, ShotView
from .chain import HomographyChain
from .flow import sample

Array = np.ndarray


def key_frames(frame_count: int, every: int) -> list[int]:
    """Evenly spread, the first and the last among them."""
    count = max(2, -(-(frame_count - 1) // every) + 1)
    return sorted({int(round(t)) for t in np.linspace(0, frame_count - 1, count)})


def relay_order(frame: int, frame_count: int, keys: list[int]) -> list[int]:
    """The frames that one between keys tries: its neighbours, which may show it, then the key before and after."""
    near = [t for t in (frame - 1, frame + 1) if 0 <= t < frame_count]
    before, after = max(k for k in keys if k < frame), min(k for k in keys if k > frame)
    around = sorted((before, after), key=lambda k: (abs(k - frame), k))
    return list(dict.fromkeys((*near, *around)))


@dataclass(frozen=True)
class KeyedView:
    """A `ShotView` whose key frames are completed as far as borrowing could.

    Attributes:
        view: the shot.
        filling: what a key frame borrowed; None if it has no hole.
        keys: the key frames.
    """

    view: ShotView
    filling: Callable[[int], Borrowed | None]
    keys: frozenset[int]

    @property
    def frame_count(self) -> int:
        """See `ShotView`."""
        return self.view.frame_count

    @property
    def chain(self) -> HomographyChain:
        """See `ShotView`."""
        return self.view.chain

    def picture(self, frame: int) -> Array:
        """See `ShotView`; of a key frame, completed."""
        picture = self.view.picture(frame)
        borrowed = self.filling(frame) if frame in self.keys else None
        if borrowed is None:
            return picture
        picture = picture.copy()
        picture[borrowed.window.slices] = np.clip(np.rint(borrowed.picture), 0, 255).astype(np.uint8)
        return picture

    def hole(self, frame: int) -> Array:
        """See `ShotView`; of a key frame, what it could not borrow."""
        borrowed = self.filling(frame) if frame in self.keys else None
        if borrowed is None:
            return self.view.hole(frame)
        hole = np.zeros_like(self.view.hole(frame))
        hole[borrowed.window.slices] = borrowed.unseen
        return hole

    def forward_flow(self, frame: int) -> Array:
        """See `ShotView`."""
        return self.view.forward_flow(frame)

    def backward_flow(self, frame: int) -> Array:
        """See `ShotView`."""
        return self.view.backward_flow(frame)


class Relay:
    """Borrows for the frames between keys; may be shared by threads."""

    def __init__(self, view: KeyedView, params: BorrowParams) -> None:
        self._view, self._keys = view, sorted(view.keys)
        self._borrower = Borrower(view, params)

    def borrow(self, frame: int) -> Borrowed | None:
        """What `frame`, which is no key, can borrow from its neighbours and the keys around it; None without a hole."""
        order = relay_order(frame, self._view.frame_count, self._keys)
        borrowed = self._borrower.borrow(frame, order)
        return None if borrowed is None else self._with_lent_errors(borrowed)

    def _with_lent_errors(self, borrowed: Borrowed) -> Borrowed:
        """The same, its expected error grown by the errors that the keys among its lenders had already."""
        error = borrowed.error.copy()
        for source in borrowed.sources:
            theirs = self._view.filling(source.frame) if source.frame in self._view.keys else None
            if theirs is None:
                continue
            y, x = source.window.y - borrowed.window.y, source.window.x - borrowed.window.x
            inside = slice(y, y + source.window.height), slice(x, x + source.window.width)
            places = source.places - np.array([theirs.window.x, theirs.window.y], np.float32)
            lent = np.where(theirs.filled, theirs.error, 0).astype(np.float32)
            error[inside] += source.weight * sample(lent, places)
        return replace(borrowed, error=error)
