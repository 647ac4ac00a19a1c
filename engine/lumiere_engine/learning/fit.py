"""Fit a network to one shot: the shot's own visible pixels are the truth."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn

from lumiere_engine.diffusion.precondition import X0Denoiser

from .examples import Examples, ExampleSource
from .fill import Fill, push_pull
from .held_out import reserved_places
from .masks import Holes
from .params import TrainParams
from .sheets import side_by_side
from .shot import HiddenPlaces, ShotVolume
from .state import FitState
from .trainer import Trainer

Array = np.ndarray
_SHOWN = 4


@dataclass(frozen=True)
class FitParams(TrainParams):
    """Everything that the result of a fit depends on, beside the network's start and the shot."""

    batch: int = 4
    """Examples per step."""
    window: tuple[int, int, int] = (4, 96, 96)
    """Frames, rows, columns of an example; wide rather than long, since a patch must see past its hole."""
    reserve: int = 3
    """Places kept from training, for `held_out_error`; 0 trains on everything."""


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
Enough = Callable[[FitState], bool]
"""Whether to end after these steps."""
OnLook = Callable[[FitState, Callable[[], Array]], None]
"""(state after a step, a function that draws what the network answers now: h w 3 float, 0..1)."""


class Batches(Protocol):
    """What a fit learns from."""

    def batch(self, step: int, size: int) -> Examples:
        """The examples of a step, the same whatever else was drawn."""
        ...


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
    enough: Enough | None = None,
    on_look: OnLook | None = None,
) -> FitResult:
    """Fit `network` (in place) to the shot, on the device where it is; see `fit` for what is not told here.

    Args:
        network: see `fit`.
        volume: the shot.
        params: see there.
        fill: fills the plate's holes in the condition; the imagining should start from the same kind of fill.
        on_step, resume, save, save_every, enough, on_look: see `fit`.

    Raises:
        LumiereError: the loss or a gradient is not finite.
    """
    source = example_source(volume, params, fill)
    return fit(
        network,
        source,
        params,
        on_step=on_step,
        resume=resume,
        save=save,
        save_every=save_every,
        enough=enough,
        on_look=on_look,
    )


def fit(
    network: nn.Module,
    source: Batches,
    params: FitParams,
    *,
    on_step: OnStep | None = None,
    resume: FitState | None = None,
    save: Callable[[FitState], None] | None = None,
    save_every: int = 50,
    enough: Enough | None = None,
    on_look: OnLook | None = None,
) -> FitResult:
    """Fit `network` (in place) to examples, on the device where it is.

    Interrupted and resumed from its state, a fit gives the same weights bit for bit as without the
    interruption, on the same device with the same number of threads.

    Args:
        network: F of `X0Denoiser`: (b 7 t h w, b) → b 3 t h w.
        source: the examples.
        params: see there.
        on_step: hears of every step; what it raises ends the fit.
        resume: state of an earlier fit of the same network, examples and parameters.
        save: given the state (its own copy) every `save_every` steps and at the end.
        save_every: steps between two states.
        enough: asked before every step whether to end here, with what is learned so far. A fit that is taken up again
            asks anew after the steps that it has.
        on_look: hears of every step; it may draw, which changes nothing in the fit.

    Raises:
        LumiereError: the loss or a gradient is not finite.
    """
    trainer = Trainer(network, params, resume)
    network.train()
    while trainer.state.step < params.steps and not (enough and enough(trainer.state)):
        loss = trainer.advance(source.batch(trainer.state.step, params.batch))
        step = trainer.state.step
        if save and (step % save_every == 0 or step == params.steps):
            save(deepcopy(trainer.state))
        if on_step:
            on_step(step, loss)
        if on_look:
            on_look(trainer.state, lambda: answers(network, trainer.state, source))
    if save and 0 < trainer.state.step < params.steps:
        save(deepcopy(trainer.state))
    result = FitResult(network, list(trainer.state.losses), deepcopy(trainer.state))
    network.load_state_dict(trainer.state.average)
    network.eval()
    return result


def example_source(volume: ShotVolume, params: FitParams, fill: Fill = push_pull) -> ExampleSource:
    """The examples of a fit: the shot without the places that are kept for validation."""
    holes = Holes.of(volume)
    hidden = HiddenPlaces(volume, reserved_places(volume, params.reserve, params.seed, holes))
    return ExampleSource(hidden, holes, fill, params.window, params)


def averaged(network: nn.Module, state: FitState) -> nn.Module:
    """A copy of a network that is being fitted, with the averaged weights, in evaluation mode."""
    copy = deepcopy(network)
    copy.load_state_dict(state.average)
    copy.eval()
    return copy


@torch.no_grad()
def answers(network: nn.Module, state: FitState, source: Batches) -> Array:
    """What the averaged weights make of the same few examples each time: truth, what is given, answer below each other.

    Returns:
        h w 3 float, 0..1; the middle frames.
    """
    shown = averaged(network, state)
    examples = source.batch(0, _SHOWN).to(next(shown.parameters()).device)
    # noise of the scale of the picture hides it: what is answered comes from the surroundings
    sigma = torch.ones_like(examples.sigma)
    noisy = examples.cond[:, :3] + examples.noise
    answer = X0Denoiser(shown)(noisy, sigma, examples.cond)
    given = examples.cond[:, :3] * (1 - examples.cond[:, 3:])
    inside = examples.cond[:, 3:]
    return side_by_side((examples.clean, given, examples.cond[:, :3] * (1 - inside) + answer * inside))
