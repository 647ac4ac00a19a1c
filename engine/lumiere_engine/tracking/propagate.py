"""From one frame's mask to the next one's: what moved along, and edges where the picture has them."""

from __future__ import annotations

import cv2
import numpy as np

Array = np.ndarray

_PATCH = (5, 5)
_REACH = 5  # pixels by which the flow may miss
_LIKENESS = 12.0  # code values
_NEARNESS = 4.0  # pixels
_THIRD = np.full((1, 3), 1 / 3, np.float32)


def votes(now: Array, before: Array, mask: Array, window: tuple[slice, slice]) -> tuple[Array, Array]:
    """What patches of the frame before say, each with the weight of its likeness (soft voting in a window).

    Args:
        now, before: h w 3 float32, code values; `before` is warped to `now` already.
        mask: h w float32 0..1, warped like `before`.
        window: the part that is asked for.

    Returns:
        The vote 0..1, and the mean square difference of the best patch, both of the window's size.
    """
    height, width = mask.shape
    ys, xs = window
    around = tuple(
        slice(max(0, part.start - _REACH), min(size, part.stop + _REACH))
        for part, size in ((ys, height), (xs, width))
    )
    pads = (
        _REACH - (ys.start - around[0].start),
        _REACH - (around[0].stop - ys.stop),
        _REACH - (xs.start - around[1].start),
        _REACH - (around[1].stop - xs.stop),
    )
    here = np.ascontiguousarray(now[ys, xs])
    there = cv2.copyMakeBorder(before[around], *pads, cv2.BORDER_REPLICATE)
    labels = cv2.copyMakeBorder(mask[around], *pads, cv2.BORDER_REPLICATE)
    rows, columns = here.shape[:2]
    total = np.zeros((rows, columns), np.float32)
    weights = np.full((rows, columns), 1e-12, np.float32)
    best = np.full((rows, columns), 1e9, np.float32)
    for dy, dx in _SHIFTS:
        part = slice(_REACH + dy, _REACH + dy + rows), slice(_REACH + dx, _REACH + dx + columns)
        apart = cv2.subtract(here, there[part])
        cost = cv2.blur(cv2.transform(cv2.multiply(apart, apart), _THIRD), _PATCH)
        far = (dy * dy + dx * dx) / (2 * _NEARNESS**2)
        weight = cv2.exp(cost * np.float32(-1 / _LIKENESS**2) - np.float32(far))
        total += weight * labels[part]
        weights += weight
        np.minimum(best, cost, out=best)
    return total / weights, best


_SHIFTS = [
    (dy, dx)
    for dy in range(-_REACH, _REACH + 1)
    for dx in range(-_REACH, _REACH + 1)
    if dy * dy + dx * dx <= _REACH**2 + 1
]


def signed_distance(mask: Array) -> Array:
    """Pixels to the edge of `mask` (h w bool), positive inside; -50 everywhere if it is empty."""
    if not mask.any():
        return np.full(mask.shape, -50, np.float32)
    if mask.all():
        return np.full(mask.shape, 50, np.float32)
    inner = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return inner - cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)


def follow_edges(picture: Array, values: Array, radius: int = 4, least: float = 1e-3) -> Array:
    """`values` (h w float32) smoothed so that their edges lie on the picture's (guided filter, He et al., 2010).

    Args:
        picture: h w 3 float32, 0..1.
        values: anything per pixel.
        radius: of the windows, pixels.
        least: variance below which a window counts as flat.
    """

    def mean(layer: Array) -> Array:
        return cv2.blur(layer, (2 * radius + 1,) * 2)

    centre, level = mean(picture), mean(values)
    r, g, b = cv2.split(picture)
    mr, mg, mb = cv2.split(centre)
    rr, gg, bb = mean(r * r) - mr * mr + least, mean(g * g) - mg * mg + least, mean(b * b) - mb * mb + least
    rg, rb, gb = mean(r * g) - mr * mg, mean(r * b) - mr * mb, mean(g * b) - mg * mb
    tr, tg, tb = mean(r * values) - mr * level, mean(g * values) - mg * level, mean(b * values) - mb * level
    # the inverse of the symmetric 3×3 covariance, written out
    c0, c1, c2 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c3, c4, c5 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    size = rr * c0 + rg * c1 + rb * c2
    ar = (c0 * tr + c1 * tg + c2 * tb) / size
    ag = (c1 * tr + c3 * tg + c4 * tb) / size
    ab = (c2 * tr + c4 * tg + c5 * tb) / size
    rest = level - ar * mr - ag * mg - ab * mb
    return mean(ar) * r + mean(ag) * g + mean(ab) * b + mean(rest)


def surroundings(mask: Array, reach: float) -> Array:
    """`mask` (h w bool) grown by `reach` times its size, 12 to 60 pixels."""
    radius = int(np.clip(reach * np.sqrt(mask.sum() + 1), 12, 60))
    return signed_distance(mask) > -radius if mask.any() else np.zeros_like(mask)
