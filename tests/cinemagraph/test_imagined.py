"""Seams that the network closes."""

from __future__ import annotations

import numpy as np
import torch
from lumiere_engine.diffusion import X0Denoiser
from lumiere_engine.effects.cinemagraph.imagined import circle_around
from lumiere_engine.learning import FitParams, ImagineParams
from lumiere_engine.learning.seams import SeamSource, close_seam, seam_trust


def _closing(length: int, gap: int) -> list[bool]:
    return [False] * (length - gap) + [True] * gap


def test_a_short_loop_is_seen_whole_and_in_the_order_of_time() -> None:
    circle = circle_around(_closing(24, 8), 32, 4)
    assert sorted(circle) == list(range(24))
    assert all(
        (after - before) % 24 == 1 for before, after in zip(circle, circle[1:] + circle[:1], strict=True)
    )


def test_of_a_long_loop_the_frames_around_the_seam_are_seen() -> None:
    circle = circle_around(_closing(77, 12), 32, 4)
    assert len(circle) == 32 and set(range(65, 77)) <= set(circle)
    before, after = circle.index(65), 31 - circle.index(76)
    assert abs(before - after) <= 1


def _source(gap: int = 4) -> SeamSource:
    rng = np.random.default_rng(0)
    pattern = rng.uniform(-1, 1, (24, 24, 3)).astype(np.float32)
    region = np.zeros((24, 24), bool)
    region[6:18, 6:18] = True
    params = FitParams(seed=3)
    return SeamSource(lambda t: np.roll(pattern, t, 1), region, (0, 60), gap, (12, 16, 16), params)


def test_examples_mix_another_moment_into_the_middle_of_the_region_alone() -> None:
    source = _source()
    examples = source.batch(0, 3)
    apart = (examples.cond[:, :3] - examples.clean).abs().amax(1, keepdim=True)
    assert examples.clean.shape == (3, 3, 12, 16, 16)
    assert bool((apart[examples.inside == 0] == 0).all()) and float(apart[examples.inside > 0].mean()) > 0.05
    assert torch.equal(examples.cond[:, 3:], examples.inside)
    middle = examples.inside.amax((1, 3, 4)) > 0
    assert all(row.tolist() == [False] * 4 + [True] * 4 + [False] * 4 for row in middle)
    assert torch.equal(source.batch(0, 3).clean, examples.clean)


def test_a_network_that_knows_the_truth_is_trusted_and_one_that_does_nothing_is_not() -> None:
    learned, tests = _source().parted()
    assert learned.frames[1] <= tests.frames[0]
    batches = [tests.batch(index, 1) for index in range(8)]

    def knowing(x: torch.Tensor, sigma: torch.Tensor, cond: torch.Tensor) -> torch.Tensor:
        return next(one.clean for one in batches if torch.equal(one.cond, cond))

    assert seam_trust(knowing, tests, 10.0) == 1.0
    assert seam_trust(lambda x, sigma, cond: cond[:, :3], tests, 10.0) == 0.0


def test_all_but_the_seam_is_left_alone_and_a_turn_of_the_circle_turns_the_answer() -> None:
    rng = np.random.default_rng(1)
    circle = rng.uniform(-1, 1, (8, 16, 16, 3)).astype(np.float32)
    unknown = np.zeros((8, 16, 16), bool)
    unknown[3:5, 4:12, 4:12] = True

    def over_time(x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        plate = x[:, 3:6]
        return (plate.roll(1, 2) + plate.roll(-1, 2)) / 2 - plate

    params = ImagineParams(steps=1, window=(8, 16, 16))
    closed = close_seam(X0Denoiser(over_time), circle, unknown, params)
    assert np.array_equal(closed[~unknown], circle[~unknown])
    expected = (np.roll(circle, 1, 0) + np.roll(circle, -1, 0)) / 2
    assert np.allclose(closed[unknown], expected[unknown], atol=1e-5)
    turned = close_seam(X0Denoiser(over_time), np.roll(circle, 4, 0), np.roll(unknown, 4, 0), params)
    assert np.allclose(turned, np.roll(closed, 4, 0), atol=1e-5)
