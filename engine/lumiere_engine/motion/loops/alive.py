"""Which places of a region move at all: the others can show the still as well, and then neither swim nor boil."""

from __future__ import annotations

import cv2
import numpy as np

Array = np.ndarray

_QUIET = 10  # percentile of the surroundings that is noise alone: things may move there as well
_LOW = 1.5  # times the noise; less is no motion
_KEPT = 0.92  # of the region's motion that must stay
_LOWER = 0.7  # what is taken for noise, if too much motion would be lost
_TRIES = 8


def still_parts_out(moves: Array, step: Array, alpha: Array) -> Array:
    """How alive each place is.

    Args:
        moves: how far each pixel ever gets from the still, h w float32, code values of 255.
        step: how much it changes from frame to frame, likewise.
        alpha: the region, h w float32, 0..1; what is around it tells the noise.

    Returns:
        h w float32, 0..1.
    """
    outside = alpha == 0
    around = outside if outside.any() else np.ones_like(outside)
    noise = float(np.percentile(moves[around], _QUIET))
    lively = np.maximum(step - float(np.percentile(step[around], _QUIET)), 0) * alpha
    for _ in range(_TRIES):
        live = _opened(np.clip((moves - (_LOW * noise + 0.5)) / (_LOW * noise + 1.0), 0, 1))
        if float((lively * live).sum()) >= _KEPT * float(lively.sum()):
            break
        noise *= _LOWER
    return live


def _opened(live: Array) -> Array:
    """Without specks, and a little wider, so that what moves is not cut at its edge."""
    calm = cv2.morphologyEx(live, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return cv2.GaussianBlur(cv2.dilate(calm, np.ones((5, 5), np.uint8)), (0, 0), 1.5)
