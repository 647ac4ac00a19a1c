"""Measures of likeness against their formulas, and on pictures whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_bench.fidelity import BEST_DB, edge_step, psnr, ssim, ssim_inside, ssim_map


def noisy(seed: int, height: int = 20, width: int = 24) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_psnr_of_a_known_error() -> None:
    truth = np.full((40, 40, 3), 100, np.uint8)
    assert psnr(truth + np.uint8(10), truth) == pytest.approx(20 * np.log10(255 / 10))
    assert psnr(truth, truth) == BEST_DB
    noise = np.random.default_rng(0).normal(0, 8, (400, 400, 3))
    assert psnr(100 + noise, np.full((400, 400, 3), 100.0)) == pytest.approx(20 * np.log10(255 / 8), abs=0.02)


def naive_ssim(x: np.ndarray, y: np.ndarray, window: int) -> float:
    """The formula of Wang et al. (2004), written out over every whole window."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for channel in range(x.shape[2]):
        for top in range(x.shape[0] - window + 1):
            for left in range(x.shape[1] - window + 1):
                part = slice(top, top + window), slice(left, left + window), channel
                a, b = x[part].astype(float).ravel(), y[part].astype(float).ravel()
                covariance = np.cov(a, b)  # divides by n - 1, as scikit-image does by default
                above = (2 * a.mean() * b.mean() + c1) * (2 * covariance[0, 1] + c2)
                below = (a.mean() ** 2 + b.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
                values.append(above / below)
    return float(np.mean(values))


@pytest.mark.parametrize("window", [7, 11])
def test_ssim_is_the_formula(window: int) -> None:
    x = noisy(1)
    y = np.clip(x.astype(int) + np.random.default_rng(2).integers(-30, 31, x.shape), 0, 255).astype(np.uint8)
    assert ssim(x, y, window) == pytest.approx(naive_ssim(x, y, window), abs=1e-9)


def test_ssim_of_a_picture_with_itself_is_1_and_noise_lowers_it() -> None:
    x = noisy(1, 80, 90)
    assert ssim(x, x) == pytest.approx(1)
    assert ssim(x, noisy(2, 80, 90)) < 0.1


def test_a_picture_smaller_than_the_window_takes_the_largest_that_fits() -> None:
    x, y = noisy(1, 20, 24), noisy(2, 20, 24)
    assert ssim(x, y, 65) == ssim(x, y, 19)


def test_ssim_in_a_hole_is_the_map_there() -> None:
    x, y = noisy(1, 60, 80), noisy(2, 60, 80)
    for rows, columns in ((slice(20, 30), slice(40, 50)), (slice(0, 9), slice(70, 80))):
        hole = np.zeros((60, 80), bool)
        hole[rows, columns] = True
        assert ssim_inside(x, y, hole) == pytest.approx(ssim_map(x, y, 11)[hole].mean())


def test_the_step_across_an_edge_is_counted_once_per_pair_of_neighbours() -> None:
    hole = np.zeros((10, 12), bool)
    hole[3:6, 4:8] = True
    picture = np.where(hole[..., None], 50.0, 20.0) * np.ones(3)
    total, count = edge_step(picture, hole)
    assert count == 2 * 3 + 2 * 4
    assert total == pytest.approx(30 * count)
    assert edge_step(np.full((10, 12, 3), 7.0), hole)[0] == 0
