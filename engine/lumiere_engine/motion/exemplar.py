"""Completing what no frame of a shot shows with like patches of the picture itself.

The search (`exemplar_search`) names for each pixel of the hole a real one that it becomes a copy of, so that the
texture keeps its own sharpness; the steps between pieces are spread in the gradient domain (`seams`). Where no
patch fits, the start stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..protocol.errors import SpecError
from .align import Window
from .borrow import window_around
from .exemplar_search import ExemplarParams, Found, search
from .fill import smooth_fill
from .flow import grid
from .seams import close_seams

Array = np.ndarray

_LEAST_MARGIN = 64  # pixels around the hole that patches are taken from, and at least as many as it is wide
_LEAST_USUAL = 3.0  # code values; a texture that repeats itself exactly makes every patch look doubtful
# Pixels; what is smoother than this the start knows better than any patch does: with it, 24 frames of four shots have
# 0.1 dB more than with 6. With 2 they have as much again, but stones and planks all look of one colour. The search's
# own blur is wider: there it is the tone of a place, which likenesses keep to.
_LOW = 3.0


@dataclass(frozen=True)
class Exemplar:
    """A completed picture, and where it was taken from.

    Attributes:
        picture: h w 3 float32, 0..255; outside the hole as it was.
        places: h w 2 float32, (x, y), whole numbers: the pixel that each pixel of the hole is a copy of; itself
            outside the hole and where nothing could be copied.
        origin: h w int32, which picture that lies in: 0 this one, 1 the first of the `sources`, and so on; -1
            where nothing could be copied.
        doubt: h w float32, code values: root mean square difference between what was copied to a pixel's
            surroundings and what it should continue; 0 outside the hole, infinite where nothing was copied.
    """

    picture: Array
    places: Array
    origin: Array
    doubt: Array


def exemplar_fill(
    picture: Array,
    hole: Array,
    usable: Array | None = None,
    start: Array | None = None,
    params: ExemplarParams | None = None,
    sources: Sequence[tuple[Array, Array]] = (),
) -> Exemplar:
    """Close the hole of a picture with copies of other parts of it.

    Args:
        picture: h w 3, 0..255; what it holds inside the hole is ignored.
        hole: h w bool.
        usable: h w bool, what may be copied from; all outside the hole by default.
        start: h w 3, a first guess; a smooth fill by default. See `ExemplarParams.trust`.
        params: how to choose.
        sources: further pictures of the same size, as (picture, usable), to copy from: other frames of the shot.
    """
    _same_size(
        hole, picture, *(a for a in (usable, start) if a is not None), *(a for s in sources for a in s)
    )
    params = params or ExemplarParams()
    picture = picture.astype(np.float32)
    if not hole.any():
        return _untouched(picture, hole)
    started = smooth_fill(picture, hole) if start is None else np.where(hole[..., None], start, picture)
    started = started.astype(np.float32)
    window = _window(hole)
    part = window.slices
    planes = np.stack([started[part], *(p[part].astype(np.float32) for p, _ in sources)])
    free = ~hole if usable is None else usable & ~hole
    masks = np.stack([free[part], *(mask[part] for _, mask in sources)])
    found = search(planes, masks, hole[part], params)
    if found is None:
        return _untouched(started, hole)
    filled = close_seams(planes, masks, started[part], hole[part], found.places)
    filled = _finished(filled, started[part], hole[part], found, params)
    out = picture.copy()
    out[part][hole[part]] = np.clip(filled, 0, 255)[hole[part]]
    return Exemplar(out, *_where(found, window, hole))


def _finished(filled: Array, start: Array, hole: Array, found: Found, params: ExemplarParams) -> Array:
    """The start comes through where patches do not fit, and in its low frequencies as far as is asked for."""
    if params.detail < 1:
        low = cv2.GaussianBlur(np.where(hole[..., None], start - filled, 0), (0, 0), _LOW)
        filled = filled + (1 - params.detail) * low
    side = (2 * params.patch + 1,) * 2
    area = np.maximum(cv2.blur(hole.astype(np.float32), side), 1e-6)
    doubt = np.sqrt(np.maximum(cv2.blur(np.where(hole, found.doubt**2, 0), side), 0) / area)
    share = np.clip(doubt / (params.doubtful * max(found.usual, _LEAST_USUAL)) - 1, 0, 1)[..., None]
    return filled + share * share * (3 - 2 * share) * (start - filled)


def _window(hole: Array) -> Window:
    """The hole's box with the surroundings that patches are taken from."""
    tight = window_around(hole, 0)
    return window_around(hole, max(_LEAST_MARGIN, tight.height, tight.width))


def _where(found: Found, window: Window, hole: Array) -> tuple[Array, Array, Array]:
    """Places, origin and doubt of the whole picture."""
    part = window.slices
    inside = hole[part]
    places, origin, doubt = _nowhere(hole)
    origin[hole] = 0
    plane, rest = np.divmod(found.places, inside.size)
    y, x = np.divmod(rest, window.width)
    places[part][inside] = np.stack([x + window.x, y + window.y], -1)[inside]
    origin[part][inside], doubt[part][inside] = plane[inside], found.doubt[inside]
    return places, origin, doubt


def _nowhere(hole: Array) -> tuple[Array, Array, Array]:
    """The same if nothing is copied."""
    places = grid(*hole.shape)
    return places, np.where(hole, -1, 0).astype(np.int32), np.where(hole, np.inf, 0).astype(np.float32)


def _untouched(picture: Array, hole: Array) -> Exemplar:
    return Exemplar(picture, *_nowhere(hole))


def _same_size(hole: Array, *others: Array) -> None:
    if any(other.shape[:2] != hole.shape for other in others):
        raise SpecError(f"hole {hole.shape} and pictures {[o.shape[:2] for o in others]} differ in size")
