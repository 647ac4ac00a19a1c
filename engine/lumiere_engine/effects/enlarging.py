"""Spatial super-resolution (Lumiere, arXiv 2401.12945, section 3.2).

The network is shown the clip, enlarged, and makes one of that size. It sees few frames at once, in windows that
overlap by two and are averaged at every step (MultiDiffusion), so that its memory does not grow with the clip.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..learning.enlarging import enlarged
from ..protocol.params import GenerateParams
from .ingredients import Ingredients
from .prompting import Given, OnStep, Prompter
from .workspace import Shelf

SHARED = 2  # frames, as in the paper


class Enlarger:
    """Makes clips larger.

    Args:
        ingredients: the job's, with layers that enlarge.
        params: what the artist chose.
        seed: of all randomness.
        base: made the clip.
    """

    def __init__(self, ingredients: Ingredients, params: GenerateParams, seed: int, base: Prompter) -> None:
        self._factor, self._space = ingredients.factor, base.space
        anew = replace(params, strength=1.0, window=None, overlap=SHARED)
        self._prompter = Prompter(ingredients.enlarging, anew, seed, base.space)

    def plan(self, frames: int, size: tuple[int, int], kept: Shelf) -> None:
        """Refuse a clip that, enlarged, does not fit the device's memory; arguments and errors as `Prompter.plan`."""
        width, height = (length * self._factor for length in size)
        self._prompter.plan(frames, (width, height), kept, shorter=False)

    def __call__(self, clip: Tensor, kept: Shelf, on_step: OnStep) -> Tensor:
        """A clip, 1 c t h w in the network's space, enlarged: 1 c t factor·h factor·w; see `Prompter.sample`."""
        _, channels, frames, height, width = clip.shape
        shown = torch.empty(1, channels, frames, height * self._factor, width * self._factor)
        for frame, picture in enumerate(self._space.decode(clip[0])):
            larger = enlarged(picture.float()[:, None], self._factor).clamp(-1, 1)
            shown[0, :, frame] = self._space.encode(larger)[:, 0].cpu()
        given = Given(torch.zeros_like(shown), torch.ones_like(shown[:, :1]), shown)
        texts = self._prompter.texts()
        return self._prompter.sample(self._prompter.network(), texts, given, kept, on_step)
