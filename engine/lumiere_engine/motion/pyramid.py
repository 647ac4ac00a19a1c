"""Push-pull: smooth completion of a field over the places where it is unknown.

Source: Gortler et al., The Lumigraph (1996), section 3.4. The pull goes down a pyramid of weighted means, the
push comes back up and fills only what was unknown. A few relaxations per level on the way up bring it to the
harmonic (membrane) interpolant, whose error on pictures is smaller; this is one multigrid cycle.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..protocol.errors import SpecError

Array = np.ndarray

_RELAXATIONS = 4
_NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def push_pull(field: Array, known: Array) -> Array:
    """Fill `field` smoothly where it is not `known`.

    Args:
        field: h w or h w c, float32; values at unknown places are ignored.
        known: h w bool.

    Returns:
        A new array of the same shape; known values are kept exactly. All zero if nothing is known.
    """
    if field.shape[:2] != known.shape:
        raise SpecError(f"field {field.shape[:2]} and known {known.shape} differ in size")
    if known.all():
        return field.copy()
    if not known.any():
        return np.zeros_like(field)
    values = np.where(known.reshape(known.shape + (1,) * (field.ndim - 2)), field, 0).astype(np.float32)
    filled = _fill(values, known.astype(np.float32))
    filled[known] = field[known]
    return filled


def smooth_field(values: Array, known: Array, *, blur: int = 1) -> Array:
    """A smooth field over all of a picture from values that are noisy, and known in places only.

    Computed at half size, since it is smooth: a quarter of the time of `push_pull`.

    Args:
        values: h w or h w c, float32.
        known: h w bool.
        blur: side in pixels, about, of the square that values are averaged over; 1 does not average.

    Returns:
        Of the shape of `values`; unlike with `push_pull`, known values are smoothed as well. Zero if nothing
        is known.
    """
    height, width = known.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    weight = known.astype(np.float32)
    shape = (half[1], half[0], *values.shape[2:])
    total = cv2.resize(values * _like(weight, values), half, interpolation=cv2.INTER_AREA).reshape(shape)
    count = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    if blur > 1:
        size = ((blur + 1) // 2,) * 2
        total = cv2.blur(total, size, borderType=cv2.BORDER_CONSTANT).reshape(shape)
        count = cv2.blur(count, size, borderType=cv2.BORDER_CONSTANT)
    there = count > 1e-3
    if not there.any():
        return np.zeros_like(values)
    mean = np.where(_like(there, total), total / np.maximum(_like(count, total), 1e-3), 0).astype(np.float32)
    filled = _fill(mean, there.astype(np.float32))
    return cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)


def _fill(values: Array, weight: Array) -> Array:
    """`values` are already multiplied by `weight` (0..1); returns their quotient, completed."""
    if weight.min() > 1e-4 or min(weight.shape) <= 2:
        safe = np.maximum(weight, 1e-12)
        mean = values.sum((0, 1)) / weight.sum()
        quotient = values / _like(safe, values)
        return np.where(_like(weight, values) > 1e-6, quotient, mean).astype(np.float32)
    height, width = weight.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    coarse = _fill(
        cv2.resize(values, half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0], *values.shape[2:]),
        cv2.resize(weight, half, interpolation=cv2.INTER_AREA),
    )
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    unknown = _like(1 - weight, values)
    # A place of partial weight keeps its own mean only as far as that mean is supported.
    filled = values + up * unknown
    for _ in range(_RELAXATIONS):
        mean = cv2.filter2D(filled, -1, _NEIGHBOURS, borderType=cv2.BORDER_REFLECT_101).reshape(values.shape)
        filled = values + mean * unknown
    return filled


def _like(weight: Array, values: Array) -> Array:
    return weight.reshape(weight.shape + (1,) * (values.ndim - 2))
