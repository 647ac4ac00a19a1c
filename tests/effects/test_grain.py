"""Grain is measured where there is some, and laid over what has none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from lumiere_engine.effects.grain import Grain, add_grain, frozen_grain, measure_grain

HEIGHT, WIDTH = 144, 256


def slope() -> np.ndarray:
    """A quiet picture; h w 3."""
    return np.broadcast_to(
        np.linspace(0.25, 0.7, WIDTH, dtype=np.float32)[None, :, None], (HEIGHT, WIDTH, 3)
    ).copy()


def noise(strength: float, softness: float = 0.0, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH, 3)).astype(np.float32)
    if softness:
        values = cv2.GaussianBlur(values, (0, 0), softness)
    return values * np.float32(strength / values.std())


def high(picture: np.ndarray) -> np.ndarray:
    return picture - cv2.GaussianBlur(picture, (0, 0), 1.5)


def measured(picture: np.ndarray) -> Grain:
    grain = measure_grain(picture)
    assert grain is not None
    return grain


@pytest.mark.parametrize("strength", [0.01, 0.02, 0.05])
@pytest.mark.parametrize("softness", [0.0, 0.8])
def test_the_strength_of_grain_is_measured(strength: float, softness: float) -> None:
    grains = noise(strength, softness)
    found = np.sqrt(np.trace(measured(slope() + grains).covariance) / 3)
    assert found == pytest.approx(high(grains).std(), rel=0.15)


def test_coarse_grain_is_told_from_fine() -> None:
    fine, coarse = (measured(slope() + noise(0.03, softness)).softness for softness in (0.0, 1.0))
    assert fine < 0.3 < coarse


def test_the_colour_of_grain_is_measured() -> None:
    blue = noise(0.02) * np.float32((0.3, 0.3, 1.0))
    variance = np.diag(measured(slope() + blue).covariance)
    assert variance[2] > 8 * variance[0]


def test_a_flat_or_smooth_picture_has_none() -> None:
    assert measure_grain(np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)) is None
    assert measure_grain(slope()) is None


def test_a_picture_that_compression_smoothed_has_none() -> None:
    picture = np.rint((slope() + noise(0.01)) * 255).clip(0, 255).astype(np.uint8)
    smoothed = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)
    assert measure_grain(smoothed.astype(np.float32) / 255) is None


def test_black_and_burnt_out_pictures_say_nothing_of_grain() -> None:
    for level in (0.0, 1.0):
        assert measure_grain(np.clip(level + noise(0.02), 0, 1).astype(np.float32)) is None


def test_a_picture_too_small_to_measure_has_none() -> None:
    assert measure_grain((slope() + noise(0.05))[:20, :40]) is None


def test_what_was_smooth_gets_the_grain_of_its_plate() -> None:
    grain = measured(slope() + noise(0.03, 0.7))
    grained = add_grain(slope(), np.ones((HEIGHT, WIDTH), np.float32), grain, np.random.default_rng(1))
    again = measured(grained)
    assert np.trace(again.covariance) == pytest.approx(np.trace(grain.covariance), rel=0.25)
    assert again.softness == pytest.approx(grain.softness, abs=0.25)
    assert np.abs((grained - slope()).mean()) < 1e-3


def test_grain_stays_where_it_is_wanted_and_is_not_added_twice() -> None:
    plate = slope() + noise(0.03)
    grain = measured(plate)
    where = np.zeros((HEIGHT, WIDTH), np.float32)
    where[:, : WIDTH // 2] = 1
    grained = add_grain(slope(), where, grain, np.random.default_rng(1))
    assert np.array_equal(grained[:, WIDTH // 2 :], slope()[:, WIDTH // 2 :])
    everywhere = np.ones_like(where)
    twice = add_grain(plate, everywhere, grain, np.random.default_rng(1))
    assert high(twice).std() < 1.1 * high(plate).std()


def test_the_same_seed_gives_the_same_grain() -> None:
    grain = measured(slope() + noise(0.03))
    where = np.ones((HEIGHT, WIDTH), np.float32)
    one, two, other = (add_grain(slope(), where, grain, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.tobytes() == two.tobytes() != other.tobytes()


def test_frozen_grain_stands_still_and_is_as_strong() -> None:
    rng = np.random.default_rng(0)
    clean = np.full((64, 96, 3), 0.5, np.float32)
    clean[:, 48:] = 0.7
    frames = [clean + rng.normal(0, 0.02, clean.shape).astype(np.float32) for _ in range(2)]
    grain = measure_grain(frames[0])
    assert grain is not None
    first, second = (frozen_grain(frame, grain, 4) for frame in frames)
    assert np.abs(first - second).mean() < 0.5 * np.abs(frames[0] - frames[1]).mean()
    assert 0.7 < (first - clean).std() / 0.02 < 1.3
    assert np.abs(first - clean).mean() < 0.03  # the edge is where it was
