"""Texture that was copied at analysis size, fetched again at the plate's own: which pixel came from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..motion.align import Aligned, Window
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

    def without(self, where: Array) -> Copied:
        """The same, `where` (h w bool) having no texture."""
        return Copied(np.where(where, NOBODY, self.lender), self.places)

    def own(self, frame: int, where: Array) -> Copied:
        """The same, `where` having the texture that `frame` itself was given there."""
        height, width = where.shape
        places = np.where(where[..., None], grid(height, width), self.places)
        return Copied(np.where(where, np.int32(frame), self.lender), places)

    def taking(self, window: Window, taken: Array, aligned: Aligned, theirs: Copied) -> Copied:
        """The same, the pixels `taken` (of `window`) having what a frame laid over this one has there."""
        height, width = theirs.lender.shape
        lender, places = self.lender.copy(), self.places.copy()
        x, y = np.rint(aligned.places[taken]).astype(int).T
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        rest = aligned.places[taken] - np.stack([x, y], 1)
        lender[window.slices][taken] = theirs.lender[y, x]
        places[window.slices][taken] = theirs.places[y, x] + rest
        return Copied(lender, places)


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
) -> Array:
    """`rgb` with the details of the texture that its pixels were copied from.

    Args:
        rgb: h w 3 working values at the plate's size.
        copied: of the whole frame at analysis size.
        where: h w 2, the place of each pixel of `rgb` in the frame at analysis size.
        enlarged: places at analysis size → places in the plate.
        details: of a key frame.
    """
    rows, columns, rest = nearest(where, *copied.lender.shape)
    lender, places = copied.lender[rows, columns], copied.places[rows, columns] + rest
    out = rgb.copy()
    for key in np.unique(lender[lender != NOBODY]):
        from_key = lender == key
        out[from_key] += details(int(key)).at(enlarged(places))[from_key]
    return out
