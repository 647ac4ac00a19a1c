"""Denoisers: what a sampler sees of a network is D(x; σ, cond) alone.

The condition of both is `cond`, b 4 t h w: the plate C (3 channels in [-1, 1]) and the matte M (1 channel, 1
= generate), so that the network reads ⟨J, C, M⟩ (Lumiere, arXiv 2401.12945, section 4, T × H × W × 7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

Network = Callable[[Tensor, Tensor], Tensor]
"""F(⟨c_in·x, C, M⟩: b 7 t h w, c_noise: b) → b 3 t h w."""

SIGMA_DATA = 0.5
"""Standard deviation of pictures in [-1, 1] (EDM, table 1)."""


class Denoiser(Protocol):
    """D(x; σ): the expected clean clip, given the noisy one."""

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """x: b 3 t h w = clean + σ·noise, sigma: b > 0, cond: b 4 t h w → denoised b 3 t h w."""
        ...


class X0Denoiser:
    """D(x; σ) = a·C + F(⟨c_in·x, C, M⟩, ln(σ)/4), c_in = σ_data/(σ² + σ_data²).

    The network answers with the picture, or with its difference to the plate. It reads the noisy clip as its
    Wiener estimate over σ_data: unit variance while there is a signal, fading where there is only noise. With
    EDM's constant unit variance three of the seven input channels are pure noise where sampling starts, and a
    short fit spends itself on learning to ignore them.

    There is no path from x to D around the network (c_skip = 0): with it, pixel-unshuffled networks leave
    coloured speckle, since a noise value per pixel does not pass through a narrow first level.

    Args:
        network: F.
        sigma_data: standard deviation of clean data.
        residual: a = 1, the network answers with the difference to the plate (whose hole holds the filled
            start), so that a network that answers 0 hands the start through; else a = 0. A blank plate makes
            the two the same.
    """

    def __init__(self, network: Network, *, sigma_data: float = SIGMA_DATA, residual: bool = True) -> None:
        self.network = network
        self.sigma_data = sigma_data
        self.residual = residual

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """See `Denoiser`."""
        c_in = self.sigma_data / (_spread(sigma) ** 2 + self.sigma_data**2)
        answer = self.network(torch.cat([x * c_in, cond], 1), sigma.log() / 4)
        return cond[:, : x.shape[1]] + answer if self.residual else answer

    def weight(self, sigma: Tensor) -> Tensor:
        """The training loss's weight 1 + 1/(σ² + 0.03) for `sigma` of any shape.

        Bounded where σ is small; where it is large, the noisy clip says nothing and the network must tell
        the hole from its surroundings alone, which is where sampling starts: that must not weigh nothing.
        """
        return 1.0 + 1.0 / (sigma**2 + 0.03)


class EDMDenoiser:
    """D(x; σ) = c_skip·x + c_out·F(⟨c_in·x, C, M⟩, ln(σ)/4) (EDM, arXiv 2206.00364, equation 7 and table 1).

    c_skip = σ_d²/(σ² + σ_d²), c_out = σ·σ_d/√(σ² + σ_d²), c_in = 1/√(σ² + σ_d²).
    """

    def __init__(self, network: Network, *, sigma_data: float = SIGMA_DATA) -> None:
        self.network = network
        self.sigma_data = sigma_data

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """See `Denoiser`."""
        s, d = _spread(sigma), self.sigma_data
        total = s**2 + d**2
        answer = self.network(torch.cat([x * total.rsqrt(), cond], 1), sigma.log() / 4)
        return x * (d**2 / total) + answer * (s * d * total.rsqrt())

    def weight(self, sigma: Tensor) -> Tensor:
        """The training loss's weight λ(σ) = (σ² + σ_d²)/(σ·σ_d)² for `sigma` of any shape."""
        return (sigma**2 + self.sigma_data**2) / (sigma * self.sigma_data) ** 2


class KnownDenoiser:
    """D(x; σ) where a pixel is to be generated, the truth where it is known.

    A deterministic sampler that starts from truth + σ·noise then holds known pixels at truth + σ·noise at
    every step (the replacement of inpainting samplers, at exactly the current noise level) and ends at the
    truth itself.

    Args:
        denoiser: D.
        truth: b 3 t h w, read where `known`.
        known: b 1 t h w bool.
    """

    def __init__(self, denoiser: Denoiser, truth: Tensor, known: Tensor) -> None:
        self.denoiser = denoiser
        self.truth = truth
        self.known = known

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """See `Denoiser`."""
        return torch.where(self.known, self.truth, self.denoiser(x, sigma, cond))


def _spread(sigma: Tensor) -> Tensor:
    """B → b 1 1 1 1."""
    return sigma[:, None, None, None, None]
