"""Where one shot ends and the next begins."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

Array = np.ndarray

_SIZE = (64, 36)  # small enough that grain and small motion do not count
_LEAST = 18.0  # code values of 255: two frames of one shot rarely differ more
_STANDS_OUT = 3.0  # times the usual change around it
_AROUND = 6  # frames to each side that say what is usual


def thumbnail(picture: Array) -> Array:
    """What is compared of a frame: 36 64 3 uint8."""
    return cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA)


def find_shots(thumbnails: list[Array]) -> list[tuple[int, int]]:
    """Cut a list of frames at its hard cuts.

    A cut is a change that is large in itself and stands out from the changes around it, so that a whip pan or
    a flicker that lasts is none.

    Returns:
        Start and exclusive end of each shot, in order, without gaps.
    """
    changes = np.array([_change(first, second) for first, second in pairwise(thumbnails)])
    starts = [0]
    for index, change in enumerate(changes):
        around = np.concatenate(
            [changes[max(0, index - _AROUND) : index], changes[index + 1 : index + 1 + _AROUND]]
        )
        usual = float(np.median(around)) if len(around) else 0.0
        if change > _LEAST and change > _STANDS_OUT * usual:
            starts.append(index + 1)
    ends = [*starts[1:], len(thumbnails)]
    return list(zip(starts, ends, strict=True))


def _change(first: Array, second: Array) -> float:
    """Mean difference of two thumbnails after the best shift by up to two pixels of theirs."""
    shifts = [(dy, dx) for dy in (-2, 0, 2) for dx in (-2, 0, 2)]
    moved = [np.roll(second, shift, (0, 1))[2:-2, 2:-2].astype(np.int16) for shift in shifts]
    here = first[2:-2, 2:-2].astype(np.int16)
    return min(float(np.abs(here - there).mean()) for there in moved)
