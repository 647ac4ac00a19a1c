"""What someone who watches a job may want to know beside its progress; by default nobody does."""

from __future__ import annotations

from collections.abc import Callable

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

    def finished(self, result: JobResult) -> None:
        """The results have their names, and the workspace is still there."""
