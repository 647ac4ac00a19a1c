"""Training examples: patches of the shot around its holes, with a synthetic hole whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .fill import Fill
from .masks import Holes, draw_hole
from .params import TrainParams
from .shot import Mask, Place, Rgb, ShotVolume

_TRIES = 8


@dataclass(frozen=True)
class Examples:
    """A batch, every tensor b … t h w float32."""

    clean: Tensor
    """b 3 t h w in [-1, 1]: the truth where it is known, else the fill."""
    cond: Tensor
    """b 4 t h w: the plate with its holes (real and synthetic) filled, and the matte of both."""
    inside: Tensor
    """b 1 t h w, 1 where the truth is known and the synthetic hole covers it."""
    outside: Tensor
    """b 1 t h w, 1 where the truth is known and seen."""
    noise: Tensor
    """b 3 t h w, standard normal."""
    sigma: Tensor
    """b > 0."""

    def to(self, device: torch.device) -> Examples:
        """The same on a device."""
        return Examples(**{name: value.to(device) for name, value in vars(self).items()})


@dataclass(frozen=True)
class ExampleSource:
    """Draws examples; example (seed, step, index) is the same whatever else was drawn."""

    volume: ShotVolume
    """The shot, with places kept for validation hidden."""
    holes: Holes
    """Its real holes (without those places)."""
    fill: Fill
    """What fills the plate of the condition, the same as will start the imagining."""
    window: tuple[int, int, int]
    """Frames, rows, columns of an example; cut to the shot."""
    params: TrainParams
    """Noise levels, colours and seed."""

    def batch(self, step: int, size: int) -> Examples:
        """The examples of one training step."""
        return stacked([self._example(step, index) for index in range(size)])

    def _example(self, step: int, index: int) -> Examples:
        rng = np.random.default_rng([self.params.seed, step, index])
        t, h, w = (min(a, b) for a, b in zip(self.window, self.volume.shape, strict=True))
        for _ in range(_TRIES):
            frame, patch, context = self._places(rng, (t, h, w))
            rgb, known = self.volume.read(frame, frame + t, context.y0, context.y1, context.x0, context.x1)
            centre = (
                rng.uniform(patch.y0, patch.y1) - context.y0,
                rng.uniform(patch.x0, patch.x1) - context.x0,
            )
            hole = draw_hole(rng, self.volume, self.holes, known.shape, centre)
            rows = slice(patch.y0 - context.y0, patch.y1 - context.y0)
            columns = slice(patch.x0 - context.x0, patch.x1 - context.x0)
            if (hole & known)[:, rows, columns].mean() > 0.02:
                break
        plate = self.fill(rgb, known & ~hole)
        crop = (slice(None), rows, columns)
        return finished_example(rng, self.params, rgb[crop], known[crop], hole[crop], plate[crop])

    def _places(self, rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[int, Place, Place]:
        """First frame, patch, and the larger region that its plate is filled from."""
        frames, height, width = self.volume.shape
        t, h, w = size
        if len(self.holes.positions):
            at, y, x = self.holes.positions[rng.integers(len(self.holes.positions))]
            # Near the hole, not on it: what is like the hole's surroundings is what may stand in it.
            y, x = (
                rng.normal(y, 0.5 * h + 0.5 * self.holes.height),
                rng.normal(x, 0.5 * w + 0.5 * self.holes.width),
            )
        else:
            at, y, x = rng.integers(frames), rng.uniform(0, height), rng.uniform(0, width)
        first = int(np.clip(at - rng.integers(t), 0, frames - t))
        y0, x0 = int(np.clip(y - h / 2, 0, height - h)), int(np.clip(x - w / 2, 0, width - w))
        context = Place(max(0, y0 - h), min(height, y0 + 2 * h), max(0, x0 - w), min(width, x0 + 2 * w))
        return first, Place(y0, y0 + h, x0, x0 + w), context


def finished_example(
    rng: np.random.Generator, params: TrainParams, rgb: Rgb, known: Mask, hole: Mask, plate: Rgb
) -> Examples:
    """One example of a scene: turned, recoloured, with its noise.

    Args:
        rng: of this example.
        params: `p_mean`, `p_std` and `recolour` are read.
        rgb: t h w 3 in [-1, 1].
        known: t h w, where `rgb` is real.
        hole: t h w, what is to be imagined.
        plate: t h w 3, `rgb` with the hole and all that is not known filled.
    """
    matte = hole | ~known
    clean = np.where(known[..., None], rgb, plate)
    planes = [
        np.moveaxis(clean, 3, 0),
        np.concatenate([np.moveaxis(plate, 3, 0), matte[None]]).astype(np.float32),
        (known & hole)[None].astype(np.float32),
        (known & ~hole)[None].astype(np.float32),
    ]
    # Time and the horizontal have no preferred direction; the vertical has.
    if rng.random() < 0.5:
        planes = [plane[:, ::-1] for plane in planes]
    if rng.random() < 0.5:
        planes = [plane[..., ::-1] for plane in planes]
    if rng.random() < params.recolour:
        planes = _recoloured(rng, planes)
    # a copy, not `ascontiguousarray`: an axis of one element keeps its negative stride there
    tensors = [torch.from_numpy(plane.copy())[None] for plane in planes]
    noise = torch.from_numpy(rng.standard_normal(tensors[0].shape, dtype=np.float32))
    level = np.exp(params.p_mean + params.p_std * rng.standard_normal())
    sigma = torch.tensor([level], dtype=torch.float32)
    return Examples(tensors[0], tensors[1], tensors[2], tensors[3], noise, sigma)


def _recoloured(rng: np.random.Generator, planes: list[Any]) -> list[Any]:
    """The clean clip and the plate of the condition in other colours, the same in both.

    It keeps a network from learning the shot's pictures by heart instead of how they go on.
    """
    order = rng.permutation(3)
    gain = np.float32(rng.uniform(0.5, 1.2) * (1 if rng.random() < 0.5 else -1))
    clean, cond, *rest = planes
    return [clean[order] * gain, np.concatenate([cond[:3][order] * gain, cond[3:]]), *rest]


def stacked(examples: Sequence[Examples]) -> Examples:
    """Several batches as one."""
    names = ("clean", "cond", "inside", "outside", "noise", "sigma")
    return Examples(**{name: torch.cat([getattr(example, name) for example in examples]) for name in names})
