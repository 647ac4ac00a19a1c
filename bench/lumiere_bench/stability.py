"""How still a result stands along the truth's own motion."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from lumiere_engine.motion.flow import FlowEstimator, grid, inside, sample

Array = np.ndarray
# Mean square that rounding to whole codes alone makes: below it no error can be told from another.
_ROUNDING = 1 / 12
# Sundaram et al. (2010), as Lai et al. (2018) use it: flows there and back that differ more are occluded.
_APART, _APART_FLAT = 0.01, 0.5


@dataclass(frozen=True)
class TrueMotion:
    """The truth's flow from each frame to the next, and where both show the same.

    Attributes:
        flows: t-1 of h w 2, pixels.
        same: t-1 of h w bool: not occluded, and not leaving the picture.
    """

    flows: list[Array]
    same: list[Array]


def true_motion(truth: Array) -> TrueMotion:
    """Measured on the truth (t h w 3 uint8) with DIS (medium), there and back."""
    estimate = FlowEstimator("medium")
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in truth]
    flows, same = [], []
    height, width = truth.shape[1:3]
    here = grid(height, width)
    for first, second in pairwise(grey):
        there, back = estimate(first, second), estimate(second, first)
        places = here + there
        returned = sample(back, places)
        apart = ((there + returned) ** 2).sum(-1)
        length = (there**2).sum(-1) + (returned**2).sum(-1)
        flows.append(there)
        same.append((apart <= _APART * length + _APART_FLAT) & inside(places, height, width))
    return TrueMotion(flows, same)


def warp_errors(frames: Array, holes: Array, motion: TrueMotion) -> Array:
    """What each frame's hole differs from the next frame, brought back along the true flow.

    E_warp of Lai et al., Learning Blind Video Temporal Consistency (2018), within the holes alone.

    Args:
        frames: t h w 3 uint8.
        holes: t h w bool.
        motion: of the truth.

    Returns:
        t-1 mean squares, codes of 255; NaN where nothing of the hole is seen in the next frame.
    """
    height, width = holes.shape[1:]
    here = grid(height, width)
    errors = np.full(len(frames) - 1, np.nan)
    for t, (flow, same) in enumerate(zip(motion.flows, motion.same, strict=True)):
        seen = same & holes[t]
        if seen.any():
            brought = sample(frames[t + 1].astype(np.float32), here + flow)
            errors[t] = np.mean((brought - frames[t])[seen] ** 2, dtype=np.float64)
    return errors


def warp_ratio(errors: Array, true_errors: Array) -> float | None:
    """Mean warp error over the truth's own, 1 for the truth; below 1 it is stiller than the truth. None: no pairs."""
    there = np.isfinite(errors)
    if not there.any():
        return None
    return float((errors[there].mean() + _ROUNDING) / (true_errors[there].mean() + _ROUNDING))


def worst_flicker(errors: Array, true_errors: Array) -> float | None:
    """The worst frame: the largest root of a pair's warp error, over the median of all. None: no pairs.

    Each pair's error is first taken relative to the truth's own, which knows flashes and quick motion as well.
    """
    there = np.isfinite(errors)
    if not there.any():
        return None
    relative = np.sqrt((errors[there] + _ROUNDING) / (true_errors[there] + _ROUNDING))
    return float(relative.max() / np.median(relative))
