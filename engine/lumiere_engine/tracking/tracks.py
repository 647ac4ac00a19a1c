"""A gap between drawings, tracked from both of its ends and put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from .follow import Follower, Step
from .gaps import Gap
from .shelf import Shelf

Array = np.ndarray


def track(shelf: Shelf, gap: Gap, drawn: Mapping[int, Array], folder: Path) -> Iterator[Step]:
    """Masks for the frames of a gap.

    Where a gap has a drawing on both sides, it is tracked from each; near a drawing its own track counts more, and
    everywhere the one that is surer of itself.

    Args:
        shelf: the frames.
        gap: of the shelf's frames.
        drawn: masks by frame, h w bool; those beside the gap are needed. An empty one says that the object is away.
        folder: for what is kept on disk meanwhile.

    Yields:
        The frames: forward if there is a drawing before the gap, else backward. The same input gives the same bytes.
    """
    if gap.before is None:
        yield from _one_way(shelf, gap, drawn, forward=False)
        return
    if gap.after is None:
        yield from _one_way(shelf, gap, drawn, forward=True)
        return
    shape = (gap.frames.duration, shelf.height, shelf.width)
    kept = np.memmap(folder / "backward.raw", np.uint8, "w+", shape=shape)
    sure = np.zeros(gap.frames.duration)
    for step in _one_way(shelf, gap, drawn, forward=False):
        kept[step.index - gap.frames.start] = np.rint(step.soft * 255)
        sure[step.index - gap.frames.start] = step.confidence
    for step in _one_way(shelf, gap, drawn, forward=True):
        place = step.index - gap.frames.start
        other = Step(step.index, kept[place].astype(np.float32) / 255, float(sure[place]))
        yield _fused(step, other, (step.index - gap.before) / (gap.after - gap.before))


def _fused(first: Step, second: Step, way: float) -> Step:
    """Two opinions about a frame that lies at `way` (0..1) from the first's drawing to the second's."""
    one, two = (1 - way) * first.confidence + 1e-6, way * second.confidence + 1e-6
    soft = (one * first.soft + two * second.soft) / (one + two)
    inside = first.soft > 0.5, second.soft > 0.5
    union = float((inside[0] | inside[1]).sum())
    agree = float((inside[0] & inside[1]).sum()) / union if union else 1.0
    sure = (one * first.confidence + two * second.confidence) / (one + two)
    return Step(first.index, soft.astype(np.float32), max(agree, sure))


def _one_way(shelf: Shelf, gap: Gap, drawn: Mapping[int, Array], *, forward: bool) -> Iterator[Step]:
    start = gap.before if forward else gap.after
    assert start is not None
    ahead = (
        range(start + 1, gap.frames.end_exclusive) if forward else range(start - 1, gap.frames.start - 1, -1)
    )
    if not drawn[start].any():
        empty = np.zeros((shelf.height, shelf.width), np.float32)
        steps: Iterator[Step] = (Step(index, empty, 0.0) for index in ahead)
    else:
        ends = {end: drawn[end] for end in (gap.before, gap.after) if end is not None}
        shot = (gap.shot.start, gap.shot.end_exclusive)
        steps = Follower(shelf, shot, start, ends).run(ahead)
    yield from (step for step in steps if step.index in gap.frames)
