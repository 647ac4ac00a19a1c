"""The colours of one picture given to another."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
_TURNS = 24
_ASKED = 10000  # pixels that tell the quantiles
_QUANTILES = np.linspace(0, 1, 257)


def with_colours_of(picture: Array, reference: Array, seed: int = 0) -> Array:
    """`picture` with the distribution of colours of `reference` (iterative distribution transfer, Pitié 2007).

    In turned colour axes, each axis's values are mapped so that their quantiles are the reference's; a few turns
    later the whole distributions agree. The mapping is monotone at each turn: what was lighter stays lighter.

    Args:
        picture: h w 3 float32.
        reference: h' w' 3 float32.
        seed: of the turns.

    Returns:
        h w 3 float32.
    """
    mine, theirs = picture.reshape(-1, 3).astype(np.float64), reference.reshape(-1, 3).astype(np.float64)
    few, many = (max(1, len(colours) // _ASKED) for colours in (mine, theirs))
    draw = np.random.default_rng(seed)
    for _ in range(_TURNS):
        axes, _ = np.linalg.qr(draw.standard_normal((3, 3)))
        turned, wanted = mine @ axes, theirs @ axes
        for axis in range(3):
            now = np.quantile(turned[::few, axis], _QUANTILES)
            then = np.quantile(wanted[::many, axis], _QUANTILES)
            turned[:, axis] = np.interp(turned[:, axis], now, then)
        mine = turned @ axes.T
    return mine.reshape(picture.shape).astype(np.float32)
