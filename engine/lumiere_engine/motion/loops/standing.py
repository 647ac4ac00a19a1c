"""Every frame of a shot laid over one still of it: the camera's shake is gone, only the scene moves."""

from __future__ import annotations

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
_NO_DRIFT = 0.25  # code values of 255


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


def exposure_offset(still: Array, frame: Array, steady: Array) -> Array:
    """What a frame lacks to the still's exposure: 3 float32, the mean over `steady` (h w bool) per channel.

    What is less than noise is 0, so that a camera of fixed exposure is left alone.

    Args:
        still, frame: h w 3 float32, code values of 255, laid over each other.
    """
    if steady.sum() < _ENOUGH:
        return np.zeros(3, np.float32)
    offset = (still[steady] - frame[steady]).mean(0)
    return np.where(np.abs(offset) < _NO_DRIFT, 0, offset).astype(np.float32)
