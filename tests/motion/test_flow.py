"""Flow behind a hole, the camera's chain, and places carried along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.motion.chain import HomographyChain, carry, neighbour_homography
from lumiere_engine.motion.flow import FlowEstimator, complete_flow, grid, inside, sample, widen

HEIGHT, WIDTH = 72, 128
AFFINE = np.array([[1.02, -0.01, 1.5], [0.015, 0.99, -2.0]], np.float32)


def affine_flow() -> np.ndarray:
    places = grid(HEIGHT, WIDTH)
    return (places @ AFFINE[:, :2].T + AFFINE[:, 2] - places).astype(np.float32)


def hole() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[22:50, 50:84] = True
    return mask


def test_the_background_moves_on_behind_the_object() -> None:
    truth, mask = affine_flow(), hole()
    spoilt = truth.copy()
    spoilt[widen(mask, 3)] = (9, 7)
    completed = complete_flow(spoilt, mask)
    assert np.abs(completed - truth).max() < 0.05
    assert np.array_equal(completed[~widen(mask, 8)], truth[~widen(mask, 8)])


def test_a_few_wrong_vectors_around_the_hole_do_not_bend_it() -> None:
    truth, mask = affine_flow(), hole()
    spoilt = truth.copy()
    spoilt[widen(mask, 3)] = (9, 7)
    rng = np.random.default_rng(0)
    wrong = (rng.random((HEIGHT, WIDTH)) < 0.05) & ~widen(mask, 6)
    spoilt[wrong] += 6
    assert np.median(np.abs(complete_flow(spoilt, mask) - truth)[mask]) < 0.5


@pytest.mark.parametrize("mask", [np.zeros((HEIGHT, WIDTH), bool), np.ones((HEIGHT, WIDTH), bool)])
def test_without_a_hole_or_without_anything_else_flow_is_left_alone(mask: np.ndarray) -> None:
    assert np.array_equal(complete_flow(affine_flow(), mask), affine_flow())


def test_a_picture_too_small_to_match_stands_still() -> None:
    small = np.random.default_rng(0).integers(0, 255, (12, 90), np.uint8)
    assert not FlowEstimator()(small, np.roll(small, 3, 1)).any()


def test_flow_finds_a_shift(pan: Callable[..., Any]) -> None:
    shot = pan(frames=2, step=3)
    first, second = (cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY) for truth in shot.truths)
    flow = FlowEstimator()(first, second)[12:-12, 12:-12]
    np.testing.assert_allclose(np.median(flow, (0, 1)), (-3, 0), atol=0.1)


def test_the_chain_composes_the_neighbours_motions() -> None:
    steps = [np.array([[1, 0.01, 2 + k], [0.002, 1.01, -k], [1e-5, 0, 1]]) for k in range(4)]
    chain = HomographyChain(steps)
    places = grid(HEIGHT, WIDTH)
    there = places
    for step in steps[1:3]:
        there = carry(step, there)
    np.testing.assert_allclose(carry(chain.between(1, 3), places), there, atol=1e-2)
    np.testing.assert_allclose(carry(chain.between(3, 1), there), places, atol=1e-2)
    np.testing.assert_allclose(chain.between(2, 2), np.eye(3), atol=1e-9)


def test_a_single_frame_has_a_chain_too() -> None:
    assert np.array_equal(HomographyChain([]).between(0, 0), np.eye(3))


def test_the_camera_is_found_beside_a_large_object() -> None:
    flow, mask = affine_flow(), hole()
    flow[mask] = (20, 20)
    moved = carry(neighbour_homography(flow, widen(mask, 4)), grid(HEIGHT, WIDTH))
    np.testing.assert_allclose(moved - grid(HEIGHT, WIDTH), affine_flow(), atol=0.1)


def test_where_nothing_is_left_to_see_the_camera_stands_still() -> None:
    everything = np.ones((HEIGHT, WIDTH), bool)
    assert np.array_equal(neighbour_homography(affine_flow(), everything), np.eye(3))


def test_sampling_at_pixel_centres_changes_nothing() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    assert np.array_equal(sample(picture, grid(20, 30), cubic=True), picture)
    assert np.array_equal(sample(picture, grid(5, 6, 3, 4)), picture[3:8, 4:10])


def test_inside_means_between_the_centres_of_the_border_pixels() -> None:
    places = np.array([[[0, 0], [29, 19], [-0.01, 0], [29.01, 0], [0, 19.5]]], np.float32)
    assert inside(places, 20, 30).tolist() == [[True, True, False, False, False]]
