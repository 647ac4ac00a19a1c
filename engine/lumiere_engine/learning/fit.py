"""Fit a network to one shot: the shot's own visible pixels are the truth."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from torch import nn

from .examples import ExampleSource
from .fill import Fill, push_pull
from .held_out import reserved_places
from .masks import Holes
from .params import TrainParams
from .shot import HiddenPlaces, ShotVolume
from .state import FitState
from .trainer import Trainer


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
    trainer = Trainer(network, params, resume)
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
    return ExampleSource(hidden, holes, fill, params.window, params)
