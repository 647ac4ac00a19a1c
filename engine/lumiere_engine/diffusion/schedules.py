"""Noise levels of a sampler."""

from __future__ import annotations

import torch
from torch import Tensor


def karras_sigmas(steps: int, sigma_min: float, sigma_max: float, rho: float = 7.0) -> Tensor:
    """σᵢ = (σ_max^(1/ρ) + i/(n−1)·(σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ, then 0 (EDM, arXiv 2206.00364, equation 5).

    Args:
        steps: n ≥ 1 levels above 0; a single one is σ_max.
        sigma_min: the last of them, > 0.
        sigma_max: the first of them, ≥ sigma_min.
        rho: how densely small levels are taken; 1 is an even spacing.

    Returns:
        n + 1 values, float32, descending, the last 0.

    Raises:
        ValueError: values out of those ranges.
    """
    if steps < 1 or not 0 < sigma_min <= sigma_max or rho <= 0:
        raise ValueError(f"no schedule of {steps} steps from {sigma_max} to {sigma_min} with rho {rho}")
    ramp = torch.linspace(0, 1, steps, dtype=torch.float64)
    high, low = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    sigmas = (high + ramp * (low - high)) ** rho
    sigmas[0] = sigma_max
    return torch.cat([sigmas, sigmas.new_zeros(1)]).float()
