"""Which place of a region follows which loop: several rhythms side by side, without seams in space or time.

After Liao et al. (Automated Video Looping with Progressive Dynamism, 2013; Fast Computation of Seamless Video Loops,
2015): each place chooses start and period by how well its own seam closes in time, and neighbours that choose
differently pay for how unlike the two loops look where they meet. Their energy is minimised by min-sum belief
propagation over small cells, over a few loops that are chosen greedily first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from .courses import Course, looped
from .search import Loop, overlap_of

Array = np.ndarray

CELL = 4  # analysis pixels
_MOST_LOOPS = 5
_FRACTIONS = (1, 2, 3, 4)  # of the whole loop that a place may repeat
_STRIDE = 2  # every second start is tried
_PHASES = 8  # moments at which two loops are compared where they meet
# Weight of a seam in space against one in time: it stays in the picture all the time, and breaks what is one thing.
_SPATIAL = 40.0
_WORTH = 0.8  # several loops must leave less than this share of what one costs
_ROUNDS = 40
_GAIN = 0.98  # a further loop must leave less than this share of the cost


class CellCosts:
    """How badly each cell's seam closes for every start of one period.

    Args:
        period: frames.
        lags: t - period, rows, columns; mean square difference of frames t and t + period, per cell.
    """

    def __init__(self, period: int, lags: Array) -> None:
        self.period = period
        self._sums = np.concatenate([np.zeros_like(lags[:1]), np.cumsum(lags, axis=0)])

    def of(self, start: int, overlap: int) -> Array:
        """Rows, columns: the mean over the frames that are blended, or over the two at a hard seam."""
        begin, end = max(0, start - max(1, overlap)), min(len(self._sums) - 1, start + (0 if overlap else 1))
        return (self._sums[end] - self._sums[begin]) / max(1, end - begin)


def cell_lags(picture: Callable[[int], Array], count: int, period: int) -> Array:
    """Mean square difference of the frames t and t + period in each cell: count - period, rows, columns float32."""
    return np.stack(
        [_cells(np.square(picture(t + period) - picture(t)).mean(-1)) for t in range(count - period)]
    )


def candidates(whole: Loop, count: int, shortest: int) -> Iterator[Loop]:
    """Loops that places may follow: any start, periods that divide that of the whole; the whole itself first."""
    yield whole
    for fraction in _FRACTIONS:
        period, rest = divmod(whole.period, fraction)
        if rest or period < shortest:
            continue
        overlap = overlap_of(period) if whole.overlap else 0
        for start in range(overlap, count - period + (1 if overlap else 0), _STRIDE):
            yield Loop(start, period, overlap, 0.0)


def choose_loops(
    picture: Callable[[int], Array], region: Array, whole: Loop, count: int, shortest: int
) -> tuple[list[Loop], Array]:
    """The loops that serve a region best, and which of them each cell follows.

    Args:
        picture: of frame 0 … count - 1, h w 3 float32.
        region: h w bool.
        whole: the best loop of the region as a whole.
        count: frames that there are.
        shortest: the shortest period that may be chosen.

    Returns:
        Loops, `whole` first, and rows columns int: the number of each cell's loop.
    """
    weight = _cells(region.astype(np.float32))
    wanted = list(candidates(whole, count, shortest))
    costs: dict[int, CellCosts] = {}
    for period in sorted({loop.period for loop in wanted}):
        costs[period] = CellCosts(period, cell_lags(picture, count, period))
    tables = np.stack([costs[loop.period].of(loop.start, loop.overlap) * weight for loop in wanted])
    # a shorter loop repeats its seam more often
    tables *= np.array([whole.period / loop.period for loop in wanted], np.float32)[:, None, None] ** 0.5
    chosen = _greedy(tables)
    loops = [replace(wanted[number], cost=float(tables[number].mean())) for number in chosen]
    if len(loops) == 1:
        return loops, np.zeros(weight.shape, np.intp)
    courses = [looped(loop, whole.period, whole.start) for loop in loops]
    apart = _apart(picture, courses, weight)
    labels = _propagated(tables[chosen], apart)
    if _energy(tables[chosen], apart, labels) > _WORTH * tables[0].sum():
        return loops[:1], np.zeros(weight.shape, np.intp)
    used = np.unique(labels)
    return [loops[number] for number in used], np.searchsorted(used, labels)


def _greedy(tables: Array) -> list[int]:
    """Numbers of a few tables whose minimum over all cells is small; the first table always."""
    chosen, least = [0], tables[0].copy()
    while len(chosen) < _MOST_LOOPS:
        totals = np.array([np.minimum(table, least).sum() for table in tables])
        best = int(totals.argmin())
        if totals[best] > _GAIN * least.sum():
            break
        chosen.append(best)
        least = np.minimum(least, tables[best])
    return chosen


def _apart(picture: Callable[[int], Array], courses: list[Course], weight: Array) -> Array:
    """loops loops rows columns: mean square difference of each two loops in each cell."""
    count = len(courses)
    total = np.zeros((count, count, *weight.shape), np.float32)
    phases = np.linspace(0, len(courses[0]), _PHASES, endpoint=False).astype(int)
    for phase in phases:
        shown = [picture(course[phase].first) for course in courses]
        for one in range(count):
            for other in range(one):
                total[one, other] += _cells(np.square(shown[one] - shown[other]).mean(-1))
    total = (total + total.swapaxes(0, 1)) * weight
    return _SPATIAL * total / len(phases)


def _energy(unary: Array, apart: Array, labels: Array) -> float:
    """What labels cost; arguments as for `_propagated`."""
    rows, columns = np.mgrid[: labels.shape[0], : labels.shape[1]]
    total = float(unary[labels, rows, columns].sum())
    for one, other in (
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        first, second = labels[one], labels[other]
        total += float(apart[first, second, rows[one], columns[one]].sum())
    return total


def _propagated(unary: Array, apart: Array) -> Array:
    """Labels (rows columns) of little energy, by min-sum belief propagation.

    Args:
        unary: loops rows columns.
        apart: loops loops rows columns; what two neighbouring cells pay, the mean of both cells' own.
    """
    messages = [np.zeros_like(unary) for _ in range(4)]
    moves = ((1, 1), (1, -1), (2, 1), (2, -1))  # axis of the loops' arrays, direction
    for _ in range(_ROUNDS):
        belief = unary + sum(messages)
        fresh = []
        for axis, step in moves:
            back = messages[moves.index((axis, -step))]
            sent = (belief - back)[None] + apart  # to, from, rows, columns
            arriving = np.roll(sent.min(1), step, axis)
            edge: list[slice | int] = [slice(None)] * 3
            edge[axis] = 0 if step == 1 else -1
            arriving[tuple(edge)] = 0
            arriving -= arriving.min(0)
            fresh.append(arriving.astype(np.float32))
        messages = [0.5 * (old + new) for old, new in zip(messages, fresh, strict=True)]
    return (unary + sum(messages)).argmin(0)


def _cells(field: Array) -> Array:
    """Means over cells, rows columns float32."""
    size = (-(-field.shape[1] // CELL), -(-field.shape[0] // CELL))
    return cv2.resize(field, size, interpolation=cv2.INTER_AREA)
