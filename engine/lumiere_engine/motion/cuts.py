"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import cv2
import numpy as np

Array = np.ndarray

_SIZE = (64, 36)  # small enough that grain and small motion do not count
_LEAST = 18.0  # code values of 255: two frames of one shot rarely differ more
_STANDS_OUT = 3.0  # times the usual change around it
_SAME = 0.8  # correlation of two frames that show the same, in whatever light
_AROUND = 6  # frames to each side that say what is usual


def thumbnail(picture: Array) -> Array:
    """What is compared of a frame: 36 64 3 uint8."""
    return cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA)


def find_shots(thumbnails: list[Array]) -> list[tuple[int, int]]:
    """Cut a list of frames at its hard cuts.

    A cut is a change that is large in itself and stands out from the changes around it, so that a whip pan or
    a flicker that lasts is none; and the two frames do not correlate, so that a single flash, or a silent film's
    exposure that jumps, is none.

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
        stands_out = change > _LEAST and change > _STANDS_OUT * usual
        if stands_out and _likeness(thumbnails[index], thumbnails[index + 1]) < _SAME:
            starts.append(index + 1)
    ends = [*starts[1:], len(thumbnails)]
    return list(zip(starts, ends, strict=True))


def _change(first: Array, second: Array) -> float:
    """Mean difference of two thumbnails after the best shift, code values of 255."""
    return min(float(np.abs(here - there).mean()) for here, there in _shifted(first, second))


def _likeness(first: Array, second: Array) -> float:
    """Correlation of two thumbnails after the best shift, -1..1, blind to gain and offset; 0 of a flat one."""
    return max(_correlation(here, there) for here, there in _shifted(first, second))


def _correlation(first: Array, second: Array) -> float:
    one, other = first - first.mean(), second - second.mean()
    size = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / size if size > 0 else 0.0


def _shifted(first: Array, second: Array) -> Iterator[tuple[Array, Array]]:
    """Two thumbnails laid over each other with every shift by up to two pixels, their common part, float32."""
    here = first[2:-2, 2:-2].astype(np.float32)
    for shift in product((-2, 0, 2), repeat=2):
        yield here, np.roll(second, shift, (0, 1))[2:-2, 2:-2].astype(np.float32)
