"""Learn to close a loop's seam, and close it: inpainting over time, time running in a circle.

At the seam of a loop one moment turns into another, and what is between them nobody has seen: the start is a mixture
of the two. What the shot can teach is to get a moment back out of such a mixture: a stretch of it, into whose middle
another moment was mixed, whose truth is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from lumiere_engine.diffusion.noise import frame_noise
from lumiere_engine.diffusion.precondition import Denoiser, KnownDenoiser
from lumiere_engine.diffusion.samplers import sample_euler
from lumiere_engine.diffusion.schedules import karras_sigmas
from lumiere_engine.diffusion.windows import WindowedDenoiser, WindowGrid, fitted
from lumiere_engine.motion.loops.closing import blend, share_of

from .examples import Examples, finished_example, stacked
from .held_out import trusted
from .imagine import ImagineParams
from .params import TrainParams
from .shot import Mask, Rgb

Array = np.ndarray

_HELD_OUT = 0.2  # of the frames, the last ones
_TESTS = 8
_OVERLAP = 24  # pixels of two windows


@dataclass(frozen=True)
class SeamSource:
    """Draws examples; example (seed, step, index) is the same whatever else was drawn."""

    picture: Callable[[int], Rgb]
    """A frame of the shot, laid over the still: number → h w 3 float32 in [-1, 1]."""
    region: Mask
    """h w bool: where the loop lives."""
    frames: tuple[int, int]
    """Those that may be shown: first, end_exclusive; at least `window[0]`."""
    gap: int
    """Frames over which a seam is closed."""
    window: tuple[int, int, int]
    """Frames, rows, columns of an example; rows and columns are cut to the picture."""
    params: TrainParams
    """Noise levels and seed."""

    def batch(self, step: int, size: int) -> Examples:
        """The examples of one training step."""
        return stacked([self._example(step, index) for index in range(size)])

    def parted(self) -> tuple[SeamSource, SeamSource]:
        """One to learn from, one to test with, of other frames; of a shot too short for that both are all of it."""
        first, end = self.frames
        cut = end - max(2 * self.window[0], round(_HELD_OUT * (end - first)))
        if cut - first < 2 * self.window[0]:
            return self, self
        parts = ((first, cut), (cut, end))
        one, other = (
            SeamSource(self.picture, self.region, part, self.gap, self.window, self.params) for part in parts
        )
        return one, other

    def _example(self, step: int, index: int) -> Examples:
        rng = np.random.default_rng([self.params.seed, step, index])
        count, rows, columns = self._place(rng)
        low, high = self.frames
        first, other = (int(rng.integers(low, high - count + 1)) for _ in range(2))
        crop = (rows, columns)
        truth = np.stack([self.picture(first + t)[crop] for t in range(count)])
        plate, hole = truth.copy(), np.zeros(truth.shape[:3], bool)
        begin = (count - self.gap) // 2
        for k in range(self.gap):
            share = share_of(k, self.gap)
            # never more than half: the moment around it is what is looked for
            second = self.picture(other + begin + k)[crop]
            mixed = blend(truth[begin + k], second, min(share, 1 - share), None)
            inside = self.region[crop]
            plate[begin + k][inside], hole[begin + k] = mixed[inside], inside
        return finished_example(rng, self.params, truth, np.ones_like(hole), hole, plate)

    def _place(self, rng: np.random.Generator) -> tuple[int, slice, slice]:
        """Frames of an example, and its rows and columns, somewhere on the region."""
        count, *sides = self.window
        inside = np.argwhere(self.region)
        centre = inside[rng.integers(len(inside))]
        spans = []
        for at, side, length in zip(centre, sides, self.region.shape, strict=True):
            side = min(side, length)
            begin = int(np.clip(at - side // 2, 0, length - side))
            spans.append(slice(begin, begin + side))
        return count, spans[0], spans[1]


@torch.no_grad()
def seam_trust(denoiser: Denoiser, source: SeamSource, sigma: float) -> float:
    """How far the network gets from mixtures to the truth, 0..1: the share of its step that is best to take."""
    along = moved = 0.0
    for index in range(_TESTS):
        examples = source.batch(index, 1)
        level = torch.full_like(examples.sigma, sigma)
        start = examples.cond[:, :3]
        step = (denoiser(start + sigma * examples.noise, level, examples.cond) - start) * examples.inside
        along += float(((examples.clean - start) * step).sum())
        moved += float(step.square().sum())
    return trusted(along, moved)


def close_seam(
    denoiser: Denoiser, circle: Rgb, unknown: Mask, params: ImagineParams, device: torch.device | str = "cpu"
) -> Rgb:
    """What stands in the gap of a circle of frames.

    Args:
        denoiser: D(x; σ, cond), in circular time.
        circle: t h w 3 float32 in [-1, 1], t a multiple of the network's; the mixture where not known.
        unknown: t h w bool.
        params: seed, noise levels, steps and the size of windows; all frames stand in every window.

    Returns:
        t h w 3 float32, `circle` where known.
    """
    t, h, w = unknown.shape
    plate = torch.from_numpy(np.ascontiguousarray(np.moveaxis(circle, 3, 0)))[None].to(device)
    hole = torch.from_numpy(np.ascontiguousarray(unknown))[None, None].to(device)
    cond = torch.cat([plate, hole.float()], 1)
    noise = frame_noise(params.seed, range(t), (3, h, w))[None].to(device)
    (rows, row_step), (columns, column_step) = (
        fitted(length, side, min(_OVERLAP, side - 1))
        for length, side in zip((h, w), params.window[1:], strict=True)
    )
    grid = WindowGrid((t, rows, columns), (t, row_step, column_step))
    windowed = WindowedDenoiser(
        denoiser, grid, wanted=lambda spans: bool(unknown[:, slice(*spans[1]), slice(*spans[2])].any())
    )
    sigmas = karras_sigmas(params.steps, params.sigma_min, params.sigma_start, params.rho).to(device)
    with torch.no_grad():
        end = sample_euler(
            KnownDenoiser(windowed, plate, ~hole), plate + params.sigma_start * noise, sigmas, cond
        )
    return np.moveaxis(end[0].float().cpu().numpy(), 0, 3)
