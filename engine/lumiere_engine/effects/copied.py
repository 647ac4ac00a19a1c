"""Texture that was copied at analysis size, fetched again at the plate's own: which pixel came from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..motion.align import Window
from ..motion.borrow import window_around
from ..motion.flow import grid, sample

Array = np.ndarray

NOBODY = -1


@dataclass(frozen=True)
class Copied:
    """Where the unseen pixels of a frame have their texture from.

    Attributes:
        lender: h w int32, the key frame that was given texture, or `NOBODY`.
        places: h w 2 float32, where in it, in pixels of the analysis size.
    """

    lender: Array
    places: Array

    @classmethod
    def nothing(cls, height: int, width: int) -> Copied:
        """No texture at all."""
        return cls(np.full((height, width), NOBODY, np.int32), np.zeros((height, width, 2), np.float32))

    def own(self, frame: int, where: Array) -> Copied:
        """The same, `where` having the texture that `frame` itself was given there."""
        height, width = where.shape
        places = np.where(where[..., None], grid(height, width), self.places)
        return Copied(np.where(where, np.int32(frame), self.lender), places)

    def taking(self, key: int, places: Array, taken: Array) -> Copied:
        """The same, the pixels `taken` (h w bool) having what the key frame `key` shows at `places` (h w 2)."""
        return Copied(
            np.where(taken, np.int32(key), self.lender), np.where(taken[..., None], places, self.places)
        )

    @property
    def nowhere(self) -> Array:
        """Pixels without texture, h w bool."""
        return self.lender == NOBODY

    def counted_from(self, start: int) -> Copied:
        """The same, lenders counted from frame `start`."""
        return Copied(np.where(self.nowhere, NOBODY, self.lender - start).astype(np.int32), self.places)

    def layer(self, details: Callable[[int], Array]) -> Array:
        """The texture itself, h w 3, from the layers (h w 3) of the key frames at the same size."""
        out = np.zeros((*self.lender.shape, 3), np.float32)
        for key in np.unique(self.lender[~self.nowhere]):
            window = window_around(self.lender == key, 0).slices
            from_key = self.lender[window] == key
            out[window][from_key] = sample(details(int(key)), self.places[window], cubic=True)[from_key]
        return out


@dataclass(frozen=True)
class Detail:
    """What a key frame's texture shows at the plate's size beyond what the analysis size can hold.

    Attributes:
        window: of the plate.
        rgb: h w 3 float32 working values, to be added to the enlarged picture.
    """

    window: Window
    rgb: Array

    def at(self, places: Array) -> Array:
        """Interpolated at `places` (h w 2, pixels of the plate); repeated beyond the border."""
        return sample(self.rgb, (places - (self.window.x, self.window.y)).astype(np.float32), cubic=True)


def nearest(places: Array, height: int, width: int) -> tuple[Array, Array, Array]:
    """The whole pixels next to `places` (h w 2): rows, columns, and what is left of each place."""
    x = np.clip(np.rint(places[..., 0]), 0, width - 1)
    y = np.clip(np.rint(places[..., 1]), 0, height - 1)
    rest = places - np.stack([x, y], -1)
    return y.astype(int), x.astype(int), rest.astype(np.float32)


def add_details(
    rgb: Array,
    copied: Copied,
    where: Array,
    enlarged: Callable[[Array], Array],
    details: Callable[[int], Detail],
    strength: Array,
) -> Array:
    """`rgb` with the details of the texture that its pixels were copied from.

    Args:
        rgb: h w 3 working values at the plate's size.
        copied: of the whole frame at analysis size.
        where: h w 2, the place of each pixel of `rgb` in the frame at analysis size.
        enlarged: places at analysis size → places in the plate.
        details: of a key frame.
        strength: of the texture, of the whole frame at analysis size, h w, 0..1.
    """
    rows, columns, rest = nearest(where, *copied.lender.shape)
    lender, places = copied.lender[rows, columns], copied.places[rows, columns] + rest
    share = sample(strength, where)[..., None]
    out = rgb.copy()
    for key in np.unique(lender[lender != NOBODY]):
        from_key = lender == key
        out[from_key] += (share * details(int(key)).at(enlarged(places)))[from_key]
    return out
