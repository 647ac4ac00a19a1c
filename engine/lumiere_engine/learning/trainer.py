"""One optimiser for everything that is learnt here: Adam with warm-up, decay and a moving average."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from lumiere_engine.diffusion.precondition import X0Denoiser
from lumiere_engine.protocol.errors import LumiereError, SpecError

from .examples import Examples
from .params import TrainParams
from .state import FitState
from .team import ALONE, Team


class Adam:
    """Adam (arXiv 1412.6980), written out, so that its whole state is four plain dictionaries and no pickle.

    Args:
        parameters: what is learnt, by name; changed in place.
        params: see there.
        resume: state of an earlier training of the same parameters with the same `params`.
        team: with whom it learns; each member's loss is the mean over as many examples.
    """

    def __init__(
        self,
        parameters: Mapping[str, nn.Parameter],
        params: TrainParams,
        resume: FitState | None = None,
        team: Team = ALONE,
    ) -> None:
        self._team = team
        self.parameters = dict(parameters)
        self.params = params
        self.state = deepcopy(resume) if resume else FitState.fresh(self.parameters)
        self.load(self.state.weights)

    @torch.no_grad()
    def load(self, values: Mapping[str, Tensor]) -> None:
        """Give the parameters these values, one for each.

        Raises:
            SpecError: they are those of other parameters.
        """
        shapes = {name: parameter.shape for name, parameter in self.parameters.items()}
        if shapes != {name: value.shape for name, value in values.items()}:
            raise SpecError(
                "what was begun there learns other layers, or layers of another shape",
                remedy="go on with the recipe that it was begun with, or choose another folder",
            )
        for name, parameter in self.parameters.items():
            parameter.copy_(values[name])

    def descend(self, loss_of: Callable[[], Tensor]) -> float:
        """One step; the state's `weights` are the parameters' values afterwards.

        Args:
            loss_of: computes the loss, from which gradients flow to the parameters.

        Raises:
            LumiereError: the loss or a gradient is not finite.
        """
        for parameter in self.parameters.values():
            parameter.grad = None
        loss = loss_of()
        loss.backward()  # type: ignore[no-untyped-call]
        loss = loss.detach().clone()
        learned = [p.grad for p in self.parameters.values() if p.grad is not None]
        self._team.average([loss.reshape(1), *learned])
        norm = nn.utils.clip_grad_norm_(self.parameters.values(), self.params.gradient_limit)
        value = float(loss)
        if not (torch.isfinite(norm) and torch.isfinite(loss)):
            raise LumiereError(
                f"learning failed at step {self.state.step}: loss or gradient is not finite",
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
        for name, parameter in self.parameters.items():
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


@dataclass(frozen=True)
class Keeping:
    """What becomes of a training's state as it goes.

    Attributes:
        state_file: where it is kept, and taken up from if it is there; None keeps it nowhere.
        save_every: steps between two states.
        on_step: hears (finished steps, loss) of every step; what it raises ends the training.
        on_save: given the state whenever it is saved; its `average` is the result.
    """

    state_file: Path | None = None
    save_every: int = 200
    on_step: Callable[[int, float], None] | None = None
    on_save: Callable[[FitState], None] | None = None

    def earlier(self, device: torch.device | str) -> FitState | None:
        """The state of an interrupted training."""
        file = self.state_file
        return FitState.load(file, device) if file and file.exists() else None

    def after(self, state: FitState, loss: float, steps: int) -> None:
        """One step of `steps` is done."""
        if state.step % self.save_every == 0 or state.step == steps:
            if self.state_file:
                state.save(self.state_file)
            if self.on_save:
                self.on_save(state)
        if self.on_step:
            self.on_step(state.step, loss)


KEPT_NOWHERE = Keeping()


class Trainer:
    """Learns to tell what is inside of synthetic holes.

    Args:
        network: F of `X0Denoiser`: (b 7 t h w, b) → b 3 t h w; changed in place.
        params: see there.
        resume: state of an earlier training of the same network with the same parameters.
    """

    def __init__(self, network: nn.Module, params: TrainParams, resume: FitState | None = None) -> None:
        self.params = params
        self.denoiser = X0Denoiser(network)
        self._adam = Adam(dict(network.named_parameters()), params, resume)
        self._device = next(network.parameters()).device

    @property
    def state(self) -> FitState:
        """Between two steps."""
        return self._adam.state

    def advance(self, examples: Examples) -> float:
        """One step on these examples; returns the loss.

        Raises:
            LumiereError: the loss or a gradient is not finite.
        """
        here = examples.to(self._device)
        return self._adam.descend(lambda: example_loss(self.denoiser, here, self.params.hole_weight))


def learning_rate(params: TrainParams, step: int) -> float:
    """Of the step with this number, counted from 0."""
    warm = min(1.0, (step + 1) / max(1, params.warmup))
    held = params.hold * params.steps
    done = torch.tensor(max(0.0, step - held) / max(1.0, params.steps - held), dtype=torch.float64)
    cosine = float(0.5 * (1 + torch.cos(torch.pi * done)))
    return params.learning_rate * warm * (0.01 + 0.99 * cosine)


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
