"""Seconds per stage of a job, and progress for whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..protocol.messages import Progress

OnProgress = Callable[[Progress], None]


class Clock:
    """Measures stages and tells of their steps.

    Attributes:
        seconds: per stage, so far.
        notes: what was told, in order.
    """

    def __init__(self, on_progress: OnProgress) -> None:
        self.seconds: dict[str, float] = {}
        self._on_progress = on_progress
        self._last = time.monotonic()
        self.notes: list[str] = []

    def step(self, stage: str, done: int, total: int) -> None:
        """`done` steps of a stage are done, of `total`; the time since the last call was spent on it."""
        now = time.monotonic()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now
        self._on_progress(Progress(stage, done, total))

    def note(self, *texts: str) -> None:
        """What the user should know, a line each."""
        for text in texts:
            self.notes.append(text)
            self._on_progress(Progress("note", 0, 0, text))

    def rounded(self) -> dict[str, float]:
        """Seconds per stage, for a result."""
        return {stage: round(seconds, 3) for stage, seconds in self.seconds.items()}
