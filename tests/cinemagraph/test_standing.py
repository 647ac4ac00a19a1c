"""Frames laid over the still, and made as bright as it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from lumiere_engine.motion.loops.standing import (
    at_plate_size,
    corner_shift,
    lay_over,
    match_exposure,
    stands_still,
)

from .conftest import background, region_mask


def grey(rgb: np.ndarray) -> np.ndarray:
    return np.rint(255 * rgb.mean(-1)).astype(np.uint8)


def moved(rgb: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """What a camera sees that `matrix` leads to from the still."""
    size = (rgb.shape[1], rgb.shape[0])
    return cv2.warpPerspective(rgb, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[1, 0, 4.5], [0, 1, -2.25], [0, 0, 1.0]]),
        np.array([[1.01, 0.012, 1.5], [-0.012, 1.01, 2.0], [0, 0, 1.0]]),
    ],
    ids=["shift", "turn"],
)
def test_a_shake_is_measured_to_a_fraction_of_a_pixel(matrix: np.ndarray) -> None:
    still = background(320, 180)
    region = np.zeros((180, 320), bool)
    region[60:120, 100:220] = True
    found = lay_over(grey(still), grey(moved(still, matrix)), region, np.eye(3))
    assert corner_shift(found @ np.linalg.inv(matrix), 180, 320) < 0.35


def test_what_moves_in_the_region_moves_no_camera() -> None:
    still = background()
    other = still.copy()
    other[24:76, 40:124] = np.roll(other[24:76, 40:124], 6, 1)
    found = lay_over(grey(still), grey(other), region_mask(), np.eye(3))
    assert corner_shift(found, *still.shape[:2]) < 0.1
    assert stands_still({0: np.eye(3), 1: found}, *still.shape[:2])


def test_flat_surroundings_do_not_guess() -> None:
    flat = np.full((96, 160), 120, np.uint8)
    assert np.array_equal(lay_over(flat, flat, region_mask(), np.eye(3)), np.eye(3))


def test_a_homography_at_another_size_moves_the_same_places() -> None:
    small = np.array([[1.0, 0, 2.0], [0, 1.0, -1.0], [0, 0, 1.0]])
    large = at_plate_size(small, (3.0, 3.0))
    assert large @ [0, 0, 1] == pytest.approx([6, -3, 1])


def test_another_exposure_is_found_and_none_is_left_alone() -> None:
    still = 255 * background()
    frame = (still - 7) / 1.08
    outside = ~region_mask()
    exposure = match_exposure(still, frame, outside)
    assert np.abs(exposure.applied(frame, 255) - still).max() < 0.5
    noisy = still + np.random.default_rng(0).normal(0, 1.5, still.shape).astype(np.float32)
    same = match_exposure(still, noisy, outside)
    assert np.array_equal(same.applied(still, 255), still)
