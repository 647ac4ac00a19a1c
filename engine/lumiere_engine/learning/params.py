"""What all kinds of learning have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainParams:
    """How the weights are moved."""

    steps: int = 120
    """Optimiser steps."""
    learning_rate: float = 3e-4
    """Of Adam, after the warm-up; falls to a hundredth along a half cosine."""
    warmup: int = 10
    """Steps over which the learning rate rises."""
    hold: float = 0.0
    """Share of the steps after which the learning rate begins to fall."""
    ema: float = 0.98
    """Decay of the weights' moving average, which is what is handed back; shorter during the first steps."""
    p_mean: float = 2.0
    """Mean of ln σ: high, so that the steps teach to tell a hole from its surroundings, not to denoise."""
    p_std: float = 1.0
    """Standard deviation of ln σ."""
    recolour: float = 0.0
    """Share of examples in random colours (permuted, inverted, faded)."""
    hole_weight: float = 0.95
    """Share of the loss inside synthetic holes; the rest stands outside, on pixels that are seen."""
    gradient_limit: float = 1.0
    """Largest norm of the gradient; longer ones are shortened to it."""
    seed: int = 0
    """Of the examples."""
