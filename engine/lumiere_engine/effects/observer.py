"""What someone who watches a job may want to know beside its progress; by default nobody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..protocol.messages import JobResult

Array = np.ndarray


class Observer:
    """Hears what happens in a job; each method is called right after it has."""

    def opened(self, width: int, height: int, frames: int) -> None:
        """The plate is open: its size in pixels, and how many frames are worked on."""

    def kept(self, shelf: str, number: int) -> None:
        """Entry `number` of a workspace's shelf is on the disk; `shelf` names both, `FINGERPRINT/NAME`."""

    def finished_frame(self, frame: int, draw: Callable[[], Array]) -> None:
        """A frame of the result is finished, counted from 0 in the plate.

        `draw` makes its R'G'B', h w 3 float, and must be called at once or not at all.
        """

    def learned(self, step: int, total: int, losses: Sequence[float], draw: Callable[[], Array]) -> None:
        """A step of learning a shot is done.

        `losses` has one entry per step. `draw` makes a sheet of what the network answers now, R'G'B', h w 3 float, and
        must be called at once or not at all.
        """

    def enough(self, shot: int) -> bool:
        """Whether a shot, named by its first frame, has been learned long enough for whoever waits for it."""
        return False

    def finished(self, result: JobResult) -> None:
        """The results have their names, and the workspace is still there."""
