"""Samplers against Gaussians, whose exact denoiser and exact trajectory are known."""

from __future__ import annotations

import math

import pytest
import torch
from lumiere_engine.diffusion import (
    EDMDenoiser,
    KnownDenoiser,
    X0Denoiser,
    karras_sigmas,
    sample_euler,
    sample_heun,
)
from torch import Tensor

MEAN, STD = 0.3, 0.5


def _gaussian(x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
    """The exact D(x; σ) of data N(MEAN, STD²)."""
    s = sigma[:, None, None, None, None] ** 2
    return (STD**2 * x + s * MEAN) / (STD**2 + s)


def _exact_end(x: Tensor, sigma: float) -> Tensor:
    """Where the probability-flow equation leads: (x − μ) shrinks by σ_d/√(σ_d² + σ²)."""
    return MEAN + (x - MEAN) * STD / (STD**2 + sigma**2) ** 0.5


def _start(sigma: float) -> tuple[Tensor, Tensor]:
    x = MEAN + (sigma**2 + STD**2) ** 0.5 * torch.randn(
        2, 3, 2, 4, 4, generator=torch.Generator().manual_seed(0)
    )
    return x, torch.zeros(2, 4, 2, 4, 4)


@pytest.mark.parametrize(
    ("sample", "steps", "tolerance"), [(sample_euler, 400, 0.02), (sample_heun, 60, 0.006)]
)
def test_a_gaussian_ends_where_the_equation_says(sample, steps, tolerance) -> None:  # type: ignore[no-untyped-def]
    x, cond = _start(10.0)
    end = sample(_gaussian, x, karras_sigmas(steps, 0.002, 10.0), cond)
    assert (end - _exact_end(x, 10.0)).abs().max() < tolerance


@pytest.mark.parametrize(("sample", "order"), [(sample_euler, 1), (sample_heun, 2)])
def test_the_error_falls_with_the_order_of_the_method(sample, order) -> None:  # type: ignore[no-untyped-def]
    x, cond = _start(5.0)
    errors = [
        (sample(_gaussian, x.double(), karras_sigmas(n, 0.002, 5.0), cond.double()) - _exact_end(x, 5.0))
        .abs()
        .max()
        for n in (16, 32)
    ]
    assert errors[0] / errors[1] > 0.75 * 2**order


def test_one_step_is_the_denoiser_itself() -> None:
    x, cond = _start(2.0)
    sigmas = karras_sigmas(1, 0.1, 2.0)
    expected = _gaussian(x, torch.tensor([2.0, 2.0]), cond)
    assert torch.equal(sample_euler(_gaussian, x, sigmas, cond), expected)
    assert torch.equal(sample_heun(_gaussian, x, sigmas, cond), expected)


def test_samplers_are_deterministic() -> None:
    x, cond = _start(3.0)
    sigmas = karras_sigmas(5, 0.1, 3.0)
    assert torch.equal(sample_heun(_gaussian, x, sigmas, cond), sample_heun(_gaussian, x, sigmas, cond))


def test_a_callback_hears_every_step_and_can_stop_the_sampler() -> None:
    x, cond = _start(3.0)
    heard: list[tuple[int, int]] = []

    def stop_at_three(step: int, steps: int, denoised: Tensor) -> None:
        assert denoised.shape == x.shape
        heard.append((step, steps))
        if step == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sample_euler(_gaussian, x, karras_sigmas(5, 0.1, 3.0), cond, stop_at_three)
    assert heard == [(1, 5), (2, 5), (3, 5)]


def test_known_pixels_follow_the_current_noise_level_and_end_at_the_truth() -> None:
    truth, noise = torch.rand(1, 3, 2, 4, 4), torch.randn(1, 3, 2, 4, 4)
    known = torch.zeros(1, 1, 2, 4, 4, dtype=torch.bool)
    known[..., :2] = True
    seen: list[tuple[float, Tensor]] = []

    def spy(x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        seen.append((float(sigma), x))
        return _gaussian(x, sigma, cond)

    end = sample_euler(
        KnownDenoiser(spy, truth, known),
        truth + 4 * noise,
        karras_sigmas(6, 0.1, 4.0),
        torch.zeros(1, 4, 2, 4, 4),
    )
    for sigma, x in seen:
        assert torch.allclose(x[..., :2], (truth + sigma * noise)[..., :2], atol=1e-4)
    assert torch.equal(end[..., :2], truth[..., :2])


@pytest.mark.parametrize("sigmas", [[1.0, 2.0, 0.0], [2.0, 1.0], [0.0]])
def test_sigmas_that_do_not_descend_to_zero_are_refused(sigmas: list[float]) -> None:
    x, cond = _start(1.0)
    with pytest.raises(ValueError, match="descend"):
        sample_euler(_gaussian, x, torch.tensor(sigmas), cond)


def test_karras_sigmas_descend_from_the_largest_to_the_smallest_then_zero() -> None:
    sigmas = karras_sigmas(8, 0.02, 80.0)
    assert len(sigmas) == 9
    assert sigmas[0] == 80 and sigmas[-1] == 0
    assert sigmas[-2] == pytest.approx(0.02)
    assert (sigmas[:-1] > sigmas[1:]).all()
    assert karras_sigmas(3, 1.0, 3.0, rho=1.0).tolist() == pytest.approx([3, 2, 1, 0])
    with pytest.raises(ValueError, match="no schedule"):
        karras_sigmas(0, 0.1, 1.0)


def test_edm_preconditioning_recovers_the_exact_denoiser_from_the_exact_network() -> None:
    """For centred Gaussian data of σ_data the skip path alone is the exact denoiser already."""
    x, cond = torch.randn(2, 3, 2, 4, 4), torch.zeros(2, 4, 2, 4, 4)
    sigma = torch.tensor([0.3, 2.0])
    denoised = EDMDenoiser(lambda y, _: torch.zeros_like(y[:, :3]))(x, sigma, cond)
    s = sigma[:, None, None, None, None] ** 2
    assert torch.allclose(denoised, x * 0.25 / (0.25 + s), atol=1e-6)


def test_a_network_that_answers_zero_hands_the_plate_through() -> None:
    x, cond = torch.randn(2, 3, 2, 4, 4), torch.randn(2, 4, 2, 4, 4)
    nothing = X0Denoiser(lambda y, _: torch.zeros_like(y[:, :3]))
    assert torch.equal(nothing(x, torch.ones(2), cond), cond[:, :3])
    assert not X0Denoiser(nothing.network, residual=False)(x, torch.ones(2), cond).any()


def test_the_network_reads_the_noisy_clip_fading_with_its_noise_then_plate_and_matte() -> None:
    heard: list[tuple[Tensor, Tensor]] = []

    def network(y: Tensor, noise: Tensor) -> Tensor:
        heard.append((y, noise))
        return y[:, :3]

    clean = 0.5 * torch.randn(1, 3, 8, 32, 32)
    cond = torch.rand(1, 4, 8, 32, 32)
    for sigma, spread in ((0.01, 1.0), (0.5, 0.5**0.5), (5.0, 0.1)):
        X0Denoiser(network)(clean + sigma * torch.randn_like(clean), torch.tensor([sigma]), cond)
        y, noise = heard[-1]
        assert y[:, :3].std().item() == pytest.approx(spread, abs=0.02)
        assert torch.equal(y[:, 3:], cond)
        assert noise.item() == pytest.approx(math.log(sigma) / 4)
