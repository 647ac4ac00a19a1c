"""Pictures smaller and larger: what a super-resolution network is shown, while it learns and when it is asked."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def enlarged(clip: Tensor, factor: int) -> Tensor:
    """Bicubic, frame by frame: 3 t h w → 3 t factor·h factor·w."""
    frames = clip.transpose(0, 1)
    larger = F.interpolate(frames, scale_factor=factor, mode="bicubic", align_corners=False)
    return larger.transpose(0, 1)


def blurred(clip: Tensor, factor: int) -> Tensor:
    """What is left of a clip that was shrunk by areas and enlarged again: 3 t h w, h and w multiples of `factor`."""
    return enlarged(F.avg_pool3d(clip, (1, factor, factor)), factor)
