"""Schedules of text-to-image networks: against diffusers, and on Gaussians, whose exact network is known."""

from __future__ import annotations

import pytest
import torch
from lumiere_engine.diffusion import (
    DiscreteDenoiser,
    DiscreteSchedule,
    GuidedDenoiser,
    edited_from,
    frame_noise,
    sample_dpmpp,
    sample_euler,
)
from lumiere_engine.protocol.errors import SpecError
from torch import Tensor

MEAN, STD = 0.3, 0.5
COND = torch.zeros(1, 5, 2, 4, 4)


def _network(schedule: DiscreteSchedule, mean: float = MEAN):  # type: ignore[no-untyped-def]
    """The exact prediction for data N(mean, STD²)."""

    def answer(x: Tensor, timestep: Tensor, _: Tensor) -> Tensor:
        low = timestep.floor().long()
        share = (timestep - low)[:, None, None, None, None].double()
        logs = schedule.sigmas.log()
        high = (low + 1).clamp(max=schedule.levels - 1)
        s = (
            (1 - share) * logs[low][:, None, None, None, None] + share * logs[high][:, None, None, None, None]
        ).exp()
        alpha = (1 + s**2).rsqrt()
        noisy = x.double() / alpha
        clean = (STD**2 * noisy + s**2 * mean) / (STD**2 + s**2)
        noise = (noisy - clean) / s
        out = noise if schedule.prediction == "epsilon" else alpha * noise - s * alpha * clean
        return out.to(x.dtype)

    return answer


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize(
    ("sample", "steps", "tolerance"), [(sample_euler, 250, 0.02), (sample_dpmpp, 40, 0.02)]
)
def test_a_gaussian_ends_where_the_equation_says(prediction, sample, steps, tolerance) -> None:  # type: ignore[no-untyped-def]
    schedule = DiscreteSchedule(prediction=prediction)
    sigmas = schedule.karras_sigmas(steps)
    x = sigmas[0] * frame_noise(0, range(2), (4, 4, 4))[None] + MEAN
    end = sample(DiscreteDenoiser(_network(schedule), schedule), x, sigmas, COND)
    expected = MEAN + (x - MEAN) * STD / (STD**2 + float(sigmas[0]) ** 2) ** 0.5
    assert (end - expected).abs().max() < tolerance


def test_dpmpp_is_of_second_order() -> None:
    schedule = DiscreteSchedule(prediction="v_prediction")
    denoiser = DiscreteDenoiser(_network(schedule), schedule)
    x = float(schedule.sigmas[-1]) * frame_noise(0, range(2), (4, 4, 4))[None].double() + MEAN
    exact = MEAN + (x - MEAN) * STD / (STD**2 + float(schedule.sigmas[-1]) ** 2) ** 0.5
    errors = [
        float((sample_dpmpp(denoiser, x, schedule.karras_sigmas(n), COND.double()) - exact).abs().max())
        for n in (20, 40)
    ]
    assert errors[0] / errors[1] > 3


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("betas", ["linear", "scaled_linear", "squaredcos_cap_v2"])
def test_the_levels_are_those_of_diffusers(betas: str, prediction: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    theirs = diffusers.DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule=betas, prediction_type=prediction
    )
    sigmas = ((1 - theirs.alphas_cumprod) / theirs.alphas_cumprod) ** 0.5
    ours = DiscreteSchedule(betas=betas, prediction=prediction).sigmas
    assert torch.allclose(ours[:-1].float(), sigmas[:-1], rtol=2e-3)


def test_ddim_of_diffusers_walks_the_same_way() -> None:
    diffusers = pytest.importorskip("diffusers")
    schedule = DiscreteSchedule(prediction="v_prediction")
    theirs = diffusers.DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
        clip_sample=False, timestep_spacing="trailing", set_alpha_to_one=True,
    )  # fmt: skip
    theirs.set_timesteps(10)
    network, sigmas = _network(schedule), schedule.uniform_sigmas(10)
    noise = frame_noise(1, range(2), (4, 4, 4))[None]
    x = noise.clone()
    for t in theirs.timesteps:
        x = theirs.step(network(x, t[None].float(), COND), t, x).prev_sample
    start = noise * (1 + sigmas[0] ** 2) ** 0.5
    assert torch.allclose(
        sample_euler(DiscreteDenoiser(network, schedule), start, sigmas, COND), x, atol=2e-4
    )


def test_zero_terminal_snr_starts_from_nothing_and_reaches_any_mean() -> None:
    """Usual levels leave a trace of the clip in their noisiest one; noise alone then cannot become very bright."""
    bright, ends = 3.0, []
    for zero in (True, False):
        schedule = DiscreteSchedule(prediction="v_prediction", zero_terminal=zero)
        sigmas = schedule.uniform_sigmas(200)
        x = (1 + sigmas[0] ** 2) ** 0.5 * frame_noise(0, range(4), (4, 8, 8))[None]
        end = sample_euler(DiscreteDenoiser(_network(schedule, bright), schedule), x, sigmas, COND)
        ends.append(abs(float(end.mean()) - bright))
    assert sigmas[0] < 15
    assert ends[0] < 0.05 < ends[1]
    with pytest.raises(SpecError, match="predicts velocity"):
        DiscreteSchedule(zero_terminal=True)


def test_zero_terminal_levels_are_those_of_diffusers() -> None:
    diffusers = pytest.importorskip("diffusers")
    theirs = diffusers.DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", rescale_betas_zero_snr=True
    ).alphas_cumprod
    ours = 1 / (1 + DiscreteSchedule(prediction="v_prediction", zero_terminal=True).sigmas ** 2)
    assert torch.allclose(ours.float(), theirs, atol=1e-5)


def test_a_level_finds_its_timestep_and_levels_beyond_are_cut() -> None:
    schedule = DiscreteSchedule()
    levels = torch.tensor([0, 17, 500, 999])
    assert torch.allclose(schedule.timestep(schedule.sigmas[levels].float()), levels.float(), atol=1e-2)
    assert schedule.timestep(torch.tensor([1e-9, 1e9])).tolist() == [0, 999]


def test_guidance_goes_beyond_the_prompt_and_asks_nothing_more_where_it_is_1() -> None:
    asked = []

    def says(value: float):  # type: ignore[no-untyped-def]
        def denoiser(x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
            asked.append(value)
            return torch.full_like(x, value)

        return denoiser

    x = torch.zeros(1, 4, 2, 4, 4)
    assert float(GuidedDenoiser(says(1.0), says(0.25), 3.0)(x, torch.ones(1), COND).mean()) == 2.5
    asked.clear()
    assert float(GuidedDenoiser(says(1.0), says(0.25), 1.0)(x, torch.ones(1), COND).mean()) == 1.0
    assert asked == [1.0]


def test_editing_walks_the_end_of_the_schedule() -> None:
    sigmas = torch.tensor([4.0, 3.0, 2.0, 1.0, 0.0])
    assert edited_from(sigmas, 1.0).tolist() == sigmas.tolist()
    assert edited_from(sigmas, 0.5).tolist() == [2.0, 1.0, 0.0]
    assert edited_from(sigmas, 0.01).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="strength"):
        edited_from(sigmas, 0.0)


@pytest.mark.parametrize(
    "wrong", [{"betas": "cubic"}, {"prediction": "sample"}, {"beta_start": 2.0}, {"levels": 1}]
)
def test_what_makes_no_schedule_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        DiscreteSchedule(**wrong)  # type: ignore[arg-type]
