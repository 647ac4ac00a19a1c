"""What stands still is estimated once from all frames: fused along the flow, there and back.

Every frame has an opinion about what its hole hides: borrowed pixels, worth what their alignment promises; a fill,
worth the more the nearer to the rim it lies. As the camera moves, what is deep in one frame's hole lies near the
rim in another's. The opinions of all frames are fused along the completed flow, each weighted by the error that it
must expect. That is a Kalman filter per pixel; run from both ends it is the two-filter smoother of Fraser and
Potter (1969). What results moves with the scene and does not flicker, and is closer to the truth than any single
opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import cv2
import numpy as np

from .borrow import window_around
from .flow import channel_mean, grid, inside, sample

Array = np.ndarray

# Variances, squares of code values of 255.
_LEAST = 1.0  # of any opinion: no pixel is without noise
_PER_STEP = 40.0  # that one step along the flow adds: the scene changes, and the flow is not exact
_BESIDE = 1.0  # pixels by which the flow misses: it costs the square of what the picture changes over them
_VISIBLE = (
    1000.0  # of a pixel that is seen: borrowing has judged that its place cannot be told, so it says little
)
_UNKNOWN = 1e8


class Opinions(Protocol):
    """One shot whose holes are closed; frames are counted from 0 in the shot."""

    @property
    def frame_count(self) -> int:
        """How many frames there are."""

    def picture(self, frame: int) -> Array:
        """H w 3 float32, 0..255."""

    def hole(self, frame: int) -> Array:
        """H w bool: everything that was filled."""

    def doubt(self, frame: int) -> Array:
        """Root mean square error to expect of `picture` in the hole; h w float32, code values of 255."""

    def forward_flow(self, frame: int) -> Array:
        """Completed flow from `frame` to `frame + 1`, h w 2."""

    def backward_flow(self, frame: int) -> Array:
        """Completed flow from `frame` to `frame - 1`, h w 2."""


class Memory(Protocol):
    """Keeps numbered arrays out of memory."""

    def put(self, number: int, **arrays: Array) -> None:
        """Store the arrays of entry `number`."""

    def get(self, number: int, *names: str) -> dict[str, Array]:
        """The arrays of entry `number`."""


def steady(shot: Opinions, memory: Memory) -> Iterator[tuple[int, Array]]:
    """Fuse what all frames of a shot say about their holes.

    Args:
        shot: the frames.
        memory: for what the frames after each one say of it; memory does not grow with the shot.

    Yields:
        Each frame that has a hole, in order, and what the hole becomes: n 3 float32, in the order of its pixels.
    """
    frames = range(shot.frame_count)
    for frame, mean, variance in _sweep(shot, reversed(frames)):
        memory.put(frame, mean=mean, variance=variance)
    for frame, mean, variance in _sweep(shot, frames):
        hole = shot.hole(frame)
        own, later = _variance(shot, frame)[hole], memory.get(frame)
        weights = [1 / own, 1 / variance, 1 / later["variance"]]
        opinions = [shot.picture(frame)[hole], mean, later["mean"]]
        total = sum(w[:, None] * o for w, o in zip(weights, opinions, strict=True))
        yield frame, (total / sum(weights)[:, None]).astype(np.float32)


def _sweep(shot: Opinions, order: Iterable[int]) -> Iterator[tuple[int, Array, Array]]:
    """For each frame with a hole what the frames before it in `order` say of it: mean n 3, variance n."""
    picture = variance = previous = None
    for frame in order:
        now, now_variance = shot.picture(frame), _variance(shot, frame)
        hole = shot.hole(frame)
        if hole.any():
            if picture is None or variance is None or previous is None:
                mean, spread = now[hole], np.full(int(hole.sum()), _UNKNOWN, np.float32)
            else:
                flow = shot.backward_flow(frame) if previous < frame else shot.forward_flow(frame)
                mean, spread = _predicted(picture, variance, flow, hole)
            yield frame, mean, spread
            gain = spread / (spread + now_variance[hole])
            now, now_variance = now.copy(), now_variance.copy()
            now[hole] = mean + (now[hole] - mean) * gain[:, None]
            now_variance[hole] *= gain
        picture, variance, previous = now, now_variance, frame


def _predicted(picture: Array, variance: Array, flow: Array, hole: Array) -> tuple[Array, Array]:
    """Mean (n 3) and variance (n) of the hole's pixels as the neighbouring frame has them."""
    window = window_around(hole, 0)
    here = grid(window.height, window.width, window.y, window.x)
    places, wanted = here + flow[window.slices], hole[window.slices]
    mean = sample(picture, places)[wanted]
    spread = sample(variance + _BESIDE**2 * _steepness(picture), places)[wanted] + np.float32(_PER_STEP)
    on_screen = inside(places, *hole.shape)[wanted]
    return mean, np.where(on_screen, spread, np.float32(_UNKNOWN))


def _steepness(picture: Array) -> Array:
    """Mean square of the gradient around each pixel, code values of 255 per pixel; h w float32."""
    grey = channel_mean(picture)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 8) for dx in (1, 0))
    return cv2.blur(across * across + down * down, (3, 3))


def _variance(shot: Opinions, frame: int) -> Array:
    """Of all pixels of a frame, h w float32."""
    filled = np.square(shot.doubt(frame)) + np.float32(_LEAST)
    return np.where(shot.hole(frame), filled, np.float32(_VISIBLE)).astype(np.float32)
