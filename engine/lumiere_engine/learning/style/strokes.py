"""Real patches of a style picture laid over a painted one, so that strokes are strokes and not their statistics."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .patches import PATCH

_STRIDE = 2  # pixels between the patches that are replaced; they overlap, and vote
_MOST = 12000  # patches of the reference that may be taken
_COMPONENTS = 24
_FOCUS = 0.8  # pixels, standard deviation, within which a patch counts: wider, and strokes turn to a blur
_BLOCK = 1 << 24  # similarities held at a time


def with_strokes(picture: Tensor, reference: Tensor, generator: torch.Generator) -> Tensor:
    """Replace every patch by the nearest one of the reference; where they overlap they vote, the nearest most.

    Patches are compared with all others by matrix products, as in Granot et al., Drop the GAN (arXiv 2103.15545),
    in their principal components.

    Args:
        picture: 1 3 h w.
        reference: 1 3 h' w'.
        generator: chooses which patches of a large reference may be taken.

    Returns:
        1 3 h w.
    """
    height, width = picture.shape[2:]
    pad = (PATCH - 1) + -(height + PATCH - 1) % _STRIDE, (PATCH - 1) + -(width + PATCH - 1) % _STRIDE
    half = PATCH // 2
    padded = F.pad(picture, (half, pad[1] - half, half, pad[0] - half), mode="replicate")
    mine = F.unfold(padded, PATCH, stride=_STRIDE)[0].T
    theirs = F.unfold(reference, PATCH)[0].T
    if len(theirs) > _MOST:
        theirs = theirs[torch.randperm(len(theirs), generator=generator)[:_MOST]]
    nearest = theirs[_nearest(mine, theirs)]
    size = tuple(padded.shape[2:])
    weights = _weights().expand_as(nearest)
    votes = F.fold((nearest * weights).T[None], size, PATCH, stride=_STRIDE)
    voted = votes / F.fold(weights.T[None].contiguous(), size, PATCH, stride=_STRIDE)
    return voted[:, :, half : half + height, half : half + width]


def _weights() -> Tensor:
    """What the values of a patch count, 147: a Gaussian around its middle."""
    apart = torch.arange(PATCH, dtype=torch.float32) - PATCH // 2
    line = torch.exp(-apart.square() / (2 * _FOCUS**2))
    return (line[:, None] * line).flatten().repeat(3)


def _nearest(mine: Tensor, theirs: Tensor) -> Tensor:
    """Per patch of `mine` (n d) the number of the nearest of `theirs` (m d)."""
    middle = theirs.mean(0)
    _, basis = np.linalg.eigh(((theirs - middle).T @ (theirs - middle)).numpy())
    axes = torch.from_numpy(np.ascontiguousarray(basis[:, ::-1][:, :_COMPONENTS]))
    a, b = (mine - middle) @ axes, (theirs - middle) @ axes
    lengths = b.square().sum(1)
    block = max(1, _BLOCK // len(b))
    found = [(lengths - 2 * part @ b.T).argmin(1) for part in torch.split(a, block)]
    return torch.cat(found)
