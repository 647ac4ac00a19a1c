"""Spatial super-resolution (Lumiere, arXiv 2401.12945, section 3.2).

A super-resolution network of images is shown the finished clip and makes a larger one. Temporal layers on top of it
see few frames at once, in windows that overlap by two and are averaged at every step (MultiDiffusion), so that its
memory does not grow with the clip. Without such layers each frame is enlarged for itself. All frames begin with one
noise, so that what does not move does not flicker.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..learning.enlarging import resized
from ..pretrained.space import Space
from ..protocol.params import GenerateParams
from .ingredients import Ingredients
from .prompting import Given, OnStep, Prompter
from .workspace import Shelf

SHARED = 2  # frames, as in the paper


class Enlarger:
    """Makes clips larger.

    Args:
        ingredients: of a super-resolution model.
        factor: how many times as wide and high.
        params: what the artist chose.
        seed: of all randomness.
    """

    def __init__(self, ingredients: Ingredients, factor: int, params: GenerateParams, seed: int) -> None:
        self._factor = factor
        anew = replace(params, strength=1.0, window=None, overlap=SHARED, terminal_snr=False)
        self._prompter = Prompter(ingredients, anew, seed)

    @property
    def space(self) -> Space:
        """Where the enlarged clip lies."""
        return self._prompter.space

    def plan(self, frames: int, size: tuple[int, int], kept: Shelf) -> None:
        """Refuse a clip that, enlarged, does not fit the device's memory; arguments and errors as `Prompter.plan`."""
        width, height = (length * self._factor for length in size)
        self._prompter.plan(frames, (width, height), kept, shorter=False)

    def __call__(self, clip: Tensor, space: Space, kept: Shelf, on_step: OnStep) -> Tensor:
        """Enlarge a clip.

        Args:
            clip: 1 c t h w in its space.
            space: in which it lies.
            kept: see `Prompter.sample`.
            on_step: the same.

        Returns:
            1 c′ t h′ w′ in this space; decoded, it is `factor` times as wide and high.
        """
        own = self.space
        frames = clip.shape[2]
        rows, columns = (length * space.factor * self._factor // own.factor for length in clip.shape[3:])
        shown = torch.empty(1, 3, frames, rows, columns)
        for frame, picture in enumerate(space.decode(clip[0])):
            small = picture.float().clamp(-1, 1)[:, None]
            shown[0, :, frame] = resized(small, (rows, columns))[:, 0].cpu()
        space.rest()
        given = Given(
            torch.zeros(1, own.channels, frames, rows, columns),
            torch.ones(1, 1, frames, rows, columns),
            shown,
        )
        texts = self._prompter.texts()
        return self._prompter.sample(self._prompter.network(), texts, given, kept, on_step)
