"""What someone who watches a job may want to know beside its progress; by default nobody does."""

from __future__ import annotations

from ..frames.picture import FrameFormat, Picture
from ..protocol.messages import JobResult


class Observer:
    """Hears what happens in a job; each method is called right after it has."""

    def opened(self, width: int, height: int, frames: int) -> None:
        """The plate is open: its size in pixels, and how many frames are worked on."""

    def kept(self, shelf: str, number: int) -> None:
        """Entry `number` of a workspace's shelf is on the disk; `shelf` names both, `FINGERPRINT/NAME`."""

    def finished_frame(self, frame: int, picture: Picture, fmt: FrameFormat) -> None:
        """A frame of the result is finished; counted from 0 in the plate."""

    def finished(self, result: JobResult) -> None:
        """The results have their names, and the workspace is still there."""
