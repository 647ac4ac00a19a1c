"""The smooth fill that imagining starts from when nothing better is given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lumiere_engine.motion import pyramid

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
