"""The schedules of text-to-image networks: 1000 noise levels, and networks that answer with noise or velocity.

Everything is said in σ = √((1 − ᾱ)/ᾱ) and x = clean + σ·noise, so that samplers, windows and known pixels are
those of all denoisers; DDIM (arXiv 2010.02502) without added noise is Euler's method there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from lumiere_engine.protocol.errors import SpecError

from .precondition import Denoiser
from .schedules import karras_sigmas

TimedNetwork = Callable[[Tensor, Tensor, Tensor], Tensor]
"""F(x of unit variance: b c t h w, timestep: b, cond: b c+1 t h w) → b c t h w, noise or velocity."""

PREDICTIONS = ("epsilon", "v_prediction")
_BETAS = ("linear", "scaled_linear", "squaredcos_cap_v2")
# ᾱ of the last level where nothing is left of the clip: σ = 4096 instead of infinity, which no float reaches.
_LEAST_ALPHA = 2.0**-24


@dataclass(frozen=True)
class DiscreteSchedule:
    """The noise levels that a network was trained at; the defaults are those of Stable Diffusion.

    Raises:
        SpecError: a value that makes no schedule.
    """

    levels: int = 1000
    """How many there are."""
    beta_start: float = 0.00085
    """The first step's variance."""
    beta_end: float = 0.012
    """The last step's variance."""
    betas: str = "scaled_linear"
    """How they rise: "linear", "scaled_linear" (in the root) or "squaredcos_cap_v2"."""
    prediction: str = "epsilon"
    """What the network answers with: "epsilon" or "v_prediction"."""
    zero_terminal: bool = False
    """Whether the last level is made pure noise (Lin et al., arXiv 2305.08891, algorithm 1)."""

    def __post_init__(self) -> None:
        if self.betas not in _BETAS:
            raise SpecError(f"noise levels that rise as '{self.betas}' are not known")
        if self.prediction not in PREDICTIONS:
            raise SpecError(f"a network that predicts '{self.prediction}' is not known")
        if not 2 <= self.levels <= 100_000 or not 0 < self.beta_start <= self.beta_end < 1:
            raise SpecError("these are no noise levels")
        if self.zero_terminal and self.prediction == "epsilon":
            raise SpecError(
                "from pure noise a network that predicts noise learns nothing",
                remedy="zero terminal SNR needs a network that predicts velocity",
            )

    @cached_property
    def sigmas(self) -> Tensor:
        """σ of each level, `levels` values, float64, rising."""
        steps = torch.arange(self.levels, dtype=torch.float64)
        if self.betas == "squaredcos_cap_v2":  # arXiv 2102.09672, equation 17
            edges = torch.arange(self.levels + 1, dtype=torch.float64) / self.levels
            heights = torch.cos((edges + 0.008) / 1.008 * torch.pi / 2) ** 2
            betas = (1 - heights[1:] / heights[:-1]).clamp(max=0.999)
        else:
            power = 2 if self.betas == "scaled_linear" else 1
            low, high = self.beta_start ** (1 / power), self.beta_end ** (1 / power)
            betas = (low + (high - low) * steps / (self.levels - 1)) ** power
        alphas = torch.cumprod(1 - betas, 0)
        if self.zero_terminal:
            roots = alphas.sqrt()
            alphas = ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2
            alphas[-1] = _LEAST_ALPHA
        return ((1 - alphas) / alphas).sqrt()

    def timestep(self, sigma: Tensor) -> Tensor:
        """The level of each σ, not only whole numbers: log-linear between levels, cut to them; float32."""
        logs = self.sigmas.log()
        wanted = sigma.double().cpu().log()
        above = torch.searchsorted(logs, wanted.contiguous()).clamp(1, self.levels - 1)
        share = (wanted - logs[above - 1]) / (logs[above] - logs[above - 1])
        return (above - 1 + share.clamp(0, 1)).float().to(sigma.device)

    def uniform_sigmas(self, steps: int) -> Tensor:
        """`steps` levels evenly spaced in time, the first of them the very last level, then 0.

        "Trailing" spacing (arXiv 2305.08891, section 3.3): with any other the noisiest level is left out.

        Raises:
            ValueError: fewer than 1 or more steps than levels.
        """
        if not 1 <= steps <= self.levels:
            raise ValueError(f"{self.levels} levels do not make {steps} steps")
        places = (self.levels - torch.arange(steps) * self.levels / steps).round().long() - 1
        return torch.cat([self.sigmas[places], torch.zeros(1, dtype=torch.float64)]).float()

    def karras_sigmas(self, steps: int) -> Tensor:
        """`steps` levels from the last to the first, denser where σ is small, then 0."""
        return karras_sigmas(steps, float(self.sigmas[0]), float(self.sigmas[-1]))

    def with_prediction(self, prediction: str) -> DiscreteSchedule:
        """The same levels of a network that answers otherwise."""
        return replace(self, prediction=prediction)


class DiscreteDenoiser:
    """D(x; σ) of a network that predicts noise, or velocity (Salimans & Ho, arXiv 2202.00512, appendix D).

    With c = 1/√(σ² + 1) and F = F(c·x, t(σ), cond): D = x − σ·F, or D = c²·x − σ·c·F.

    Args:
        network: F.
        schedule: what it was trained at, and what it predicts.
    """

    def __init__(self, network: TimedNetwork, schedule: DiscreteSchedule) -> None:
        self.network = network
        self.schedule = schedule

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """See `Denoiser`; cond: b c+1 t h w, plate and matte in the space of x."""
        s = sigma[:, None, None, None, None]
        scale = (s**2 + 1).rsqrt()
        answer = self.network(x * scale, self.schedule.timestep(sigma), cond)
        if self.schedule.prediction == "epsilon":
            return x - s * answer
        return x * scale**2 - s * scale * answer


class GuidedDenoiser:
    """D = Dᵤ + g·(D_c − Dᵤ): classifier-free guidance (Ho & Salimans, arXiv 2207.12598).

    Args:
        wanted: D_c, with the prompt.
        unwanted: Dᵤ, with the negative prompt or an empty one.
        guidance: g; 1 is the prompt alone, and asks only it.
    """

    def __init__(self, wanted: Denoiser, unwanted: Denoiser, guidance: float) -> None:
        self.wanted = wanted
        self.unwanted = unwanted
        self.guidance = guidance

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """See `Denoiser`."""
        towards = self.wanted(x, sigma, cond)
        if self.guidance == 1:
            return towards
        away = self.unwanted(x, sigma, cond)
        return away + self.guidance * (towards - away)


def edited_from(sigmas: Tensor, strength: float) -> Tensor:
    """The end of a schedule that SDEdit (arXiv 2108.01073) walks: how far a clip is taken back into noise.

    Args:
        sigmas: n + 1 values, descending, the last 0.
        strength: 0 < strength ≤ 1, the share of the steps that are walked.

    Returns:
        The last ⌈strength · n⌉ levels, and 0.

    Raises:
        ValueError: another strength.
    """
    if not 0 < strength <= 1:
        raise ValueError(f"a strength lies above 0 and up to 1, not {strength}")
    steps = len(sigmas) - 1
    return sigmas[steps - max(1, round(strength * steps)) :]
