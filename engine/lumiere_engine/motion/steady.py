"""What stands still is estimated once from all frames: fused along the flow, there and back.

Every frame has an opinion about what its hole hides: borrowed pixels, worth what their alignment promises; a fill,
worth the more the nearer to the rim it lies. As the camera moves, what is deep in one frame's hole lies near the
rim in another's. The opinions of all frames are fused along the completed flow, each weighted by the error that it
must expect. That is a Kalman filter per pixel; run from both ends it is the two-filter smoother of Fraser and
Potter (1969). What results moves with the scene and does not flicker, and is closer to the truth than any single
opinion.

Where a pixel was in the neighbouring frame is told by the completed flow or by the camera's motion, whichever brings
over what was borrowed there with less error: quick pans blur, and then the flow behind a hole is a guess that the
camera's motion, measured on the whole picture, is not.

Exposure may jump from frame to frame, as in old film: what is brought over is first exposed like the frame it is
brought to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import cv2
import numpy as np

from .borrow import ShotView, window_around
from .chain import carry
from .flow import channel_mean, grid, inside, sample, unevenness, widen

Array = np.ndarray

# Variances, squares of code values of 255.
_LEAST = 1.0  # of any opinion: no pixel is without noise
_PER_STEP = 40.0  # that one step along the flow adds: the scene changes, and the flow is not exact
_MISSES = (
    0.5  # pixels by which a motion misses at least: it costs the square of what the picture changes over them
)
_CAMERA_MISSES = 1.0  # pixels at most by which the camera's motion misses where it is chosen
_AROUND = 41  # pixels; squares in which motions are compared
_OUTLIER = 30.0  # code values; a larger difference says no more than that
_ENOUGH = 200  # borrowed pixels that tell which motion is right; else the pixels around the hole are asked
_RIM = (2, 8)  # these
_VISIBLE = (
    1000.0  # of a pixel that is seen: borrowing has judged that its place cannot be told, so it says little
)
_UNKNOWN = 1e8
_APART = 4  # pixels between those that exposure is measured at
_FEWEST = 50  # of them that exposure can be told from
_BLACK = 8.0  # code values; keeps the noise of black from being taken for exposure


class Opinions(Protocol):
    """One shot whose holes are closed; frames are counted from 0 in the shot."""

    @property
    def view(self) -> ShotView:
        """The shot as it was borrowed for: its motion and its holes."""

    def picture(self, frame: int) -> Array:
        """H w 3 float32, 0..255."""

    def borrowed(self, frame: int) -> Array:
        """H w bool: the part of the hole that was borrowed."""

    def doubt(self, frame: int) -> Array:
        """Root mean square error to expect of `picture` in the hole; h w float32, code values of 255."""


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
    frames = range(shot.view.frame_count)
    for frame, mean, variance in _sweep(shot, reversed(frames)):
        memory.put(frame, mean=mean, variance=variance)
    for frame, mean, variance in _sweep(shot, frames):
        hole = shot.view.hole(frame)
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
        hole = shot.view.hole(frame)
        if hole.any():
            if picture is None or variance is None or previous is None:
                mean, spread = now[hole], np.full(int(hole.sum()), _UNKNOWN, np.float32)
            else:
                mean, spread = _predicted(shot, frame, previous, picture, variance)
            yield frame, mean, spread
            gain = spread / (spread + now_variance[hole])
            now, now_variance = now.copy(), now_variance.copy()
            now[hole] = mean + (now[hole] - mean) * gain[:, None]
            now_variance[hole] *= gain
        picture, variance, previous = now, now_variance, frame


def _predicted(
    shot: Opinions, frame: int, previous: int, picture: Array, variance: Array
) -> tuple[Array, Array]:
    """Mean (n 3) and variance (n) of the hole's pixels as the neighbouring frame has them."""
    view, hole = shot.view, shot.view.hole(frame)
    window = window_around(hole, _RIM[1])
    part = window.slices
    here = grid(window.height, window.width, window.y, window.x)
    flow = view.backward_flow(frame) if previous < frame else view.forward_flow(frame)
    misses = _MISSES + unevenness(flow, hole)
    picture = picture * _exposure(shot, frame, previous, picture)
    by_flow = _brought(picture, variance, here + flow[part], misses)
    by_camera = _brought(
        picture, variance, carry(view.chain.between(frame, previous), here), min(misses, _CAMERA_MISSES)
    )
    known = _telling(hole[part], shot.borrowed(frame)[part])
    now = shot.picture(frame)[part]
    camera = _missed(by_camera[0], now, known) < _missed(by_flow[0], now, known)
    mean = np.where(camera[..., None], by_camera[0], by_flow[0])
    return mean[hole[part]], np.where(camera, by_camera[1], by_flow[1])[hole[part]]


