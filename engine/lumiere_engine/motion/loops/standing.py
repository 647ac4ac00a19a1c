"""Every frame of a shot laid over one still of it: the camera's shake is gone, only the scene moves."""

from __future__ import annotations

import cv2
import numpy as np

from ..chain import neighbour_homography
from ..flow import FlowEstimator

Array = np.ndarray

_PASSES = 2
# A camera whose corners move less (pixels at analysis size, 90th percentile of the frames) stands on a tripod.
_TRIPOD = 0.35
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
        matrix = matrix @ neighbour_homography(estimate(still, near), region | (covered == 0))
        matrix = matrix / matrix[2, 2]
    return matrix


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
