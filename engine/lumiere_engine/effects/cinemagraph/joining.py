"""The region's edge joined to the still: what it lacks there, smooth in time, is spread inwards."""

from __future__ import annotations

import cv2
import numpy as np

from ..workspace import Workspace
from .scene import Scene

Array = np.ndarray

_REACH = 0.05  # of the picture's height: how far a difference at the edge is spread into the region
_FRAMES = 3.0  # standard deviation in time: what passes the edge quickly is motion and stays


class Joins:
    """The joins of all frames of a loop; what was measured is kept on disk.

    Args:
        scene: the still and its region.
        workspace: where it is kept.
        length: frames of the loop.
        slack: what the edge counts for beside it: the smaller, the closer is the join and the farther it reaches.
    """

    def __init__(self, scene: Scene, workspace: Workspace, length: int, slack: float = 0.05) -> None:
        self._slack = np.float32(slack)
        self._length, self._edges = length, workspace.shelf("edges")
        window = scene.window
        self._size = window.width, window.height
        self._still = scene.rgb[window.slices]
        alpha = scene.alpha[window.slices]
        self._edge = ((alpha > 0) & (alpha < 0.5)).astype(np.float32)
        self._height = scene.plate.format.height
        self._joins: Array | None = None

    def measure(self, number: int, rgb: Array) -> None:
        """Take in the region's window of frame `number`, working values h w 3."""
        self._edges.put(number, join=self._spread(rgb))

    def of(self, number: int) -> Array:
        """What is added to frame `number`, once all are measured; h w 3 float32."""
        if self._joins is None:
            self._joins = self._smoothed()
        return cv2.resize(self._joins[number], self._size, interpolation=cv2.INTER_LINEAR)

    def _spread(self, rgb: Array) -> Array:
        """What the region lacks to the still near its edge, spread smoothly inwards; small, h w 3 float32."""
        # a picture in which the reach of a join is two pixels
        step = max(1.0, _REACH * self._height / 2)
        small = max(1, round(self._size[0] / step)), max(1, round(self._size[1] / step))
        lacking = (self._still - rgb) * self._edge[..., None]
        weight = cv2.resize(self._edge, small, interpolation=cv2.INTER_AREA)
        difference = cv2.resize(lacking, small, interpolation=cv2.INTER_AREA)
        spread = cv2.GaussianBlur(difference, (0, 0), 2.0)
        return spread / (cv2.GaussianBlur(weight, (0, 0), 2.0) + self._slack)[..., None]

    def _smoothed(self) -> Array:
        """The joins of all frames, smooth in time around the loop; frames h w 3."""
        joins = np.stack([self._edges.get(number)["join"] for number in range(self._length)])
        reach = np.arange(self._length)
        apart = np.minimum(reach, self._length - reach)
        kernel = np.exp(-0.5 * (apart / _FRAMES) ** 2)
        turned = np.fft.rfft(joins, axis=0) * np.fft.rfft(kernel / kernel.sum())[:, None, None, None]
        return np.fft.irfft(turned, n=self._length, axis=0).astype(np.float32)