def _exposure(shot: Opinions, frame: int, previous: int, picture: Array) -> Array:
    """How much brighter `frame` is than `picture`, the one before it: a factor per channel.

    The median over what both show; code values are a power of light, so that exposure is a factor in them too.
    """
    view, now = shot.view, shot.picture(frame)
    height, width = view.hole(frame).shape
    ys, xs = np.mgrid[_APART // 2 : height : _APART, _APART // 2 : width : _APART]
    places = np.stack([xs, ys], -1).astype(np.float32)
    there = carry(view.chain.between(frame, previous), places)
    hidden = sample(view.hole(previous).astype(np.float32), there) > 0
    seen = inside(there, height, width) & ~view.hole(frame)[ys, xs] & ~hidden
    if seen.sum() < _FEWEST:
        return np.ones(3, np.float32)
    ratio = (now[ys, xs][seen] + _BLACK) / (sample(picture, there)[seen] + _BLACK)
    return np.clip(np.median(ratio, 0), 0.5, 2.0).astype(np.float32)


def _brought(picture: Array, variance: Array, places: Array, misses: float) -> tuple[Array, Array]:
    """What is at `places` (h w 2): mean (h w 3) and variance (h w), if they may be `misses` pixels beside."""
    spread = sample(variance + np.float32(misses**2) * _steepness(picture), places) + np.float32(_PER_STEP)
    on_screen = inside(places, *variance.shape)
    # cubic: what is brought over is brought over again from there, and linear interpolation blurs every time
    brought = np.clip(sample(picture, places, cubic=True), 0, 255)
    return brought, np.where(on_screen, spread, np.float32(_UNKNOWN))


def _telling(hole: Array, borrowed: Array) -> Array:
    """The pixels that tell which motion is right: those that no motion was fitted to, if there are enough."""
    if borrowed.sum() >= _ENOUGH:
        return borrowed
    return widen(hole, _RIM[1]) & ~widen(hole, _RIM[0])


def _missed(brought: Array, now: Array, known: Array) -> Array:
    """Mean square difference in the `known` pixels around each pixel; where there are none near, of all."""
    difference = np.minimum(channel_mean(np.square(brought - now)), np.float32(_OUTLIER**2))
    of_all = difference[known].mean() if known.any() else np.float32(0)
    square, little = (_AROUND, _AROUND), np.float32(1e-4)
    total = cv2.blur(np.where(known, difference, np.float32(0)), square) + little * of_all
    return total / (cv2.blur(known.astype(np.float32), square) + little)


def _steepness(picture: Array) -> Array:
    """Mean square of the gradient around each pixel, code values of 255 per pixel; h w float32."""
    grey = channel_mean(picture)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 8) for dx in (1, 0))
    return cv2.blur(across * across + down * down, (3, 3))


def _variance(shot: Opinions, frame: int) -> Array:
    """Of all pixels of a frame, h w float32."""
    filled = np.square(shot.doubt(frame)) + np.float32(_LEAST)
    return np.where(shot.view.hole(frame), filled, np.float32(_VISIBLE)).astype(np.float32)
