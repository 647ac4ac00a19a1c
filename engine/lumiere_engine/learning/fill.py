"""The smooth fill that imagining starts from when nothing better is given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .shot import Mask, Rgb

Fill = Callable[[Rgb, Mask], Rgb]
"""(rgb t h w 3, known t h w) → rgb t h w 3: unchanged where known, finite everywhere."""


def push_pull(rgb: Rgb, known: Mask) -> Rgb:
    """Fill each frame smoothly: averages of what is known, ever coarser, handed back down.

    Push-pull of Gortler et al., The Lumigraph (1996).

    Args:
        rgb: t h w 3 float32; read where known.
        known: t h w bool; a frame without any known pixel becomes 0 (mid grey).

    Returns:
        t h w 3 float32, unchanged where known.
    """
    weight = torch.from_numpy(known.astype(np.float32))[:, None]
    # Unknown colours may be anything, so they are dropped and not multiplied by 0.
    colour = torch.where(weight > 0, torch.from_numpy(np.ascontiguousarray(rgb)).permute(0, 3, 1, 2), 0.0)
    filled = _fill(colour, weight).permute(0, 2, 3, 1).numpy()
    out: Rgb = np.where(known[..., None], rgb, filled)
    return out


def _fill(colour: Tensor, weight: Tensor) -> Tensor:
    """colour: t 3 h w, 0 where weight: t 1 h w is 0 → t 3 h w without gaps."""
    h, w = colour.shape[2:]
    if h == 1 and w == 1:
        return colour
    coarse_sum = F.avg_pool2d(colour * weight, 2, ceil_mode=True, count_include_pad=False)
    coarse_weight = F.avg_pool2d(weight, 2, ceil_mode=True, count_include_pad=False)
    mean = torch.where(coarse_weight > 0, coarse_sum / coarse_weight.clamp(min=1e-6), 0.0)
    lower = _fill(mean, (coarse_weight > 0).float())
    upper = F.interpolate(lower, size=(h, w), mode="bilinear", align_corners=False)
    return torch.where(weight > 0, colour, upper)
