"""Frames laid over the still, and made as bright as it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from lumiere_engine.motion.loops.standing import (
    at_plate_size,
    corner_shift,
    lay_over,
    likeness_around,
    match_exposure,
    stands_still,
    steadied,
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
    assert stands_still({0: np.eye(3), 1: found}, region_mask())


def test_flat_surroundings_do_not_guess() -> None:
    flat = np.full((96, 160), 120, np.uint8)
    assert np.array_equal(lay_over(flat, flat, region_mask(), np.eye(3)), np.eye(3))


def test_a_place_is_known_again_by_what_surrounds_the_region() -> None:
    wide = background(480, 96)
    still, near, far = (grey(wide[:, x : x + 160]) for x in (100, 106, 300))
    near[24:76, 40:124] = near[24:76, 123:39:-1].copy()
    assert likeness_around(still, near, region_mask()) > 0.9
    assert likeness_around(still, far, region_mask()) < 0.6
    assert likeness_around(still, far, np.ones_like(region_mask())) == 1


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


def test_a_slow_camera_is_followed_without_steps_and_a_jolt_stays() -> None:
    rng, region = np.random.default_rng(5), np.ones((90, 160), bool)

    def shift(x: float) -> np.ndarray:
        return np.array([[1, 0, x], [0, 1, 0], [0, 0, 1]], np.float64)

    # what is measured of a drift stands still until it is worth correcting
    stairs = {t: shift(0.5 * np.floor(0.1 * t / 0.5) + 0.02 * rng.standard_normal()) for t in range(40)}
    steps = np.abs(np.diff([m[0, 2] for m in steadied(stairs, region).values()]))
    assert steps.max() < 0.3
    jolted = {t: shift(6.0 if t == 20 else 0.0) for t in range(40)}
    assert abs(steadied(jolted, region)[20][0, 2] - 6.0) < 0.01


def test_what_lies_near_the_region_tells_its_motion() -> None:
    rng = np.random.default_rng(6)
    texture = cv2.GaussianBlur(rng.integers(0, 255, (180, 320)).astype(np.uint8), (0, 0), 1.5)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    region = np.zeros((180, 320), bool)
    region[30:60, 100:220] = True
    # the foreground goes elsewhere
    frame = np.roll(texture, 2, 1)
    frame[110:] = np.roll(texture, -6, 1)[110:]
    found = lay_over(texture, frame, region, np.eye(3))
    middle = cv2.perspectiveTransform(np.array([[[160.0, 45.0]]]), found)[0, 0]
    assert np.allclose(middle, (162, 45), atol=0.3)


def test_surroundings_that_tell_nothing_bend_nothing() -> None:
    """Lines can be followed across alone, and a homography through them would say anything."""
    ys = np.arange(180)[:, None] + 0.1 * np.arange(320)[None]
    lines = (128 + 60 * np.sin(ys / 6)).astype(np.uint8)
    region = np.zeros((180, 320), bool)
    region[:110] = True
    rng = np.random.default_rng(7)
    noisy = np.clip(np.roll(lines, 2, 0) + rng.normal(0, 3, lines.shape), 0, 255).astype(np.uint8)
    assert corner_shift(lay_over(lines, noisy, region, np.eye(3)), 180, 320) < 0.15 * 320


def test_what_moves_beside_the_region_is_no_camera_while_all_else_stands() -> None:
    rng = np.random.default_rng(8)
    texture = cv2.GaussianBlur(rng.integers(0, 255, (180, 320)).astype(np.uint8), (0, 0), 1.5)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    region = np.zeros((180, 320), bool)
    region[60:120, 120:200] = True
    frame = texture.copy()
    frame[40:140, 100:220] = np.roll(texture, 3, 1)[40:140, 100:220]
    assert np.array_equal(lay_over(texture, frame, region, np.eye(3)), np.eye(3))
