"""Ranges of whole frames: start and duration inside, both ends included only on screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator

from .errors import SpecError

_INCLUSIVE = re.compile(r"\s*(\d+)\s*-\s*(\d+)\s*")


@dataclass(frozen=True, order=True)
class FrameRange:
    """Frames `start` … `start + duration - 1`.

    Attributes:
        start: first frame; may be negative (handles before a clip's start).
        duration: how many frames, 0 or more.
    """

    start: int
    duration: int

    def __post_init__(self) -> None:
        if self.duration < 0:
            raise SpecError(f"a frame range cannot have {self.duration} frames")

    @classmethod
    def between(cls, start: int, end_exclusive: int) -> "FrameRange":
        """The frames from `start` up to, not including, `end_exclusive`; empty if there are none."""
        return cls(start, max(0, end_exclusive - start))

    @classmethod
    def parse_inclusive(cls, text: str) -> "FrameRange":
        """`"A-B"` as people write it, both ends included, counted from 0.

        Raises:
            SpecError: not of that form, or B before A.
        """
        match = _INCLUSIVE.fullmatch(text)
        if not match:
            raise SpecError(f"'{text}' is no frame range", remedy="write it as A-B, for example 0-47")
        first, last = int(match[1]), int(match[2])
        if last < first:
            raise SpecError(f"the frame range {text} ends before it starts")
        return cls(first, last - first + 1)

    @property
    def end_exclusive(self) -> int:
        """The first frame after the range."""
        return self.start + self.duration

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.end_exclusive))

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.start <= frame < self.end_exclusive

    def __str__(self) -> str:
        """As people read it: both ends included."""
        return f"{self.start}-{self.end_exclusive - 1}" if self.duration else "no frames"

    def contains_range(self, other: "FrameRange") -> bool:
        """Whether every frame of `other` is in this range."""
        return self.start <= other.start and other.end_exclusive <= self.end_exclusive

    def intersection(self, other: "FrameRange") -> "FrameRange":
        """The frames that are in both; empty if none."""
        start = max(self.start, other.start)
        return FrameRange.between(start, min(self.end_exclusive, other.end_exclusive))

    def grown(self, before: int, after: int) -> "FrameRange":
        """The range with `before` frames more at its start and `after` at its end."""
        return FrameRange.between(self.start - before, self.end_exclusive + after)

    def shifted(self, by: int) -> "FrameRange":
        """The range moved by `by` frames."""
        return FrameRange(self.start + by, self.duration)

    def chunks(self, size: int) -> Iterator["FrameRange"]:
        """Consecutive pieces of `size` frames; the last may be shorter."""
        if size < 1:
            raise SpecError(f"a chunk cannot have {size} frames")
        for start in range(self.start, self.end_exclusive, size):
            yield FrameRange.between(start, min(start + size, self.end_exclusive))
