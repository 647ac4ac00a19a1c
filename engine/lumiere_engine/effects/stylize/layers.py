"""Layers of paint brought from key frames to a frame along its trails."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np

from ...motion.flow import sample
from ..shot import Scale
from .trails import Source, mixed

Array = np.ndarray

_SPREAD = 1 / 12  # of a frame's height, standard deviation, over which paint spreads to where none is carried
_RIDGE = 1e-3  # square of a colour; keeps colours that hardly occur from being thrown far
_LITTLE = 1e-3  # weight of a frame's mean paint, for places that are far from all paint


def carried(sources: list[Source], layer: Callable[[int], Array]) -> tuple[Array, Array]:
    """What reaches a frame at analysis size.

    Args:
        sources: see `Trails.sources`; at least one.
        layer: a key frame's, h w 3 at analysis size.

    Returns:
        The key frames' layers where they are now, times their weights, summed (h w 3); the sum of the weights
        (h w, 0..1).
    """
    height, width = sources[0].sure.shape
    total, followed = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    for (key, weight), source in zip(mixed(sources), sources, strict=True):
        total += weight[..., None] * sample(layer(key), source.places, cubic=True)
        followed += weight
    return total, followed


def carried_large(sources: list[Source], layer: Callable[[int], Array], scale: Scale) -> Array:
    """As the first that `carried` returns, of layers at the plate's size; h w 3."""
    factors, half = np.array(scale.factors, np.float32), np.float32(0.5)
    total = np.zeros((scale.height, scale.width, 3), np.float32)
    for (key, weight), source in zip(mixed(sources), sources, strict=True):
        places = (enlarged(source.places, scale) + half) * factors - half
        total += enlarged(weight, scale)[..., None] * sample(layer(key), places, cubic=True)
    return total


def spread_out(total: Array, followed: Array) -> Array:
    """The colours of paint where none is carried: those of the surroundings that have some.

    Args:
        total, followed: see `carried`.

    Returns:
        h w 3, smooth (a normalised convolution; Knutsson and Westin 1993).
    """
    sigma = followed.shape[0] * _SPREAD
    mean = total.sum((0, 1)) / max(float(followed.sum()), 1e-6)
    paint = cv2.GaussianBlur(total, (0, 0), sigma) + np.float32(_LITTLE) * mean
    spread: Array = paint / (cv2.GaussianBlur(followed, (0, 0), sigma) + np.float32(_LITTLE))[..., None]
    return spread.astype(np.float32)


def tone(pairs: Iterable[tuple[Array, Array]]) -> Array:
    """The affine map of colours that brings a network's answers nearest to the paint, by least squares.

    Args:
        pairs: answers and paint, h w 3 each, in 0..1.

    Returns:
        4 3: colours with a 1 behind them, times this; the identity where both are alike, or there are none.
    """
    identity = np.eye(4, 3)
    gram, product = _RIDGE * np.eye(4), np.zeros((4, 3))
    for answer, paint in pairs:
        colours = np.pad(answer.reshape(-1, 3).astype(np.float64), ((0, 0), (0, 1)), constant_values=1)
        gram += colours.T @ colours / len(colours)
        product += colours.T @ (paint.reshape(-1, 3) - answer.reshape(-1, 3)) / len(colours)
    toned: Array = (identity + np.linalg.solve(gram, product)).astype(np.float32)
    return toned


def enlarged(small: Array, scale: Scale) -> Array:
    """An array at analysis size, at the plate's."""
    if scale.same:
        return small
    return cv2.resize(small, (scale.width, scale.height), interpolation=cv2.INTER_LINEAR)
