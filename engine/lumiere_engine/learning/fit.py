"""Fit a network to one shot: the shot's own visible pixels are the truth."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lumiere_engine.diffusion.precondition import X0Denoiser
from lumiere_engine.protocol.errors import LumiereError

from .examples import Examples, ExampleSource
from .fill import Fill, push_pull
from .held_out import reserved_places
from .masks import Holes
from .shot import HiddenPlaces, ShotVolume
from .state import FitState


@dataclass(frozen=True)
class FitParams:
    """Everything that the result of a fit depends on, beside the network's start and the shot."""

    steps: int = 120
    """Optimiser steps."""
    batch: int = 4
    """Examples per step."""
    window: tuple[int, int, int] = (4, 96, 96)
    """Frames, rows, columns of an example; wide rather than long, since a patch must see past its hole."""
    learning_rate: float = 3e-4
    """Of Adam, after the warm-up; falls to a hundredth along a half cosine."""
    warmup: int = 10
    """Steps over which the learning rate rises."""
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
    reserve: int = 3
    """Places kept from training, for `held_out_error`; 0 trains on everything."""
    seed: int = 0
    """Of the examples."""


@dataclass(frozen=True)
class FitResult:
    """A fitted network."""

    network: nn.Module
    """The network that was given, now with the averaged weights, in evaluation mode."""
    losses: list[float]
    """One per step."""
    state: FitState
    """From which more steps could follow."""


OnStep = Callable[[int, float], None]
"""(finished steps, loss); may raise to stop."""


def fit_shot(
    network: nn.Module,
    volume: ShotVolume,
    params: FitParams,
    *,
    fill: Fill = push_pull,
    on_step: OnStep | None = None,
    resume: FitState | None = None,
    save: Callable[[FitState], None] | None = None,
    save_every: int = 50,
) -> FitResult:
    """Fit `network` (in place) to the shot, on the device where it is.

    Interrupted and resumed from its state, a fit gives the same weights bit for bit as without the
    interruption, on the same device with the same number of threads.

    Args:
        network: F of `X0Denoiser`: (b 7 t h w, b) → b 3 t h w.
        volume: the shot.
        params: see there.
        fill: fills the plate's holes in the condition; the imagining should start from the same kind of fill.
        on_step: hears of every step; what it raises ends the fit.
        resume: state of an earlier fit of the same network, shot and parameters.
        save: given the state (its own copy) every `save_every` steps and at the end.
        save_every: steps between two states.

    Raises:
        LumiereError: the loss or a gradient is not finite.
    """
    trainer = _Trainer(network, params, resume)
    source = example_source(volume, params, fill)
    network.train()
    while trainer.state.step < params.steps:
        loss = trainer.advance(source.batch(trainer.state.step, params.batch))
        step = trainer.state.step
        if save and (step % save_every == 0 or step == params.steps):
            save(deepcopy(trainer.state))
        if on_step:
            on_step(step, loss)
    result = FitResult(network, list(trainer.state.losses), deepcopy(trainer.state))
    network.load_state_dict(trainer.state.average)
    network.eval()
    return result


def example_source(volume: ShotVolume, params: FitParams, fill: Fill = push_pull) -> ExampleSource:
    """The examples of a fit: the shot without the places that are kept for validation."""
    holes = Holes.of(volume)
    hidden = HiddenPlaces(volume, reserved_places(volume, params.reserve, params.seed, holes))
    return ExampleSource(
        hidden, holes, fill, params.window, params.p_mean, params.p_std, params.recolour, params.seed
    )


def example_loss(denoiser: X0Denoiser, examples: Examples, hole_weight: float) -> Tensor:
    """Mean over the batch of λ(σ) · (p · mean inside |D − x₀|² + (1 − p) · mean outside |D − x₀|²).

    λ is the denoiser's `weight`, p is `hole_weight`; "inside" is the synthetic hole. Pixels whose truth is
    not known stand in neither.
    """
    spread = examples.sigma[:, None, None, None, None]
    denoised = denoiser(examples.clean + spread * examples.noise, examples.sigma, examples.cond)
    error = (denoised - examples.clean).square()
    inside = _mean_where(error, examples.inside)
    outside = _mean_where(error, examples.outside)
    return (denoiser.weight(examples.sigma) * (hole_weight * inside + (1 - hole_weight) * outside)).mean()


def _mean_where(error: Tensor, mask: Tensor) -> Tensor:
    """error: b c t h w, mask: b 1 t h w → b."""
    counted = mask.sum((1, 2, 3, 4)) * error.shape[1]
    return (error * mask).sum((1, 2, 3, 4)) / counted.clamp(min=1)


class _Trainer:
    """Adam (arXiv 1412.6980) with warm-up, cosine decay and a moving average of the weights.

    Written out, so that its whole state is five plain dictionaries and no pickle.
    """

    def __init__(self, network: nn.Module, params: FitParams, resume: FitState | None) -> None:
        self.network = network
        self.params = params
        self.denoiser = X0Denoiser(network)
        self.state = deepcopy(resume) if resume else FitState.fresh(network)
        network.load_state_dict(self.state.weights)

    def advance(self, examples: Examples) -> float:
        """One step; the state's `weights` are the network's own tensors' values afterwards."""
        for parameter in self.network.parameters():
            parameter.grad = None
        device = next(self.network.parameters()).device
        moved = Examples(**{name: value.to(device) for name, value in vars(examples).items()})
        loss = example_loss(self.denoiser, moved, self.params.hole_weight)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.params.gradient_limit)
        value = float(loss.detach())
        if not (torch.isfinite(norm) and torch.isfinite(loss)):
            raise LumiereError(
                f"fitting the shot failed at step {self.state.step}: loss or gradient is not finite",
                remedy="use another seed or a lower learning rate",
            )
        self._update()
        self.state.step += 1
        self.state.losses.append(value)
        return value

    @torch.no_grad()
    def _update(self) -> None:
        state, step = self.state, self.state.step + 1
        rate = learning_rate(self.params, self.state.step)
        beta1, beta2, decay = 0.9, 0.99, min(self.params.ema, step / (step + 9))
        for name, parameter in self.network.named_parameters():
            gradient = parameter.grad
            if gradient is None:
                continue
            first, second = state.first_moment[name], state.second_moment[name]
            first.lerp_(gradient, 1 - beta1)
            second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            scale = (second / (1 - beta2**step)).sqrt_().add_(1e-8)
            parameter.addcdiv_(first, scale, value=-rate / (1 - beta1**step))
            state.weights[name].copy_(parameter)
            state.average[name].lerp_(parameter, 1 - decay)


def learning_rate(params: FitParams, step: int) -> float:
    """Of the step with this number, counted from 0."""
    warm = min(1.0, (step + 1) / max(1, params.warmup))
    done = torch.tensor(step / max(1, params.steps), dtype=torch.float64)
    cosine = float(0.5 * (1 + torch.cos(torch.pi * done)))
    return params.learning_rate * warm * (0.01 + 0.99 * cosine)
