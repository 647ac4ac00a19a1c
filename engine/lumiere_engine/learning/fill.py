"""Smooth fills, from which imagining starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lumiere_engine.motion import fill, pyramid

from .shot import Mask, Rgb

Fill = Callable[[Rgb, Mask], Rgb]
"""(rgb t h w 3, known t h w) → rgb t h w 3: unchanged where known, finite everywhere."""


def push_pull(rgb: Rgb, known: Mask) -> Rgb:
    """Fill each frame smoothly, see `motion.pyramid.push_pull`.

    Args:
        rgb: t h w 3 float32; read where known.
        known: t h w bool; a frame without any known pixel becomes 0 (mid grey).

    Returns:
        t h w 3 float32, unchanged where known.
    """
    return np.stack([pyramid.push_pull(picture, seen) for picture, seen in zip(rgb, known, strict=True)])


def smooth_fill(rgb: Rgb, known: Mask) -> Rgb:
    """Fill each frame as borrowing does where it finds nothing, see `motion.fill.smooth_fill`; as `push_pull`."""
    filled = [fill.smooth_fill((p + 1) * 127.5, ~k) for p, k in zip(rgb, known, strict=True)]
    out: Rgb = np.where(known[..., None], rgb, np.stack(filled) / np.float32(127.5) - 1)
    return out
