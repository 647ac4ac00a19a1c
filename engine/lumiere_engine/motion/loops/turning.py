"""There and back: where things swing, a loop may turn around, and needs no seam.

Shown backwards, water runs uphill and flames go in; a branch in the wind swings as well as before. What swings comes
back to where it was: its ways add up to little, and the flow explains them.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..flow import FlowEstimator, channel_mean, grid, sample
from .closing import Motion
from .search import Loop, Moments

Array = np.ndarray

_SIDE = 160  # pixels of the longer side at which ways are measured
_WAYS = 48  # most pairs of frames
_RETURNS = 0.5  # of its way, that what swings is from where it began
_EXPLAINED = 0.4  # of the difference of neighbours, by their flow
_DOUBLE = 1.3  # times the usual step; two moments that differ more are two things at once
_SHORTEST_S, _LIKED_S = 1.0, 2.0  # one way
_TIRING = 1.0  # as of a loop, see `search`


def swings(picture: Callable[[int], Array], region: Array, first: int, count: int) -> bool:
    """Whether what moves in the region comes back the way it went.

    Args:
        picture: of the frames first … first + count - 1, h w 3 float32, code values of 255.
        region: h w bool.
        first, count: the frames; of many, those in the middle are asked.
    """
    scale = min(1.0, _SIDE / max(region.shape))
    size = (max(16, round(region.shape[1] * scale)), max(16, round(region.shape[0] * scale)))
    inside = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    if not inside.any() or count < 3:
        return False
    pairs = min(_WAYS, count - 1)
    begin = first + (count - 1 - pairs) // 2
    estimate = FlowEstimator("medium")
    net, way = np.zeros((*inside.shape, 2), np.float32), np.zeros(inside.shape, np.float32)
    plain = left = 0.0
    before = _small(picture(begin), size)
    place = grid(*inside.shape)
    for frame in range(begin + 1, begin + pairs + 1):
        now = _small(picture(frame), size)
        flow = estimate(*(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (before, now)))
        net += flow
        way += np.linalg.norm(flow, axis=-1)
        plain += float(_apart(before, now)[inside].sum())
        left += float(_apart(before, sample(now, place + flow))[inside].sum())
        before = now
    returned = float(np.linalg.norm(net, axis=-1)[inside].sum()) < _RETURNS * float(way[inside].sum())
    return returned and left < (1 - _EXPLAINED) * plain


def doubled(first: Array, second: Array, motion: Motion, usual: float, region: Array) -> bool:
    """Whether the middle of a seam shows two things at once: what no motion takes to each other differs by much.

    Args:
        first, second: the two moments, h w 3 float32, code values of 255.
        motion: between them.
        usual: mean absolute difference of neighbours in the region, as a rule.
        region: h w bool.
    """
    place, half = grid(*region.shape), 0.5 * motion.onward_from(0.5)
    left = _apart(sample(first, place - half), sample(second, place + half))
    return float(left[region].mean()) > _DOUBLE * usual


def search_turns(moments: Moments, rate: float, period: int | None) -> Loop | None:
    """The stretch of the shot to go along and back: it is quiet where it turns, and long enough not to tire.

    Args:
        moments: of the frames that may be used.
        rate: frames per second.
        period: frames of there and back, if the artist names it; None takes what fits best.

    Returns:
        `start` and half of the way, `period` there and back; None if no stretch fits.
    """
    steps = np.diagonal(moments.distance, 1)
    # a frame that is shown twice is no rest: a turn is as quiet as the louder of the steps around it
    calm = np.maximum(steps[:-1], steps[1:]) / moments.usual if len(steps) > 1 else steps / moments.usual
    if period is not None:
        lengths = [period // 2 + 1]
    else:
        lengths = list(range(max(3, round(_SHORTEST_S * rate)), moments.count + 1)) or [moments.count]
    best: tuple[float, Loop] | None = None
    for length in lengths:
        if not 2 <= length <= moments.count:
            continue
        tired = _TIRING * max(0.0, np.log2(_LIKED_S * rate / length)) if period is None else 0.0
        for start in range(moments.count - length + 1):
            ends = (min(start, len(calm) - 1), min(max(0, start + length - 3), len(calm) - 1))
            cost = float(sum(calm[end] for end in ends))
            score = float(np.log2(cost + 0.5)) + tired
            if best is None or score < best[0]:
                best = score, Loop(start, 2 * (length - 1), 0, cost)
    return None if best is None else best[1]


def _small(picture: Array, size: tuple[int, int]) -> Array:
    """h w 3 uint8."""
    return np.clip(np.rint(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)), 0, 255).astype(np.uint8)


def _apart(one: Array, other: Array) -> Array:
    return channel_mean(np.abs(one.astype(np.float32) - other.astype(np.float32)))
