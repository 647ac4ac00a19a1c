"""Which frames are tracked from which drawings: every stretch between two drawings depends on these two alone.

That is what makes corrections cheap and harmless: a drawing that is added or changed touches the stretch on either side
of it, and the result is the same as if everything had been tracked anew. Behind the last drawing looks are learned from
the first one as well, so that this stretch changes with either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..protocol.ranges import FrameRange


@dataclass(frozen=True)
class Gap:
    """Neighbouring frames without a drawing.

    Attributes:
        frames: which.
        before: the drawn frame right before them, None if the shot starts first.
        after: the drawn frame right after them, None if the shot ends first.
        shot: the frames between two cuts that they lie in.
        beyond: behind the last drawing of a shot the first one, None if it is the same.
    """

    frames: FrameRange
    before: int | None
    after: int | None
    shot: FrameRange
    beyond: int | None = None

    @property
    def lessons(self) -> list[int]:
        """The drawn frames that teach what the object looks like: one or two."""
        return sorted({mark for mark in (self.before, self.after, self.beyond) if mark is not None})


def find_gaps(drawn: Iterable[int], wanted: FrameRange, shots: Sequence[FrameRange]) -> list[Gap]:
    """The stretches of `wanted` that can be tracked: those of shots in which something is drawn.

    Args:
        drawn: frames with a drawing.
        wanted: the frames that are asked for.
        shots: between the cuts, in order, without gaps.
    """
    found = []
    marks = sorted(set(drawn))
    for shot in shots:
        inside = [mark for mark in marks if mark in shot]
        if not inside:
            continue
        edges: list[int | None] = [None, *inside, None]
        for before, after in pairwise(edges):
            start = shot.start if before is None else before + 1
            end = shot.end_exclusive if after is None else after
            frames = FrameRange.between(start, end).intersection(wanted)
            if frames.duration:
                found.append(Gap(frames, before, after, shot, _beyond(inside, after)))
    return found


def _beyond(marks: Sequence[int], after: int | None) -> int | None:
    """The drawing of a shot that the gap behind the last one learns from as well.

    The first: what it taught would be forgotten behind every correction. The gap before the first drawing learns from
    that alone, since every later correction would change it.
    """
    return marks[0] if after is None and len(marks) > 1 else None


def touched(gaps: Sequence[Gap], changed: Iterable[int] | None) -> list[Gap]:
    """The gaps beside drawings that changed; all if `changed` is None.

    A drawing that was taken away counts as well: the gap that it lay in has to be tracked again.
    """
    if changed is None:
        return list(gaps)
    frames = set(changed)
    return [gap for gap in gaps if any(_depends(gap, frame) for frame in frames)]


def _depends(gap: Gap, frame: int) -> bool:
    """Whether a gap is another one if the drawing in `frame` is another one, or has just been taken away."""
    if frame in gap.frames or frame in gap.lessons:
        return True
    return frame in gap.shot and gap.after is None and frame < min(gap.lessons)
