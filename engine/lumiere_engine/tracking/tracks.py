"""A gap between drawings, tracked from both of its ends and put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from .follow import Follower, Step, Taught, teach
from .gaps import Gap
from .shelf import Shelf

Array = np.ndarray

_LEAST_TRUST = (
    0.05  # of a track that was lost on its way: what it found again counts again where both were lost
)


def track(shelf: Shelf, gap: Gap, drawn: Mapping[int, Array], folder: Path) -> Iterator[Step]:
    """Masks for the frames of a gap.

    Where a gap has a drawing on both sides, it is tracked from each; near a drawing its own track counts more, and
    everywhere the one that was surer of itself all the way from its drawing.

    Args:
        shelf: the frames.
        gap: of the shelf's frames.
        drawn: masks by frame, h w bool; those of `gap.lessons` are needed. An empty one says that the object is away.
        folder: for what is kept on disk meanwhile.

    Yields:
        The frames: forward if there is a drawing before the gap, else backward. The same input gives the same bytes.
    """
    taught = None
    if any(drawn[end].any() for end in (gap.before, gap.after) if end is not None):
        lessons = {frame: drawn[frame] for frame in gap.lessons}
        taught = teach(shelf, (gap.shot.start, gap.shot.end_exclusive), lessons)
    if gap.before is None or gap.after is None:
        yield from _one_way(shelf, gap, taught, forward=gap.after is None)
        return
    shape = (gap.frames.duration, shelf.height, shelf.width)
    kept = np.memmap(folder / "backward.raw", np.uint8, "w+", shape=shape)
    sure, trusted = np.zeros(gap.frames.duration), np.zeros(gap.frames.duration)
    for step, trust in _trusted(_one_way(shelf, gap, taught, forward=False)):
        place = step.index - gap.frames.start
        kept[place] = np.rint(step.soft * 255)
        sure[place], trusted[place] = step.confidence, trust
    for step, trust in _trusted(_one_way(shelf, gap, taught, forward=True)):
        place = step.index - gap.frames.start
        other = Step(step.index, kept[place].astype(np.float32) / 255, float(sure[place]))
        way = (step.index - gap.before) / (gap.after - gap.before)
        yield _fused(step, other, (1 - way) * trust, way * float(trusted[place]))


def _trusted(steps: Iterable[Step]) -> Iterator[tuple[Step, float]]:
    """Each step, and what it counts: its own confidence, times that of the weakest step on the way to it."""
    weakest = 1.0
    for step in steps:
        weakest = min(weakest, step.confidence)
        yield step, step.confidence * max(weakest, _LEAST_TRUST) + 1e-6


def _fused(first: Step, second: Step, one: float, two: float) -> Step:
    """Two opinions about a frame, of these weights."""
    soft = (one * first.soft + two * second.soft) / (one + two)
    inside = first.soft > 0.5, second.soft > 0.5
    union = float((inside[0] | inside[1]).sum())
    agree = float((inside[0] & inside[1]).sum()) / union if union else 1.0
    sure = (one * first.confidence + two * second.confidence) / (one + two)
    return Step(first.index, soft.astype(np.float32), max(agree, sure))


def _one_way(shelf: Shelf, gap: Gap, taught: Taught | None, *, forward: bool) -> Iterator[Step]:
    start = gap.before if forward else gap.after
    assert start is not None
    ahead = (
        range(start + 1, gap.frames.end_exclusive) if forward else range(start - 1, gap.frames.start - 1, -1)
    )
    if taught is None or not taught.drawings[start].mask.any():
        empty = np.zeros((shelf.height, shelf.width), np.float32)
        steps: Iterator[Step] = (Step(index, empty, 0.0) for index in ahead)
    else:
        steps = Follower(shelf, (gap.shot.start, gap.shot.end_exclusive), start, taught).run(ahead)
    yield from (step for step in steps if step.index in gap.frames)
