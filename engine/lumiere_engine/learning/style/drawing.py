"""The drawing of a frame: what tells its things apart, faint or strong, kept under the paint."""

from __future__ import annotations

import cv2
import numpy as np

Array = np.ndarray

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_AROUND = 1 / 15  # of a picture's height, standard deviation, over which contrast is told
_CONTRAST = 0.25  # deviation that faint details are raised towards; luma is 0..1
_NOISE = 0.02  # deviation that is no detail
_MOST = 3.0
_LINE = 1 / 40  # of a picture's height: details finer than this are drawn
_LAID_ON = 0.7
FAINT = 0.02
"""Luma per pixel: an edge that is weaker is none, however even the picture."""


def raised(picture: Array) -> Array:
    """A picture whose faint details stand out as strong ones do: a face in the dark keeps its features.

    Args:
        picture: h w 3 float32.

    Returns:
        h w 3, each pixel's luma away from the mean around it by up to three times as much.
    """
    luma = picture @ LUMA
    sigma = picture.shape[0] * _AROUND
    away = luma - cv2.GaussianBlur(luma, (0, 0), sigma)
    deviation = np.sqrt(cv2.GaussianBlur(away * away, (0, 0), sigma))
    gain = np.clip(_CONTRAST / (deviation + _NOISE), 1, _MOST)
    lifted: Array = (picture + (away * (gain - 1))[..., None]).astype(np.float32)
    return lifted


def with_drawing(painted: Array, seen: Array, strength: float) -> Array:
    """Paint with the fine details of what is seen, where those are edges; elsewhere the strokes are left.

    Args:
        painted: h w 3 float32 in 0..1.
        seen: of the same shape; see `raised`.
        strength: 1 is usual, 0 leaves the paint.

    Returns:
        h w 3 float32 in 0..1.
    """
    sigma = max(1.0, painted.shape[0] * _LINE)
    wanted, there = (fine - cv2.GaussianBlur(fine, (0, 0), sigma) for fine in (seen @ LUMA, painted @ LUMA))
    down, across = np.gradient(seen @ LUMA)
    edges = cv2.GaussianBlur(down * down + across * across, (0, 0), 1.5)
    weight = min(1.0, _LAID_ON * strength) * edges / (edges + edges.mean() + np.float32(FAINT**2))
    drawn: Array = np.clip(painted + (weight * (wanted - there))[..., None], 0, 1).astype(np.float32)
    return drawn
