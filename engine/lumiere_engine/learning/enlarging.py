"""Pictures smaller and larger: what a super-resolution network is shown, while it learns and when it is asked."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def shrunk(clip: Tensor, factor: int) -> Tensor:
    """By areas: 3 t h w → 3 t h/factor w/factor; h and w are multiples of it."""
    return F.avg_pool3d(clip, (1, factor, factor))


def resized(clip: Tensor, size: tuple[int, int]) -> Tensor:
    """Brought to the rows and columns of a network's grid, bicubic: 3 t h w in [-1, 1] → 3 t size, in [-1, 1]."""
    if tuple(clip.shape[2:]) == size:
        return clip
    frames = F.interpolate(clip.transpose(0, 1), size, mode="bicubic", align_corners=False)
    return frames.transpose(0, 1).clamp(-1, 1)
