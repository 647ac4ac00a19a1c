"""Where a loop begins and how long it is: the pair of moments that differ least, in the pictures around them too.

A loop of period p that starts at s shows the frames s … s + p - 1 again and again; it is seamless if what comes
after frame s + p - 1 looks like frame s and came about like it (Schödl et al., Video Textures, 2000).
"""

from __future__ import annotations

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
_LOUDNESS = 2.0  # what a loud step at the seam costs
_QUIET = 0.7  # of the usual step (as a mean square); a quieter one at the seam earns nothing more
_AS_USUAL = 1.3  # times the usual step: no seam at all
# Of the mean difference of any two moments: two that differ less are the same one again.
_PERIODIC = 0.35


@dataclass(frozen=True)
class Loop:
    """One loop of a shot.

    Attributes:
        start: its first frame, s.
        period: its length in frames, p.
        overlap: frames before `start` that the last ones are blended with, w.
        cost: difference at the seam, over the usual difference of neighbours.
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
        self.usual = max(float(np.median(np.diagonal(self.distance, 1))), 1e-3) if len(rows) > 1 else 1.0

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.distance)


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


def search_loop(moments: Moments, rate: float, period: int | None, overlaps: bool) -> Loop | None:
    """The best loop of all that fit.

    Args:
        moments: of the frames that may be used.
        rate: frames per second, for what is a long loop.
        period: the period, if the artist names it.
        overlaps: whether frames before the start are needed, to blend with.

    Returns:
        None if no loop fits.
    """
    shortest = max(2, round(_SHORTEST_S * rate))
    periods = [period] if period is not None else range(shortest, moments.count)
    best: tuple[float, Loop] | None = None
    found: Loop | None
    for candidate in [*periods, moments.count]:
        if candidate == moments.count:
            found = _closed_already(moments, period)
        else:
            found = _best_start(moments, candidate, overlaps)
        if found is None:
            continue
        if period is None and candidate < _SHORT_S * rate and found.cost > _CLEAN:
            continue
        tired = _TIRING * max(0.0, np.log2(_LIKED_S * rate / candidate))
        score = float(np.log2(found.cost + 0.5)) + tired
        if best is None or score < best[0]:
            best = score, found
    return None if best is None else best[1]


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


def _best_start(moments: Moments, period: int, overlaps: bool) -> Loop | None:
    """The start at which a loop of this period has the least seam."""
    overlap = overlap_of(period) if overlaps else 0
    starts = range(overlap, moments.count - period + (1 if overlap else 0))
    if not starts:
        return None
    lags = np.diagonal(moments.distance, period)
    costs = []
    for start in starts:
        end = min(len(lags), start + max(1, overlap // 2))
        begin = max(0, min(start - max(1, overlap), len(lags) - 1))
        # the seam leads from the moment before the start to the start: one that is quiet itself hides it best
        step = moments.distance[start, start - 1] if start else moments.usual
        loud = max(0.0, float(step) / moments.usual - _QUIET)
        costs.append(float(lags[begin:end].mean()) / moments.usual * (1 + _LOUDNESS * loud))
    best = int(np.argmin(costs))
    return Loop(starts[best], period, overlap, costs[best])


def _closed_already(moments: Moments, period: int | None) -> Loop | None:
    """The whole of the frames, if the last runs into the first as any frame does into the next."""
    count = moments.count
    if count < 4 or (period is not None and period != count):
        return None
    over_two = max(float(np.median(np.diagonal(moments.distance, 2))), moments.usual)
    around = np.array([moments.distance[-1, 1], moments.distance[-2, 0]]) / over_two
    seam = moments.distance[-1, 0] / moments.usual
    # two frames on, things must be two frames further, and not back where they were
    onward = (around < _AS_USUAL).all() and (around > 1 - 1 / _AS_USUAL).all()
    return Loop(0, count, 0, 0.0) if seam < _AS_USUAL and onward else None
