"""What the background explains: other frames, laid over this one along the camera's motion.

An object that moves against its background shows as what the other frames do not. The idea is that of background
subtraction by a moving camera's homographies; which frames are looked at and how they vote is our own.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..motion.flow import channel_mean
from .shelf import Shelf

Array = np.ndarray

_STEPS = (3, 6, 12, 24, 48)
_PAST = (1, 2, 4, 8, 16, 32, 64)
_SHARE = 0.4  # an object hides its own background in some frames: less than half of them must agree
_TOLERANCE = np.ones((3, 3), np.uint8)  # a homography misses by a pixel where the scene has depth
_UNSEEN = np.float32(1e6)


def unexplained(shelf: Shelf, index: int, shot: tuple[int, int]) -> Array:
    """How much frame `index` differs from what other frames show of the same place, without knowing any mask.

    Args:
        shelf: the frames.
        index: the frame.
        shot: first frame and exclusive end of its shot; no frame outside is looked at.

    Returns:
        h w float32: the difference in units of what is usual in this frame, 0 where no other frame sees the place.
    """
    others = [index + sign * step for step in _STEPS for sign in (-1, 1)]
    others = [other for other in others if shot[0] <= other < shot[1]]
    if not others:
        return np.zeros((shelf.height, shelf.width), np.float32)
    stack = np.stack([_difference(shelf, index, other, None) for other in others])
    seen = (stack < _UNSEEN).sum(0)
    stack.sort(0)
    chosen = np.take_along_axis(stack, np.maximum(np.ceil(_SHARE * seen).astype(int) - 1, 0)[None], 0)[0]
    known = seen > 0
    usual = float(np.median(chosen[known])) + 2.0 if known.any() else 2.0
    return np.where(known, chosen / np.float32(usual), 0).astype(np.float32)


def foreign(
    shelf: Shelf, index: int, known: list[int], mask_of: Callable[[int], Array]
) -> tuple[Array, Array]:
    """How much frame `index` differs from the background of frames whose masks are known.

    Args:
        shelf: the frames.
        index: the frame.
        known: frames with a mask, in the order in which they were tracked.
        mask_of: the mask of such a frame, h w bool, grown by a rim.

    Returns:
        The smallest difference in code values, blurred a little (h w float32); and where any of them sees the
        place outside its mask (h w bool).
    """
    best = np.full((shelf.height, shelf.width), _UNSEEN, np.float32)
    chosen = sorted({known[-step] for step in _PAST if step <= len(known)} | {known[0]})
    for other in chosen:
        np.minimum(best, _difference(shelf, index, other, mask_of(other)), out=best)
    seen = best < _UNSEEN
    return cv2.blur(np.where(seen, best, 0), (3, 3)), seen


def _difference(shelf: Shelf, index: int, other: int, hidden: Array | None) -> Array:
    """Frame `index` against frame `other`, tolerant of a pixel; `_UNSEEN` where the other sees nothing of it."""
    size = (shelf.width, shelf.height)
    matrix = shelf.camera(index, other)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    there = cv2.warpPerspective(shelf.picture(other), matrix, size, flags=how)
    open_ = np.full((shelf.height, shelf.width), 255, np.uint8)
    if hidden is not None:
        open_[hidden] = 0
    seen = cv2.warpPerspective(open_, matrix, size, flags=how) > 250
    here = shelf.picture(index)
    low, high = cv2.erode(there, _TOLERANCE), cv2.dilate(there, _TOLERANCE)
    apart = cv2.add(cv2.subtract(low, here), cv2.subtract(here, high))  # one of the two is 0
    return np.where(seen, channel_mean(apart.astype(np.float32)), _UNSEEN).astype(np.float32)
