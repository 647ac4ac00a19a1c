"""The network taught to paint: W = α·W_style + (1 − α)·W_base, from the shot to the style and anywhere between.

W_base hands the plate through: it is the prior with its last layer at zero, so that its answer, which is added to the
plate, is nothing. W_style is fine-tuned from it on the key frames, and on their neighbours, to which the paint was
carried along the motion; so the temporal layers learn from the shot's own motion that paint sticks to surfaces.
There is no noise to begin with: ⟨J, C, M⟩ is ⟨0, plate, 1⟩, and one evaluation paints a window of frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lumiere_engine.diffusion.precondition import X0Denoiser
from lumiere_engine.diffusion.windows import spans
from lumiere_engine.stunet import STUNet

from ..examples import Examples, stacked
from ..params import TrainParams
from ..trainer import Trainer

Array = NDArray[np.float32]
Weights = dict[str, Tensor]

SIGMA = float(np.exp(2.0))
"""The noise level that the network is told: the prior's usual one, at which it reads almost nothing but the plate."""
WINDOW, STRIDE = 8, 6
"""Frames that are painted at once, and from one window to the next: they overlap by two, as in the paper."""

_RIM = 8  # mirrored pixels around a picture: at its very edge a network answers otherwise, and that would move along


@dataclass(frozen=True)
class TuneParams(TrainParams):
    """How a style is learned."""

    steps: int = 64
    """Optimiser steps."""
    learning_rate: float = 1e-3
    """Higher than a shot's: the last layer starts at zero."""
    hole_weight: float = 1.0
    """All of the loss stands on painted pixels."""
    batch: int = 3
    """Examples per step."""
    window: tuple[int, int, int] = (4, 64, 64)
    """Frames, rows, columns of an example."""


class Painted(Protocol):
    """A shot and what of it is painted, read piece by piece; frames are counted from 0 in the shot."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        ...

    def plate(self, frame: int) -> Array:
        """H w 3 in [-1, 1]."""
        ...

    def painted(self, frame: int) -> tuple[Array, Array]:
        """The paint that was carried here, h w 3 in [-1, 1], and how sure it is, h w in 0..1."""
        ...


OnStep = Callable[[Sequence[float], Callable[[], Weights]], None]
"""Hears of the losses so far, one per step, and may ask for the weights reached."""


def base_network(start: STUNet) -> STUNet:
    """`start` (changed in place) as one that hands the plate through, exactly."""
    with torch.no_grad():
        for parameter in start.leave.parameters():
            parameter.zero_()
    return start.eval()


def learn_style(
    base: STUNet, shots: Sequence[Painted], params: TuneParams, on_step: OnStep | None = None
) -> Weights:
    """W_style, fine-tuned from `base` (left as it is) on what of the shots is painted.

    Raises:
        LumiereError: the loss or a gradient is not finite.
    """
    network = deepcopy(base).train()
    trainer = Trainer(network, params)
    losses: list[float] = []
    for step in range(params.steps):
        examples = [_example(shots, params, step, index) for index in range(params.batch)]
        losses.append(trainer.advance(stacked(examples)))
        if on_step is not None:
            on_step(losses, lambda: trainer.state.average)
    return trainer.state.average


def interpolated(base: STUNet, style: Weights, strength: float) -> STUNet:
    """The network with W = α·W_style + (1 − α)·W_base (arXiv 2401.12945, section 5), α = `strength`."""
    network = deepcopy(base)
    weights = {name: value + strength * (style[name] - value) for name, value in base.state_dict().items()}
    network.load_state_dict(weights)
    return network.eval()


class Brush:
    """Paints a shot, window by window.

    Every frame depends on the windows that hold it alone, and they stand on a grid that begins at the shot's first
    frame: it does not matter which other frames are painted.

    Args:
        network: with the interpolated weights.
        shot: what is painted.
    """

    def __init__(self, network: nn.Module, shot: Painted) -> None:
        self._denoiser = X0Denoiser(_in_half_precision(network))
        self._shot = shot
        self._spans = spans(0, shot.shape[0], WINDOW, STRIDE)
        self._kept: dict[tuple[int, int], Array] = {}

    def frame(self, number: int) -> Array:
        """One frame, h w 3 in about [-1, 1]; cheapest in order, since the last two windows are kept."""
        touched = [span for span in self._spans if span[0] <= number < span[1]]
        pictures = [self._window(span)[number - span[0]] for span in touched]
        # the nearer to the middle of its window, the more of the shot it was seen with
        weights = [min(number - first, end - 1 - number) + 1.0 for first, end in touched]
        total: Array = sum(w * p for w, p in zip(weights, pictures, strict=True)) / np.float32(sum(weights))
        return total

    def _window(self, span: tuple[int, int]) -> Array:
        if span not in self._kept:
            while len(self._kept) > 1:
                del self._kept[next(iter(self._kept))]
            self._kept[span] = self._paint(span)
        return self._kept[span]

    @torch.no_grad()
    def _paint(self, span: tuple[int, int]) -> Array:
        plate = _planes([self._shot.plate(t) for t in range(*span)])
        height, width = plate.shape[3:]
        rim = min(_RIM, height - 1, width - 1)
        plate = F.pad(plate, (rim, rim, rim, rim, 0, 0), mode="reflect")
        cond = torch.cat([plate, torch.ones_like(plate[:, :1])], 1)
        answer = self._denoiser(torch.zeros_like(plate), torch.tensor([SIGMA]), cond)
        out: Array = np.moveaxis(answer[0, :, :, rim : rim + height, rim : rim + width].numpy(), 0, 3)
        return out


def _example(shots: Sequence[Painted], params: TuneParams, step: int, index: int) -> Examples:
    """A window anywhere in the shots; the paint that it holds is the truth."""
    rng = np.random.default_rng([params.seed, step, index])
    lengths = np.array([shot.shape[0] for shot in shots], np.float64)
    shot = shots[int(rng.choice(len(shots), p=lengths / lengths.sum()))]
    t, h, w = (min(a, b) for a, b in zip(params.window, shot.shape, strict=True))
    t0, y0, x0 = (int(rng.integers(0, n - m + 1)) for n, m in zip(shot.shape, (t, h, w), strict=True))
    part = (slice(y0, y0 + h), slice(x0, x0 + w))
    frames = range(t0, t0 + t)
    painted = [shot.painted(f) for f in frames]
    clean = _planes([paint[part] for paint, _ in painted])
    sure = torch.from_numpy(np.stack([sureness[part] for _, sureness in painted]))[None, None]
    plate = _planes([shot.plate(f)[part] for f in frames])
    if rng.random() < 0.5:  # time has no preferred direction, strokes have one in the picture
        clean, sure, plate = (tensor.flip(2) for tensor in (clean, sure, plate))
    sigma = torch.tensor([SIGMA])
    return Examples(
        clean=clean,
        cond=torch.cat([plate, torch.ones_like(plate[:, :1])], 1),
        inside=sure,
        outside=torch.zeros_like(sure),
        noise=-clean / SIGMA,  # what the network sees of the noisy clip is 0
        sigma=sigma,
    )


def _planes(pictures: list[Array]) -> Tensor:
    """t of h w 3 → 1 3 t h w."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(np.stack(pictures), 3, 0)))[None]


def _in_half_precision(network: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """The network computing in bfloat16, two to three times as fast."""

    def answer(x: Tensor, noise: Tensor) -> Tensor:
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            out: Tensor = network(x, noise)
        return out.float()

    return answer
