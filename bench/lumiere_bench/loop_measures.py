"""How seamless a loop is, how lively, and whether all else stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

Array = np.ndarray

_SMOOTH = 1.0  # pixels; noise is no motion
_LEAST = 0.05  # code values of 255; a step is never taken to be less


@dataclass(frozen=True)
class LoopFigures:
    """The figures of one loop.

    Attributes:
        seam: mean absolute difference of the last frame and the first, over the median of neighbours' differences.
        seam_gradient: the same of the pictures' gradients.
        worst: the largest difference of neighbours anywhere in the loop, the seam among them, over the median.
        energy: mean difference of neighbours, over that of the source's frames.
        sharpness: the least gradient energy of any frame, over the median: a seam that blurs lowers it.
        edge: how much larger the step across the region's edge is than in the still, code values of 255.
        frozen: whether every pixel outside the region is that of the still, in every frame.
        frames: of the loop.
    """

    seam: float
    seam_gradient: float
    worst: float
    energy: float
    sharpness: float
    edge: float
    frozen: bool
    frames: int


def judge(loop: Iterator[Array], still: Array, region: Array, source: float) -> LoopFigures:
    """Measure a loop.

    Args:
        loop: its frames, h w 3 float32, code values of 255.
        still: what stands outside, likewise.
        region: h w bool.
        source: the source's `liveliness` in the region.
    """
    steps, slopes, sharp, edges = [], [], [], []
    frozen = True
    first = previous = None
    for picture in loop:
        frozen = frozen and bool(np.array_equal(picture[~region], still[~region]))
        edges.append(_edge_step(picture, region))
        here = _smoothed(picture)
        slope = _gradient(here)
        sharp.append(float(np.square(slope[region]).mean()))
        if previous is not None:
            steps.append(_apart(previous[0], here, region))
            slopes.append(_apart(previous[1], slope, region))
        previous = here, slope
        first = first or previous
    if first is None or previous is None:
        raise ValueError("a loop without frames")
    seam, seam_gradient = (_apart(one, other, region) for one, other in zip(previous, first, strict=True))
    usual, usual_gradient = (max(float(np.median(all_)), _LEAST) for all_ in (steps, slopes))
    return LoopFigures(
        seam=seam / usual,
        seam_gradient=seam_gradient / usual_gradient,
        worst=max(*steps, seam) / usual,
        energy=(sum(steps) + seam) / (len(steps) + 1) / max(source, _LEAST),
        sharpness=min(sharp) / float(np.median(sharp)),
        edge=float(np.mean(edges)) - _edge_step(still, region),
        frozen=frozen,
        frames=len(steps) + 1,
    )


def liveliness(frames: Iterator[Array], region: Array) -> float:
    """Mean absolute difference of neighbours in the region, code values of 255."""
    steps, previous = [], None
    for picture in frames:
        here = _smoothed(picture)
        if previous is not None:
            steps.append(_apart(previous, here, region))
        previous = here
    return float(np.mean(steps))


def _smoothed(picture: Array) -> Array:
    return cv2.GaussianBlur(picture, (0, 0), _SMOOTH)


def _apart(one: Array, other: Array, region: Array) -> float:
    return float(np.abs(one - other)[region].mean())


def _gradient(picture: Array) -> Array:
    """H w 2 float32, of the mean of the channels."""
    grey = picture.mean(-1)
    return np.stack([cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 8) for dx in (1, 0)], -1)


def _edge_step(picture: Array, region: Array) -> float:
    """Mean absolute difference of neighbouring pixels on either side of the region's edge."""
    across, down = region[:, 1:] != region[:, :-1], region[1:] != region[:-1]
    steps = np.concatenate(
        [
            np.abs(picture[:, 1:] - picture[:, :-1])[across].ravel(),
            np.abs(picture[1:] - picture[:-1])[down].ravel(),
        ]
    )
    return float(steps.mean()) if len(steps) else 0.0
