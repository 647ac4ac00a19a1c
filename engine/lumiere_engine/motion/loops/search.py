"""Where a loop begins and how long it is: the pair of moments that differ least, in the pictures around them too.

A loop of period p that starts at s shows the frames s … s + p - 1 again and again; it is seamless if what comes
after frame s + p - 1 looks like frame s and came about like it (Schödl et al., Video Textures, 2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

Array = np.ndarray

_SIDE = 72  # pixels of the longer side at which moments are compared
_SHORTEST_S = 0.3  # seconds; even of what really repeats
_SHORT_S = 1.0  # seconds; what repeats sooner without being periodic shows nothing but its seam
_CLEAN = 1.0  # times the usual step: at this cost or less two moments are one
_LIKED_S = 3.0  # and one of these is long enough not to tire
_TIRING = 1.0  # how many times the cost of its seam may be halved until half the length is as good
_LONGEST_SEAM = 12  # frames
_ALIKE = 0.1  # of the period; loops whose start and period differ less are one
_FLOOR = 0.1  # of the usual step; seams that differ less are told apart by their loudness alone
_LOUDNESS = 2.0  # what a loud step at the seam costs
_QUIET = 0.7  # of the usual step (as a mean square); a quieter one at the seam earns nothing more
_STUTTER = 0.3  # of the usual step; one that is less, such as a frame that is shown twice, is seen as well
_JOLT = 4.0  # times the usual step; what is more is a jolt, and tells nothing of how lively things are
_AS_USUAL = 1.3  # times the usual step: no seam at all
_NEAR = 0.5  # of the median difference of any two moments
_ONWARD = 0.6  # of the usual difference of two steps
# Of the mean difference of any two moments: two that differ less are the same one again.
_PERIODIC = 0.35


@dataclass(frozen=True)
class Loop:
    """One loop of a shot.

    Attributes:
        start: its first frame, s.
        period: its length in frames, p.
        overlap: frames before `start` that the last ones are blended with, w.
        cost: difference at the seam, over the usual difference of neighbours; 0 where it was not asked.
    """

    start: int
    period: int
    overlap: int
    cost: float


class Moments:
    """How much any two frames of a shot differ in the region.

    Attributes:
        distance: t t float32, mean square difference, code values of 255 squared.
        usual: the median of it between neighbours.
    """

    def __init__(self, first: int, features: list[Array]) -> None:
        """`features` are those of the frames from `first` on, see `feature`."""
        self.first = first
        rows = np.stack(features)
        rows = rows - rows.mean(0)
        squares = np.square(rows).sum(1)
        both = squares[:, None] + squares[None] - 2 * rows @ rows.T
        self.distance = np.maximum(both, 0) / rows.shape[1]
        steps = np.diagonal(self.distance, 1)
        self.usual = max(float(np.median(steps)), 1e-3) if len(rows) > 1 else 1.0
        self._sums = np.concatenate([[0.0], np.cumsum(np.minimum(steps, _JOLT * self.usual))])

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.distance)

    def usual_in(self, start: int, period: int) -> float:
        """What neighbours differ by in a loop, as a rule: a shot may be calmer there than elsewhere."""
        return max(float(self._sums[start + period - 1] - self._sums[start]) / (period - 1), 1e-3)


def feature(picture: Array, region: Array) -> Array:
    """What is compared of a frame: its region, small, as a row of float32.

    Args:
        picture: h w 3 uint8 or float32, code values of 255.
        region: h w float32, 0..1.
    """
    scale = min(1.0, _SIDE / max(region.shape))
    size = (max(4, round(region.shape[1] * scale)), max(4, round(region.shape[0] * scale)))
    small = cv2.resize(picture.astype(np.float32) * region[..., None], size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    inside = weight > 0.5 if (weight > 0.5).any() else weight > 0
    return (small[inside] / np.sqrt(weight[inside])[:, None]).ravel()


def search_loop(
    moments: Moments, rate: float, period: int | None, overlaps: bool, start: int | None = None
) -> Loop | None:
    """The best loop of all that fit.

    Args:
        moments: of the frames that may be used.
        rate: frames per second, for what is a long loop.
        period: the period, if the artist names it.
        overlaps: whether frames before the start are needed, to blend with.
        start: its first frame, counted as the moments are, if the artist names it.

    Returns:
        None if no loop fits.
    """
    return min(_scored(moments, rate, period, overlaps, start), default=(0.0, None), key=lambda one: one[0])[
        1
    ]


def best_loops(moments: Moments, rate: float, overlaps: bool, most: int) -> list[Loop]:
    """A few good loops that differ, the best first: of those alike in start and period only the best is named.

    Args:
        moments, rate, overlaps: see `search_loop`.
        most: loops.
    """
    named: list[Loop] = []
    for _, loop in sorted(_scored(moments, rate, None, overlaps, None), key=lambda one: one[0]):
        if not any(_alike(loop, other) for other in named):
            named.append(loop)
        if len(named) == most:
            break
    return named


def _alike(one: Loop, other: Loop) -> bool:
    near = max(2.0, _ALIKE * other.period)
    return abs(one.period - other.period) <= near and abs(one.start - other.start) <= near


def _scored(
    moments: Moments, rate: float, period: int | None, overlaps: bool, start: int | None
) -> Iterator[tuple[float, Loop]]:
    """The best loop of each period that fits, with its score: the logarithm of what its seam costs, and its brevity."""
    shortest = max(2, round(_SHORTEST_S * rate))
    periods = [period] if period is not None else range(shortest, moments.count)
    found: Loop | None
    for candidate in [*periods, moments.count]:
        if candidate == moments.count:
            found = _closed_already(moments, period) if start in (None, 0) else None
        else:
            found = _best_start(moments, candidate, overlaps, start)
        if found is None:
            continue
        if period is None and candidate < _SHORT_S * rate and found.cost > _CLEAN:
            continue
        tired = _TIRING * max(0.0, np.log2(_LIKED_S * rate / candidate))
        yield float(np.log2(found.cost + 0.5)) + tired, found


def fundamental(moments: Moments, rate: float) -> int | None:
    """The period of what really repeats, frames; None if nothing does.

    The shortest lag at which two moments differ much less than any two do, as a local minimum of the mean
    difference over the lag.
    """
    longest = moments.count - 2
    mean = np.array([np.diagonal(moments.distance, lag).mean() for lag in range(1, longest + 1)])
    if len(mean) < 3:
        return None
    usual = float(np.median(mean))
    for lag in range(max(3, round(0.2 * rate)), longest):
        here = mean[lag - 1]
        if here < _PERIODIC * min(usual, mean[: lag - 1].max()) and here <= min(mean[lag - 2], mean[lag]):
            return lag
    return None


def overlap_of(period: int) -> int:
    """How many frames a seam of a loop is blended over: a third of it, at most half a second or so."""
    return min(period // 3, _LONGEST_SEAM)


def _best_start(moments: Moments, period: int, overlaps: bool, wanted: int | None) -> Loop | None:
    """The start at which a loop of this period has the least seam, or the one that is wanted, if it can be one."""
    overlap = overlap_of(period) if overlaps else 0
    starts = range(overlap, moments.count - period + (1 if overlap else 0))
    if wanted is not None:
        starts = range(wanted, wanted + 1) if wanted in starts else range(0)
    if not starts:
        return None
    lags = np.diagonal(moments.distance, period)
    costs = []
    for start in starts:
        end = min(len(lags), start + max(1, overlap // 2))
        begin = max(0, min(start - max(1, overlap), len(lags) - 1))
        # the step over the seam is from the moment before the start: one that is quiet itself hides it best
        step = moments.distance[start, start - 1 if overlap else start + period - 1]
        usual = moments.usual_in(start, period)
        loud = max(0.0, float(step) / usual - _QUIET, _STUTTER - float(step) / usual)
        costs.append((float(lags[begin:end].mean()) / usual + _FLOOR) * (1 + _LOUDNESS * loud))
    best = int(np.argmin(costs))
    return Loop(starts[best], period, overlap, costs[best])


def _closed_already(moments: Moments, period: int | None) -> Loop | None:
    """The whole of the frames, if the last runs into the first as any frame does into the next."""
    count = moments.count
    if count < 4 or (period is not None and period != count):
        return None
    apart = moments.distance
    # as usual is what the steps right before and after the seam are
    over_one = (apart[-1, -2] + apart[0, 1]) / 2
    over_two = max(float(apart[-1, -3] + apart[0, 2]) / 2, 1e-3)
    around = np.array([apart[-1, 1], apart[-2, 0]]) / over_two
    seam = apart[-1, 0] / max(float(over_one), 1e-3)
    # two frames on, things must be two frames further, and not back where they were
    onward = (around < _AS_USUAL).all() and (around > _ONWARD).all()
    # flames differ from moment to moment as much as from any other: that they do so here as well proves nothing
    near = apart[-1, 0] < _NEAR * float(np.median(apart))
    return Loop(0, count, 0, 0.0) if seam < _AS_USUAL and onward and near else None
