"""Deterministic samplers of the probability-flow equation dx/dσ = (x − D(x; σ))/σ.

EDM (Karras et al.), arXiv 2206.00364, equation 1.

One function per algorithm. Each takes the noisy start `x` (b c t h w, clean + σ₀·noise) and `sigmas`
(descending, last 0), and returns the clean end, b c t h w. `callback(step, steps, denoised)` hears of every
finished step; whatever it raises leaves the sampler, which is how a job is cancelled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from .precondition import Denoiser

Callback = Callable[[int, int, Tensor], None]
"""(finished steps, all steps, the latest denoised b c t h w)."""


@torch.no_grad()
def sample_euler(
    denoiser: Denoiser, x: Tensor, sigmas: Tensor, cond: Tensor, callback: Callback | None = None
) -> Tensor:
    """Euler's method: x ← x + (σ′ − σ)·(x − D(x; σ))/σ; one evaluation per step."""
    levels = _checked(sigmas)
    steps = len(levels) - 1
    for step, (sigma, after) in enumerate(pairwise(levels), start=1):
        denoised = _denoised(denoiser, x, sigma, cond)
        # Written as a blend of x and D, which ends at exactly D when σ′ is 0.
        x = denoised + (after / sigma) * (x - denoised) if after else denoised
        if callback:
            callback(step, steps, denoised)
    return x


@torch.no_grad()
def sample_heun(
    denoiser: Denoiser, x: Tensor, sigmas: Tensor, cond: Tensor, callback: Callback | None = None
) -> Tensor:
    """Heun's method (EDM, algorithm 1 without churn): second order, two evaluations per step."""
    levels = _checked(sigmas)
    steps = len(levels) - 1
    for step, (sigma, after) in enumerate(pairwise(levels), start=1):
        denoised = _denoised(denoiser, x, sigma, cond)
        if after:
            slope = (x - denoised) / sigma
            guess = x + (after - sigma) * slope
            slope_after = (guess - _denoised(denoiser, guess, after, cond)) / after
            x = x + (after - sigma) * (slope + slope_after) / 2
        else:
            x = denoised
        if callback:
            callback(step, steps, denoised)
    return x


@torch.no_grad()
def sample_dpmpp(
    denoiser: Denoiser, x: Tensor, sigmas: Tensor, cond: Tensor, callback: Callback | None = None
) -> Tensor:
    """DPM-Solver++ of second order, multistep (Lu et al., arXiv 2211.01095, algorithm 2).

    One evaluation per step: with λ = −ln σ and h = λ′ − λ, x ← (σ′/σ)·x − (e⁻ʰ − 1)·D̃, where D̃ continues the
    last two answers linearly in λ. The first and the last step know no such line and are Euler's.
    """
    levels = _checked(sigmas)
    steps = len(levels) - 1
    before: Tensor | None = None
    width_before = 0.0
    for step, (sigma, after) in enumerate(pairwise(levels), start=1):
        denoised = _denoised(denoiser, x, sigma, cond)
        if after:
            width = math.log(sigma / after)
            towards = denoised
            if before is not None:
                towards = denoised + (denoised - before) * (width / (2 * width_before))
            x = (after / sigma) * x - math.expm1(-width) * towards
            before, width_before = denoised, width
        else:
            x = denoised
        if callback:
            callback(step, steps, denoised)
    return x


def _denoised(denoiser: Denoiser, x: Tensor, sigma: float, cond: Tensor) -> Tensor:
    return denoiser(x, x.new_full((x.shape[0],), sigma), cond)


def _checked(sigmas: Tensor) -> list[float]:
    levels: list[float] = sigmas.tolist()
    falling = all(a > b for a, b in pairwise(levels))
    if len(levels) < 2 or levels[-1] != 0 or not falling:
        raise ValueError("sigmas must descend and end at 0")
    return levels
