"""Exposure that jumps from frame to frame, as in old film or under a flashing light.

Code values are a power of light, so that exposure is a factor in them too.
"""

from __future__ import annotations

import cv2
import numpy as np

from .flow import channel_mean

Array = np.ndarray

CLEARLY = 0.7  # of the difference must be left by a gain: a small one may be anything
_BLACK, _WHITE = 16, 250  # code values of 255 between which exposure is measured
_FEWEST = 200  # pixels that must be seen for a comparison
OUTLIER = 40.0  # code values of 255: beyond this two pixels show different things
_LEAST, _MOST = 0.4, 2.5


def gain_towards(target: Array, picture: Array, both: Array) -> Array:
    """The factor per channel by which `picture` gets the exposure of `target`, 3 float32, 0.4..2.5.

    Args:
        target, picture: h w 3 uint8 R'G'B', of the same place.
        both: h w bool, where both show it; 1 comes back if that is too little.
    """
    first, second = target[both].astype(np.float32), picture[both].astype(np.float32)
    fair = (np.minimum(first, second) > _BLACK).all(-1) & (np.maximum(first, second) < _WHITE).all(-1)
    if fair.sum() < _FEWEST:
        return np.ones(3, np.float32)
    return np.clip(np.median(first[fair] / second[fair], 0), _LEAST, _MOST).astype(np.float32)


def times(picture: Array, gain: Array) -> Array:
    """A picture of 8 bits, exposed by a factor per channel."""
    return np.clip(np.rint(picture * gain), 0, 255).astype(np.uint8)


def difference(target: Array, picture: Array, both: Array) -> float | None:
    """Mean clipped difference on what both show; None where that is too little to say."""
    if both.sum() < _FEWEST:
        return None
    apart = channel_mean(cv2.absdiff(picture, target).astype(np.float32))
    return float(np.minimum(apart[both], OUTLIER).mean())
