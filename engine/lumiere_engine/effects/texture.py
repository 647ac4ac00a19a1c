"""Texture for what no frame shows: made in a few key frames, carried to all others along the flow.

What is steady over time is smooth. A key frame's open pixels get the texture of what the frame shows around them,
as a layer of detail over the smooth picture; every other frame takes the layer from there, each pixel from the
place that the flow, composed frame by frame, leads to. So texture moves with the scene, is interpolated once, and
does not depend on which frame is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ..motion.borrow import ShotView
from ..motion.chain import carry
from ..motion.flow import grid, inside, sample
from .copied import Copied

Array = np.ndarray

_SMALLEST = 48  # pixels; a smaller rest is not worth a key frame
_ABOUT = 0.8  # of the largest open region, that counts as as large
_AGREED = 0.3  # pixels
_STRETCHED = (0.4, 2.5)  # area of a carried pixel beyond which texture would smear or alias


class Frames(Protocol):
    """The steady frames of one shot, counted from 0."""

    def picture(self, frame: int) -> Array:
        """H w 3 float32, 0..255, with the texture that it has so far."""

    def unseen(self, frame: int) -> Array:
        """What no frame shows of it, h w bool."""

    def strangeness(self, frame: int) -> float:
        """How much the frame's own opinion differs from what all frames say."""

    def copied(self, frame: int) -> Copied:
        """Where its texture comes from."""

    def set_copied(self, frame: int, copied: Copied) -> None:
        """Take texture from there."""

    def keep_texture(self, frame: int, detail: Array, places: Array) -> None:
        """Remember a key frame's layer (h w 3), and from which of its own pixels (h w 2, x and y) it was copied."""


class Synthesise(Protocol):
    """Gives texture to the open part of a picture."""

    def __call__(self, picture: Array, still_open: Array, usable: Array) -> tuple[Array, Array]:
        """h w 3, what is to be closed, what may be copied → the closed picture, the copied places h w 2."""


def texture(view: ShotView, frames: Frames, synthesise: Synthesise, most: int) -> Iterator[int]:
    """Give texture to a shot; yields how many key frames are done, after each one.

    Args:
        view: the shot.
        frames: its frames.
        synthesise: makes the texture of a key frame.
        most: key frames.
    """
    left = {t: int(frames.unseen(t).sum()) for t in range(view.frame_count)}
    for done in range(most):
        if max(left.values(), default=0) < _SMALLEST:
            return
        key = _key(left, frames)
        unseen, copied = frames.unseen(key), frames.copied(key)
        still_open = unseen & copied.nowhere
        picture = frames.picture(key)
        closed, places = synthesise(picture, still_open, ~unseen)
        frames.set_copied(key, copied.own(key, still_open))
        frames.keep_texture(key, np.where(still_open[..., None], closed - picture, 0), places)
        left[key] = 0
        for direction in (1, -1):
            for frame, there, taken in _carried(view, frames, key, still_open, direction):
                frames.set_copied(frame, frames.copied(frame).taking(key, there, taken))
                left[frame] -= int(taken.sum())
        yield done + 1


def _key(left: dict[int, int], frames: Frames) -> int:
    """The frame with the largest open region; of several about as large, the one that is most like the others.

    Whatever passes through a frame while it is the key would be carried into all others.
    """
    largest = max(left.values())
    alike = [t for t in sorted(left) if left[t] >= _ABOUT * largest]
    return min(alike, key=lambda t: (frames.strangeness(t), t))


def _carried(
    view: ShotView, frames: Frames, key: int, textured: Array, direction: int
) -> Iterator[tuple[int, Array, Array]]:
    """Outwards from `key`: each frame, the place in `key` of all its pixels (h w 2), and which of them take from it.

    It ends at the first frame that takes nothing.
    """
    height, width = textured.shape
    here, given = grid(height, width), textured.astype(np.float32)
    places = here
    outwards = range(key + 1, view.frame_count) if direction > 0 else range(key - 1, -1, -1)
    for frame in outwards:
        places = sample(places, _step(view, frame, direction, here))
        taken = frames.unseen(frame) & frames.copied(frame).nowhere & (sample(given, places) > 0.5)
        taken &= inside(places, height, width) & _sound(places)
        if not taken.any():
            return
        yield frame, places, taken


def _step(view: ShotView, frame: int, direction: int, here: Array) -> Array:
    """Where the pixels of `frame` are in the neighbour that is nearer to the key.

    The camera's motion is measured on the whole picture and drifts less than the flow: it stands where they agree.
    """
    by_flow = here + (view.backward_flow(frame) if direction > 0 else view.forward_flow(frame))
    by_camera = carry(view.chain.between(frame, frame - direction), here)
    agreed = np.square(by_flow - by_camera).sum(-1) <= _AGREED**2
    return np.where(agreed[..., None], by_camera, by_flow)


def _sound(places: Array) -> Array:
    """Where places neither crowd nor gape; h w bool."""
    dy, dx = np.gradient(places, axis=(0, 1))
    area = np.abs(dx[..., 0] * dy[..., 1] - dx[..., 1] * dy[..., 0])
    return (area >= _STRETCHED[0]) & (area <= _STRETCHED[1])
