"""Which moment of the shot each frame of a loop shows: one course, or several that differ from place to place.

A pixel x with the start s and the period p shows, at time t, the moment φ(x, t) = s + ((t - s) mod p): equation 1 of
Liao et al., Automated Video Looping with Progressive Dynamism (2013). All periods divide the loop's length, so that
a loop that is written to a file ends where it began, everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from .closing import share_of
from .search import Loop


@dataclass(frozen=True)
class Step:
    """What one frame of a loop shows: a moment, or a mixture of two while the seam closes.

    Attributes:
        first: a frame of the shot.
        second: another that it turns into.
        share: of the second, 0..1.
    """

    first: int
    second: int
    share: float


Course = tuple[Step, ...]


def looped(loop: Loop, length: int, origin: int) -> Course:
    """The course of a loop whose last frames turn into those before its start.

    Args:
        loop: start, period and overlap.
        length: frames of the whole, a multiple of the period.
        origin: the moment that the whole begins at: courses of one origin run in time with the shot, and so with
            each other.
    """
    steps = []
    for number in range(length):
        along = (origin + number - loop.start) % loop.period
        moment = loop.start + along
        closing = along - (loop.period - loop.overlap)
        share = share_of(closing, loop.overlap) if closing >= 0 else 0.0
        steps.append(Step(moment, moment - loop.period if share else moment, share))
    return tuple(steps)


def bounced(first: int, last: int) -> Course:
    """There and back: from frame `first` to frame `last` and home again, neither shown twice in a row."""
    there = list(range(first, last + 1))
    return tuple(Step(moment, moment, 0.0) for moment in [*there, *there[-2:0:-1]])
