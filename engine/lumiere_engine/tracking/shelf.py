"""The frames that are tracked, at analysis size, on disk: memory does not grow with the clip."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from ..motion.chain import HomographyChain, neighbour_homography
from ..motion.exposure import CLEARLY, difference, gain_towards, times
from ..motion.flow import FlowEstimator

Array = np.ndarray

# Tracking at this width finds limbs of people at the usual distance, and takes under half a second a frame.
ANALYSIS_WIDTH = 432


def analysis_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a plate of this size is tracked: never larger than the plate."""
    scale = min(1.0, ANALYSIS_WIDTH / max(width, height))
    return max(16, round(width * scale)), max(16, round(height * scale))


class Shelf:
    """Frames in order, each by its number; with the motion between them.

    Attributes:
        count: how many frames there are.
        height, width: of each.
    """

    def __init__(self, folder: Path, frames: Iterable[Array], count: int) -> None:
        """Take in the frames.

        Args:
            folder: where they are kept.
            frames: h w 3 uint8 R'G'B', all of one size.
            count: how many there will be, 1 or more.
        """
        self.count = count
        self._pictures: Array | None = None
        self._flow = FlowEstimator("medium")
        neighbours: list[Array] = []
        for index, frame in enumerate(frames):
            if self._pictures is None:
                shape = (count, *frame.shape)
                self._pictures = np.memmap(folder / "frames.raw", np.uint8, "w+", shape=shape)
            if index:
                before = self.picture(index - 1)
                flow = self._flow(_grey(before), _grey(frame))
                neighbours.append(neighbour_homography(flow, np.zeros(flow.shape[:2], bool)))
                frame = _evened(before, frame, neighbours[-1])
            self._pictures[index] = frame
        assert self._pictures is not None, "a shelf needs a frame"
        self.height, self.width = self._pictures.shape[1:3]
        self._chain = HomographyChain(neighbours)

    def picture(self, index: int) -> Array:
        """Frame `index`, h w 3 uint8 R'G'B'."""
        assert self._pictures is not None
        return np.asarray(self._pictures[index])

    def camera(self, first: int, second: int) -> Array:
        """The 3×3 homography that the background follows from frame `first` to frame `second`."""
        return self._chain.between(first, second)

    def flow(self, first: int, second: int) -> Array:
        """Optical flow between two frames, h w 2 float32."""
        return self._flow(_grey(self.picture(first)), _grey(self.picture(second)))


def _grey(picture: Array) -> Array:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _evened(before: Array, frame: Array, camera: Array) -> Array:
    """A frame, exposed as the one before it where that explains most of how they differ.

    Where light flickers, neither motion nor colours could be compared otherwise.

    Args:
        before, frame: h w 3 uint8.
        camera: takes a place in `before` to `frame`.
    """
    size = frame.shape[1::-1]
    there = cv2.warpPerspective(before, camera, size)
    seen = cv2.warpPerspective(np.ones(frame.shape[:2], np.uint8), camera, size) > 0
    exposed = times(frame, gain_towards(there, frame, seen))
    raw, even = difference(there, frame, seen), difference(there, exposed, seen)
    return exposed if raw is not None and even is not None and even < CLEARLY * raw else frame
