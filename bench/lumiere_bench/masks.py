"""Masks with known truth behind them: seeded ones, and those of another shot's object.

Seeded masks are drawn in units of the picture's height, so that all sizes of a shot get the same.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.random import RandomState

Array = np.ndarray
STATIONARY_SHARE = 0.15
MOVING_SHARE = 0.10
_STATIONARY_BLOBS = 4
_MOVING_BLOBS = 3
# Masks are fitted to their share at this height, of which every size gets an enlargement.
_LINES = 120
_BISECTIONS = 24


@dataclass(frozen=True)
class _Blob:
    """An ellipse on its way; lengths in heights of the picture, speeds in such a frame."""

    x: float
    y: float
    across: float
    down: float
    angle: float
    speed_x: float = 0.0
    speed_y: float = 0.0


def seed_of(seed: int, shot: str, kind: str) -> int:
    """The seed of one shot's masks of one kind; it does not depend on which other shots there are."""
    return zlib.crc32(f"{seed}/{kind}/{shot}".encode())


def stationary(count: int, height: int, width: int, seed: int) -> Array:
    """Ellipses that stand still on the screen and hide 15 % of it; `count` h w bool."""
    draw = RandomState(seed)  # unlike a Generator's, its stream is the same in every version of NumPy
    aspect = width / height
    blobs = [
        _Blob(
            draw.uniform(0.12, 0.88) * aspect,
            draw.uniform(0.15, 0.85),
            draw.uniform(0.11, 0.22),
            draw.uniform(0.08, 0.17),
            draw.uniform(0, np.pi),
        )
        for _ in range(_STATIONARY_BLOBS)
    ]
    mask = _drawn(blobs, 1, height, width, STATIONARY_SHARE)
    return np.repeat(mask, count, 0)


def moving(count: int, height: int, width: int, seed: int) -> Array:
    """Ellipses that cross the screen, reflected at its edges, and hide 10 % of it; `count` h w bool.

    They move by 1 to 5 pixels a frame if the picture has 240 lines.
    """
    draw = RandomState(seed)
    aspect = width / height
    blobs = []
    for _ in range(_MOVING_BLOBS):
        speed, course = draw.uniform(1, 5) / 240, draw.uniform(0, 2 * np.pi)
        blobs.append(
            _Blob(
                draw.uniform(0, aspect),
                draw.uniform(0, 1),
                draw.uniform(0.12, 0.22),
                draw.uniform(0.10, 0.16),
                0.0,
                speed * np.cos(course),
                speed * np.sin(course),
            )
        )
    return _drawn(blobs, count, height, width, MOVING_SHARE)


def looped(masks: Array, count: int) -> Array:
    """`count` frames of masks (t h w) that run forth and back."""
    last = len(masks) - 1
    if last == 0:
        return np.repeat(masks, count, 0)
    there = np.arange(count) % (2 * last)
    return masks[np.where(there > last, 2 * last - there, there)]


def _drawn(blobs: list[_Blob], count: int, height: int, width: int, share: float) -> Array:
    """The blobs at the one common scale at which they hide this share of all pixels; t h w bool."""
    columns = round(_LINES * width / height)
    low, high = 0.0, 6.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        hidden = np.mean([_frame(blobs, t, _LINES, columns, middle).mean() for t in _some(count)])
        low, high = (low, middle) if hidden > share else (middle, high)
    return np.stack([_frame(blobs, t, height, width, high) for t in range(count)])


def _some(count: int) -> list[int]:
    """Frames enough to know the mean share."""
    return sorted({int(t) for t in np.linspace(0, count - 1, min(count, 24))})


def _frame(blobs: list[_Blob], t: int, height: int, width: int, scale: float) -> Array:
    """h w bool."""
    y = ((np.arange(height) + 0.5) / height)[:, None]
    x = ((np.arange(width) + 0.5) / height)[None, :]
    mask = np.zeros((height, width), bool)
    for blob in blobs:
        dx = x - _reflected(blob.x + blob.speed_x * t, width / height)
        dy = y - _reflected(blob.y + blob.speed_y * t, 1.0)
        along = (dx * np.cos(blob.angle) + dy * np.sin(blob.angle)) / (blob.across * scale + 1e-9)
        beside = (dy * np.cos(blob.angle) - dx * np.sin(blob.angle)) / (blob.down * scale + 1e-9)
        mask |= along**2 + beside**2 <= 1
    return mask


def _reflected(place: float, length: float) -> float:
    """A place that runs on, thrown back at 0 and `length`."""
    there = place % (2 * length)
    return 2 * length - there if there > length else there
