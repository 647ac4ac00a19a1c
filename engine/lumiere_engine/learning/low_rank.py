"""A LoRA that is learned: every weight W becomes W + B·A, and W itself stays (Hu et al., arXiv 2106.09685).

A look that is taught to an image model alone carries over to clips: the temporal layers stand between the same spatial
ones, and the LoRA's scale leads from the model's own look to the taught one (Lumiere, arXiv 2401.12945, section 4.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.inflated import InflatedSTUNet

from .captioned import CaptionedParams

# Where a look sits: residual blocks and transformers. What leads into the network and out of it stays as it is.
_PARTS = {"resnets", "attentions"}


@dataclass(frozen=True)
class LoraTraining(CaptionedParams):
    """How a LoRA is taught to an image model."""

    steps: int = 1000
    """Optimiser steps."""
    learning_rate: float = 1e-4
    """Of Adam, after the warm-up."""
    batch: int = 4
    """Pictures per step."""
    size: tuple[int, int] = (512, 512)
    """Rows and columns of a picture; pictures are shrunk and cut to it."""
    frames: int = 1
    """Always 1: what moves is not taught."""
    rank: int = 16
    """Rows of A; a layer that is narrower has as many as it is wide."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frames != 1 or set(self.modes) != {"nothing"}:
            raise SpecError("a LoRA is taught by single pictures, with nothing of them given")
        if not 1 <= self.rank <= 1024:
            raise SpecError(f"a rank of {self.rank} is out of range", remedy="choose 1 to 1024")


class LowRank(nn.Module):
    """W ↦ W + B·A; B starts at zero. Of convolutions, A looks at the neighbourhood and B mixes.

    Args:
        weight: o i, or o i h w of a convolution.
        rank: r; A is r i (h w), B is o r (1 1). Where o or the rest is smaller, r is.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        outs, *ins = weight.shape
        rank = min(rank, outs, math.prod(ins))
        self.down = nn.Parameter(weight.new_empty(rank, *ins, dtype=torch.float32))
        self.up = nn.Parameter(weight.new_zeros(outs, rank, *(1,) * (len(ins) - 1), dtype=torch.float32))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight, o i or o i h w, changed; its shape and type are kept."""
        return weight + (self.up.flatten(1) @ self.down.flatten(1)).reshape(weight.shape).to(weight.dtype)


def add_low_rank(network: InflatedSTUNet, rank: int, seed: int) -> dict[str, nn.Parameter]:
    """Let a network answer with W + B·A instead of W; as long as B is zero it answers as before.

    Args:
        network: changed in place.
        rank: of each change, see `LowRank`.
        seed: draws A.

    Returns:
        the halves A and B of every layer, under the names that diffusers gives them in files.
    """
    halves: dict[str, nn.Parameter] = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, layer in list(network.named_modules()):
            if isinstance(layer, (nn.Linear, nn.Conv2d)) and _PARTS & set(name.split(".")):
                change = LowRank(layer.weight, rank)
                parametrize.register_parametrization(layer, "weight", change)
                halves[f"unet.{name}.lora_A.weight"] = change.down
                halves[f"unet.{name}.lora_B.weight"] = change.up
    return halves
