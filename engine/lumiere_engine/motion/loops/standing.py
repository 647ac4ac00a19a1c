"""Every frame of a shot laid over one still of it: the camera's shake is gone, only the scene moves."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..flow import FlowEstimator

Array = np.ndarray

_PASSES = 2
# A camera whose corners move less (pixels at analysis size, 90th percentile of the frames) stands on a tripod.
_TRIPOD = 0.35
_DONE = 0.1  # pixels; a correction that moves no corner farther is the last
_STEP = 4  # every fourth pixel votes
_TEXTURED = 6.0  # code values of 255 per pixel; flatter places do not tell how they moved
_LEAST_VOTES = 24
_FAR = 3.0  # pixels; a vote that misses by more just misses
# A richer motion must miss by less than this share of what the simpler one misses.
_RICHER = 0.8
_ENOUGH = 100  # pixels that tell the exposure
_OUTLIERS = (40.0, 12.0)  # code values of 255
_SPREAD = 200.0  # variance of values that tell a gain
_GAINS = (0.7, 1.4)
_NO_DRIFT = 0.5  # code values of 255


def lay_over(still: Array, frame: Array, region: Array, guess: Array) -> Array:
    """The 3×3 homography from places of `still` to places of `frame`, as all but the region moves.

    It is measured against the still itself and not chained along the frames, so that errors do not add up.

    Args:
        still, frame: h w uint8.
        region: h w bool, in the still; what moves by itself and is not asked.
        guess: of a neighbouring frame.
    """
    estimate, height, width = FlowEstimator("medium"), *still.shape
    matrix = guess
    for _ in range(_PASSES):
        near = cv2.warpPerspective(
            frame, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        covered = cv2.warpPerspective(
            np.full_like(frame, 255), matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        )
        correction = _common_motion(estimate(still, near), _telling(still) & ~region & (covered > 0))
        matrix = matrix @ correction
        matrix = matrix / matrix[2, 2]
        if corner_shift(correction, height, width) < _DONE:
            break
    return matrix


def _telling(still: Array) -> Array:
    """Where a picture (h w uint8) has something that can be followed, h w bool."""
    across, down = (cv2.Sobel(still, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 4) for dx in (1, 0))
    return cv2.blur(np.hypot(across, down), (7, 7)) > _TEXTURED


def _common_motion(flow: Array, free: Array) -> Array:
    """The simplest motion that most of `flow` (h w 2) follows in `free` (h w bool), as a 3×3 homography.

    None, a similarity, or a homography: what is measured in a corner of the picture must not bend the rest of it.
    """
    height, width = free.shape
    ys, xs = np.mgrid[_STEP // 2 : height : _STEP, _STEP // 2 : width : _STEP]
    votes = free[ys, xs]
    best = np.eye(3)
    if votes.sum() < _LEAST_VOTES:
        return best
    first = np.stack([xs[votes], ys[votes]], 1).astype(np.float32)
    second = first + flow[ys[votes], xs[votes]]
    cv2.setRNGSeed(0)
    similar, _ = cv2.estimateAffinePartial2D(first, second, ransacReprojThreshold=1.0)
    cv2.setRNGSeed(0)
    bent, _ = cv2.findHomography(first, second, cv2.USAC_MAGSAC, 1.0)
    richer = [None if similar is None else np.vstack([similar, [0.0, 0.0, 1.0]]), bent]
    least = _missed(best, first, second)
    for matrix in richer:
        if matrix is not None and _missed(matrix, first, second) < _RICHER * least:
            best, least = matrix, _missed(matrix, first, second)
    return best


def _missed(matrix: Array, first: Array, second: Array) -> float:
    """Mean distance by which a motion misses the votes, each at most `_FAR` pixels."""
    carried = cv2.perspectiveTransform(first[None].astype(np.float64), matrix)[0]
    return float(np.minimum(np.linalg.norm(carried - second, axis=1), _FAR).mean())


def corner_shift(matrix: Array, height: int, width: int) -> float:
    """How far a homography moves the farthest-moved corner of a picture, pixels."""
    corners = np.array([[[0, 0]], [[width, 0]], [[0, height]], [[width, height]]], np.float64)
    return float(np.linalg.norm(cv2.perspectiveTransform(corners, matrix) - corners, axis=-1).max())


def stands_still(matrices: dict[int, Array], height: int, width: int) -> bool:
    """Whether the camera of these homographies stood on a tripod: then what is measured is noise."""
    shifts = [corner_shift(matrix, height, width) for matrix in matrices.values()]
    return float(np.percentile(shifts, 90)) < _TRIPOD


def at_plate_size(matrix: Array, factors: tuple[float, float]) -> Array:
    """A homography between analysis pixels as one between plate pixels, `factors` (x, y) times as many."""
    x, y = factors
    # centres of pixels lie at whole numbers in both
    up = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    return up @ matrix @ np.linalg.inv(up)


@dataclass(frozen=True)
class Exposure:
    """What makes a frame as bright as the still: gain · value + offset, per channel.

    Attributes:
        gain: 3 float32.
        offset: 3 float32, code values of 255.
    """

    gain: Array
    offset: Array

    def applied(self, picture: Array, white: float) -> Array:
        """A picture (h w 3 float32) whose white has the value `white`, as bright as the still."""
        return picture * self.gain + self.offset * np.float32(white / 255)


def match_exposure(still: Array, frame: Array, outside: Array) -> Exposure:
    """The exposure that takes `frame` to `still`, from what stands still around the region.

    Least squares per channel, twice: the second time without what does not fit. What changes nothing visible is left
    out, so that a camera of fixed exposure is left alone.

    Args:
        still, frame: h w 3 float32, code values of 255, laid over each other.
        outside: h w bool.
    """
    gain, offset = np.ones(3, np.float32), np.zeros(3, np.float32)
    for channel in range(3):
        wanted, given = still[..., channel][outside], frame[..., channel][outside]
        for most in _OUTLIERS:
            fits = np.abs(gain[channel] * given + offset[channel] - wanted) < most
            if fits.sum() < _ENOUGH:
                break
            gain[channel], offset[channel] = _line(given[fits], wanted[fits])
    greys = np.array([0.0, 255.0], np.float32)[:, None]
    if float(np.abs(greys * (gain - 1) + offset).max()) < _NO_DRIFT:
        return Exposure(np.ones(3, np.float32), np.zeros(3, np.float32))
    return Exposure(gain, offset)


def _line(given: Array, wanted: Array) -> tuple[float, float]:
    """Gain and offset of the line through pairs of values; of values too alike, or a wild gain, the offset alone."""
    mean, target = float(given.mean()), float(wanted.mean())
    spread = float(given.var())
    gain = 1.0 if spread < _SPREAD else float(((given - mean) * (wanted - target)).mean()) / spread
    gain = gain if _GAINS[0] < gain < _GAINS[1] else 1.0
    return gain, target - gain * mean
