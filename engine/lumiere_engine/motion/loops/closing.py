"""Closing a seam: the end of a loop becomes what came before its start, along the motion and without a dip."""

from __future__ import annotations

import cv2
import numpy as np

from ..flow import FlowEstimator, channel_mean, grid, sample

Array = np.ndarray

# Pixels of the squares between whose means a texture's bands lie, the finest first: fine detail is lost in a mixture
# where what is coarse is common to both.
_BANDS = (5, 21)
_TEXTURE = 21  # pixels of the square in which a band's strength is measured
_MOST_GAIN = 1.4142  # two unlike textures, half and half, have lost this much
_SLIGHT = 1e-7  # of a mean square; weaker is no texture
_NEAR_BLUR = 3.0  # pixels over which a motion is judged
# A motion is followed where it explains away more than this share of the difference.
_WORTH = (0.35, 0.65)


def blend(first: Array, second: Array, share: float | Array, motion: Motion | None) -> Array:
    """A picture between two: `first` at share 0, `second` at 1.

    What can be followed from one to the other moves there while it changes; what cannot is dissolved, and its
    texture keeps its strength: a plain mean of two unlike textures is weaker than either.

    Args:
        first, second: h w 3 float32, working values.
        share: 0..1, or h w float32 of such; then there is no motion.
        motion: between them, of the same size; None dissolves all.
    """
    if motion is not None and not isinstance(share, np.ndarray):
        place = grid(*first.shape[:2])
        first = sample(first, place - share * motion.onward_from(share))
        second = sample(second, place + (1 - share) * motion.onward_from(share))
    part = share[..., None] if isinstance(share, np.ndarray) else share
    mixed = (1 - part) * first + part * second
    total: Array | None = None
    for one, other, both in zip(_bands(first), _bands(second), _bands(mixed), strict=True):
        if total is None:
            total = both  # what is coarse
            continue
        wanted = (1 - share) * _strength(one) + share * _strength(other)
        gain = np.sqrt(np.clip((wanted + _SLIGHT) / (_strength(both) + _SLIGHT), 1.0, _MOST_GAIN**2))
        total = total + both * gain[..., None]
    assert total is not None
    return total.astype(np.float32)


class Motion:
    """The motion from one picture to another that is as steady as it is believed.

    Attributes:
        flow: h w 2 float32, from the first to the second, 0 where no motion explains the change.
    """

    def __init__(self, flow: Array) -> None:
        self.flow = flow

    @classmethod
    def between(cls, first: Array, second: Array) -> Motion:
        """Measured between two pictures, h w 3 uint8."""
        estimate = FlowEstimator("medium")
        one, other = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (first, second))
        forward, backward = estimate(one, other), estimate(other, one)
        place = grid(*one.shape)
        apart = np.linalg.norm(forward + sample(backward, place + forward), axis=-1)
        plain = _judged(first, second)
        moved = _judged(first, sample(second, place + forward))
        explained = 1 - moved / (plain + 1.0)
        worth = np.clip((explained - _WORTH[0]) / (_WORTH[1] - _WORTH[0]), 0, 1) * (apart < 2.0)
        worth = cv2.GaussianBlur(worth.astype(np.float32), (0, 0), _NEAR_BLUR)
        return cls(forward * worth[..., None])

    def onward_from(self, share: float) -> Array:
        """The flow as seen from the picture in between at `share`; h w 2."""
        return sample(self.flow, grid(*self.flow.shape[:2]) - share * self.flow)


def share_of(step: int, steps: int) -> float:
    """How far the seam is closed at its frame `step` of `steps`: rises smoothly, and never stands still."""
    at = (step + 1) / (steps + 1)
    return at * at * (3 - 2 * at)


def _bands(picture: Array) -> list[Array]:
    """What is coarse in a picture, then its textures, the finest last; their sum is the picture."""
    means = [cv2.blur(picture, (side, side)) for side in _BANDS]
    finer = [picture, *means]
    textures = [fine - coarse for fine, coarse in zip(finer[:-1], means, strict=True)]
    return [means[-1], *reversed(textures)]


def _strength(band: Array) -> Array:
    """Mean square of a texture around each pixel, h w float32."""
    grey = channel_mean(band)
    return cv2.blur(grey * grey, (_TEXTURE, _TEXTURE))


def _judged(first: Array, second: Array) -> Array:
    """Difference of two pictures around each pixel, code values of 255."""
    apart = np.abs(first.astype(np.float32) - second.astype(np.float32))
    return cv2.GaussianBlur(channel_mean(apart), (0, 0), _NEAR_BLUR)
