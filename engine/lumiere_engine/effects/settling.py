"""Settling all shots of a job: each key frame gets texture by example, the others take it from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..motion.exemplar import exemplar_fill
from ..motion.exemplar_search import ExemplarParams
from .completion import CompletedShots
from .copied import NOBODY, Copied
from .settle import Settler

Array = np.ndarray

# The start's low frequencies stay: they are the likelier ones, the more so for the frames that take them from a key.
_TEXTURE = ExemplarParams(detail=0.0)


def settle(completed: CompletedShots, textures: int) -> Iterator[tuple[int, int]]:
    """Settle every shot; yields (frames settled, frames) of the shot it is at, as it goes.

    Args:
        completed: the shots after borrowing and imagining.
        textures: key frames of a shot that are given texture.
    """
    completed.forget_settled()
    for start, view in completed.shots.views():
        for done in Settler(view, _SettledFrames(completed, start), _by_example, textures).run():
            yield done, view.frame_count


@dataclass(frozen=True)
class _SettledFrames:
    """The frames of one shot as `Settler` reads and writes them."""

    completed: CompletedShots
    start: int

    def picture(self, frame: int) -> Array:
        return self.completed.picture(self.start + frame)

    def unseen(self, frame: int) -> Array:
        return self.completed.unseen(self.start + frame)

    def doubt(self, frame: int) -> Array:
        return self.completed.doubt(self.start + frame)

    def copied(self, frame: int) -> Copied:
        found = self.completed.copied(self.start + frame)
        return Copied(np.where(found.lender == NOBODY, NOBODY, found.lender - self.start), found.places)

    def keep(self, frame: int, picture: Array, copied: Copied) -> None:
        lender = np.where(copied.lender == NOBODY, NOBODY, copied.lender + self.start)
        self.completed.set_settled(self.start + frame, picture, Copied(lender, copied.places))

    def keep_texture(self, frame: int, places: Array) -> None:
        self.completed.set_texture(self.start + frame, places)


def _by_example(picture: Array, still_open: Array, usable: Array) -> tuple[Array, Array]:
    """The open part of a picture in the texture of its surroundings, where the imagined start leads it."""
    found = exemplar_fill(picture, still_open, usable, start=picture, params=_TEXTURE)
    return found.picture, found.places
