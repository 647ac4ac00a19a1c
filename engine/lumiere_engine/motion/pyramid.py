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
# Where the harmonic interpolant itself is wanted: steps on the finest level, each coarser one having twice as many up
# to the most; and the share of the spectrum, times the steps squared, that is left to coarser levels. In 46 pictures
# the fill has 0.16 dB more than after four relaxations, at twice the price; 12 · 4ˡ relaxations cost five times it.
_HARMONIC_STEPS = 6
_MOST_STEPS = 64
_LEFT = 2.0
_NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def push_pull(field: Array, known: Array, *, harmonic: bool = False) -> Array:
    """Fill `field` smoothly where it is not `known`.

    Args:
        field: h w or h w c, float32; values at unknown places are ignored.
        known: h w bool.
        harmonic: come close to the harmonic interpolant, in twice the time.

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
    filled = _fill(values, known.astype(np.float32), _HARMONIC_STEPS if harmonic else 0)
    if harmonic:  # steps that are not yet at their end may go beyond what is known
        filled = np.clip(filled, field[known].min(0), field[known].max(0))
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


def _fill(values: Array, weight: Array, steps: int = 0) -> Array:
    """`values` are already multiplied by `weight` (0..1); returns their quotient, completed.

    `steps`: of `_harmonic` on this level; 0 relaxes a few times instead.
    """
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
        min(2 * steps, _MOST_STEPS),
    )
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    unknown = _like(1 - weight, values)
    # A place of partial weight keeps its own mean only as far as that mean is supported.
    filled = values + up * unknown
    if steps:
        return _harmonic(filled, values, unknown, steps)
    for _ in range(_RELAXATIONS):
        filled = values + _neighbours(filled) * unknown
    return filled


def _harmonic(filled: Array, values: Array, unknown: Array, steps: int) -> Array:
    """Chebyshev's semi-iteration towards filled = values + unknown · (mean of the neighbours); starts from `filled`.

    Source: Golub and Varga, Chebyshev semi-iterative methods (1961). As a smoother: it treats the part of the
    spectrum, which lies in 0..2, that coarser levels do not.
    """
    low = min(1.0, _LEFT / steps**2)
    middle, radius = (2 + low) / 2, (2 - low) / 2
    change, factor = np.zeros_like(filled), 0.0
    for step in range(steps):
        left = values + _neighbours(filled) * unknown - filled
        if step:
            following = 1 / (2 * middle / radius - factor)
            change = np.float32(following * factor) * change + np.float32(2 * following / radius) * left
            factor = following
        else:
            change, factor = left / np.float32(middle), radius / middle
        filled = filled + change
    return filled


def _neighbours(field: Array) -> Array:
    """The mean of each place's four neighbours."""
    return cv2.filter2D(field, -1, _NEIGHBOURS, borderType=cv2.BORDER_REFLECT_101).reshape(field.shape)


def _like(weight: Array, values: Array) -> Array:
    return weight.reshape(weight.shape + (1,) * (values.ndim - 2))
