"""The prior: what the network knows before it sees a shot, learnt from licence-clean clips and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from lumiere_engine.diffusion.precondition import X0Denoiser
from lumiere_engine.frames.prefetch import prefetch
from lumiere_engine.stunet import SHOT, STUNet, STUNetParams

from .corpus import Corpus
from .examples import Examples, finished_example, stacked
from .fill import push_pull
from .params import TrainParams
from .scenes import cut, draw_holes, exposed, flown_over, occluded
from .shot import Rgb
from .state import FitState
from .trainer import KEPT_NOWHERE, Keeping, Trainer


@dataclass(frozen=True)
class PriorParams(TrainParams):
    """The recipe of a prior; stored in its checkpoint's header."""

    steps: int = 2000
    """Optimiser steps."""
    learning_rate: float = 8e-4
    """Of Adam, after the warm-up."""
    warmup: int = 200
    """Steps over which the learning rate rises."""
    hold: float = 0.65
    """Share of the steps after which the learning rate begins to fall."""
    ema: float = 0.999
    """Decay of the weights' moving average."""
    p_mean: float = 1.2
    """Mean of ln σ."""
    p_std: float = 1.5
    """Standard deviation of ln σ: from where a picture is told from its noise to where nothing is left of it."""
    late_from: float = 0.875
    """Share of the steps after which noise levels are the late ones: those where imagining begins."""
    late_p_mean: float = 2.2
    """Mean of ln σ then."""
    late_p_std: float = 0.6
    """Standard deviation of ln σ then."""
    recolour: float = 0.15
    """Share of examples in random colours."""
    windows: tuple[tuple[int, int, int, int], ...] = ((8, 4, 128, 128),)
    """Examples, frames, rows, columns of a batch; steps take turns."""
    pictures: float = 0.4
    """Share of scenes that are a picture under a virtual camera; the others are cut out of clips."""
    occluded: float = 0.25
    """Share of scenes with a piece of another one in front."""
    network: STUNetParams = field(default_factory=lambda: SHOT)
    """Shape of the network."""


@dataclass(frozen=True)
class PriorSource:
    """Draws examples; example (seed, step, index) is the same whatever else was drawn."""

    corpus: Corpus
    params: PriorParams

    def batch(self, step: int) -> Examples:
        """The examples of one training step."""
        size, *window = self.params.windows[step % len(self.params.windows)]
        shape = (window[0], window[1], window[2])
        return stacked([self._example(step, index, shape) for index in range(size)])

    def _at(self, step: int) -> PriorParams:
        """The parameters of this step: its noise levels."""
        p = self.params
        late = step >= p.late_from * p.steps
        return replace(p, p_mean=p.late_p_mean, p_std=p.late_p_std) if late else p

    def _example(self, step: int, index: int, shape: tuple[int, int, int]) -> Examples:
        p = self._at(step)
        rng = np.random.default_rng([p.seed, 0x9107, step, index])
        scene = self._scene(rng, shape)
        if rng.random() < p.occluded:
            scene = occluded(rng, scene, self._scene(rng, shape))
        scene = exposed(rng, scene)
        hole = draw_holes(rng, shape)
        known = np.ones(shape, bool)
        return finished_example(rng, p, scene, known, hole, push_pull(scene, ~hole))

    def _scene(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Rgb:
        clips, pictures = self.corpus.clips, self.corpus.pictures
        if pictures and (not clips or rng.random() < self.params.pictures):
            return flown_over(rng, np.asarray(pictures[rng.integers(len(pictures))].pictures[0, 0]), shape)
        return cut(rng, clips[rng.integers(len(clips))].pictures, shape)


def validation_examples(corpus: Corpus, shape: tuple[int, int, int] = (4, 128, 128)) -> Examples:
    """Two fixed examples of each clip that is kept out of training, at the noise where imagining begins."""
    examples = []
    for number, item in enumerate(corpus.kept_out or corpus.clips[:4]):
        for k in range(2):
            rng = np.random.default_rng([number, k])
            scene, hole = cut(rng, item.pictures, shape), draw_holes(rng, shape)
            params = TrainParams(p_mean=float(np.log(10.0)), p_std=0.0)
            examples.append(
                finished_example(rng, params, scene, np.ones(shape, bool), hole, push_pull(scene, ~hole))
            )
    return stacked(examples)


@dataclass(frozen=True)
class Validation:
    """How the network does on what it has not learnt from."""

    step: int
    gain_db: float
    """PSNR inside the holes of all examples together, less that of the smooth fill, dB."""
    pictures: Tensor
    """b 3 t h w, its answers."""


@torch.no_grad()
def validate(state: FitState, network: STUNet, examples: Examples) -> Validation:
    """Judge the moving average of a training; `network` is any of the same shape and is overwritten."""
    network.load_state_dict(state.average)
    denoiser = X0Denoiser(network.eval())
    answers, plain, ours = [], 0.0, 0.0
    for i in range(len(examples.sigma)):
        one = Examples(**{name: value[i : i + 1] for name, value in vars(examples).items()})
        noisy = one.clean + one.sigma[:, None, None, None, None] * one.noise
        answer = denoiser(noisy, one.sigma, one.cond)
        plain += float(((one.cond[:, :3] - one.clean).square() * one.inside).sum())
        ours += float(((answer - one.clean).square() * one.inside).sum())
        answers.append(torch.where(one.inside > 0, answer, one.clean))
    gain = 10 * np.log10(max(plain, 1e-9) / max(ours, 1e-9))
    return Validation(state.step, float(gain), torch.cat(answers))


def train(
    source: PriorSource, keeping: Keeping = KEPT_NOWHERE, *, device: torch.device | str = "cpu"
) -> FitState:
    """Train until the recipe's last step; an interrupted training goes on from its state file.

    Args:
        source: the examples.
        keeping: what becomes of the state as it goes.
        device: where the network is trained.

    Returns:
        The last state, whose `average` is the prior.
    """
    params = source.params
    network = STUNet(params.network, seed=params.seed).to(device).train()
    trainer = Trainer(network, params, keeping.earlier(device))
    for examples in prefetch(_batches(source, trainer.state.step), depth=3):
        loss = trainer.advance(examples)
        keeping.after(trainer.state, loss, params.steps)
    return trainer.state


def _batches(source: PriorSource, first: int) -> Iterator[Examples]:
    for step in range(first, source.params.steps):
        yield source.batch(step)
