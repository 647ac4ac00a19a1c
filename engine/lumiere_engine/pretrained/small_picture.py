"""What a super-resolution network is shown: a small picture on the network's own grid, with a little noise on it.

The noise hides from the network how exactly the picture was shrunk (conditioning augmentation: Ho et al., arXiv
2106.15282, section 4), and it is told how much there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.protocol.errors import SpecError

USUAL_LEVEL = 20
"""Of the noise, where nobody says another: that of diffusers' pipeline."""
MOST_LEVEL = 350
"""Of the noise that such networks learn with, where their folder says no other."""


@dataclass(frozen=True)
class SmallPicture:
    """How a network is shown the small picture.

    Raises:
        SpecError: a value out of its range.
    """

    factor: int
    """How many times as wide and high it makes it."""
    noise: DiscreteSchedule | None = None
    """Levels of the noise on it; None shows it as it is."""
    most: int = 0
    """The highest of these levels that the network has learned with."""

    def __post_init__(self) -> None:
        if type(self.factor) is not int or not 2 <= self.factor <= 8:
            raise SpecError(f"a network that enlarges {self.factor!r} times is not known")
        if type(self.most) is not int or not 0 <= self.most < (self.noise.levels if self.noise else 1):
            raise SpecError(f"the small picture's noise has no level {self.most!r}")

    @property
    def usual(self) -> int:
        """The level that clips are enlarged with."""
        return min(USUAL_LEVEL, self.most)

    def levels(self, places: Tensor) -> Tensor:
        """Levels to learn with: b places in [0, 1) → b whole numbers, 0 to `most`."""
        return (places * (self.most + 1)).long()

    def noised(self, shown: Tensor, noise: Tensor, levels: Tensor) -> Tensor:
        """√ᾱ · x + √(1 − ᾱ) · n.

        Args:
            shown: b 3 t h w in [-1, 1], x.
            noise: of that shape, n.
            levels: b, of ᾱ.
        """
        if self.noise is None:
            return shown
        sigma = self.noise.sigmas[levels.cpu()].to(shown.device, torch.float32)[:, None, None, None, None]
        return (shown + sigma * noise) * (sigma**2 + 1).rsqrt()
