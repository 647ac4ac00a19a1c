"""Noise that belongs to a frame, not to a call."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

_WORD = (1 << 64) - 1


def frame_noise(seed: int, frames: Iterable[int], shape: tuple[int, int, int]) -> Tensor:
    """Standard normal noise of the given frames.

    Each frame has a generator of its own (Philox, a counter keyed by seed and absolute frame number): any
    selection of frames, in any order, gives each of them the same noise.

    Args:
        seed: of the job; 64 bits of it count.
        frames: absolute frame numbers; may be negative.
        shape: c, h, w of one frame.

    Returns:
        c t h w float32 on the CPU.
    """
    pictures = [
        np.random.Generator(
            np.random.Philox(key=np.array([seed & _WORD, frame & _WORD], dtype=np.uint64))
        ).standard_normal(shape, dtype=np.float32)
        for frame in frames
    ]
    if not pictures:
        return torch.empty(shape[0], 0, *shape[1:])
    return torch.from_numpy(np.stack(pictures, axis=1))
