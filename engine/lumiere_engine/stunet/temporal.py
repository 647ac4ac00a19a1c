"""What inflation adds to an image network (Lumiere, arXiv 2401.12945, section 3.1), and AnimateDiff's modules.

Here `x` is `b c t h w`, channels last.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import ChannelNorm, TemporalConv, attend_over_time, identity_
from .spatial import TransformerBlock


def over_time(x: Tensor, frames: int) -> Tensor:
    """(b·t) c h w → b c t h w; no copy where channels come last."""
    return x.view(-1, frames, *x.shape[1:]).transpose(1, 2)


def frame_by_frame(x: Tensor) -> Tensor:
    """The inverse of `over_time`: b c t h w → (b·t) c h w, channels last."""
    return x.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)


class Added(nn.Module):
    """A layer of Lumiere's own."""

    def start(self) -> None:
        """Set the weights to where training begins."""
        raise NotImplementedError


class TemporalConvolution(Added):
    """y = x + V · silu(norm(x)), V 1D over time: the second half of a factorised space-time convolution.

    Section 3.1, "convolution-based inflation". V starts at zero.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(width)
        self.conv = TemporalConv(width)
        self.start()

    def start(self) -> None:
        """As the identity."""
        self.norm.start()
        zero_(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        """B c t h w → the same."""
        return torch.add(x, self.conv(F.silu(self.norm(x))))


class TemporalAttention(Added):
    """y = x + O · softmax(QKᵀ/√d) V over the frames of each place; O starts at zero.

    Section 3.1, "attention-based inflation", at the coarsest level only.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = ChannelNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.start()

    def start(self) -> None:
        """As the identity."""
        self.norm.start()
        self.qkv.reset_parameters()
        zero_(self.out)

    def forward(self, x: Tensor) -> Tensor:
        """B c t h w → the same."""
        return torch.add(x, attend_over_time(self.norm(x), self.qkv, self.out, self.heads))


class TemporalDown(Added):
    """Every `stride`-th frame, by a temporal convolution that starts as the identity."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.conv = TemporalConv(width, stride)
        self.start()

    def start(self) -> None:
        """As taking frames 0, stride, 2·stride …"""
        identity_(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        """B c t h w → b c ⌈t/stride⌉ h w."""
        return cast(Tensor, self.conv(x))


class TemporalUp(Added):
    """Each frame `stride` times, then a temporal convolution that starts as the identity."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = TemporalConv(width)
        self.start()

    def start(self) -> None:
        """As plain repetition."""
        identity_(self.conv)

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """B c ⌈frames/stride⌉ h w → b c frames h w."""
        return cast(Tensor, self.conv(x.repeat_interleave(self.stride, 2)[:, :, :frames]))


def zero_(layer: nn.Module) -> None:
    """Make all weights of the layer 0."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


class MotionModule(nn.Module):
    """AnimateDiff (arXiv 2307.04725, section 4.2): a transformer over the frames of each place.

    Its normalisation counts all frames of the clip together, and its positions are sinusoids: a window is
    never longer than it was trained with.
    """

    def __init__(self, width: int, heads: int, depth: int, groups: int, frames: int) -> None:
        super().__init__()
        self.frames = frames
        self.norm = nn.GroupNorm(groups, width, 1e-6)
        self.proj_in = nn.Linear(width, width)
        self.transformer_blocks = nn.ModuleList(
            [TransformerBlock(width, heads, None, frames) for _ in range(depth)]
        )
        self.proj_out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """B c t h w, t ≤ `frames` → the same.

        Raises:
            ValueError: more frames than it was trained with.
        """
        b, _, t, h, w = x.shape
        if t > self.frames:
            raise ValueError(f"motion modules of {self.frames} frames cannot see {t}")
        places = self.proj_in(self.norm(x).permute(0, 3, 4, 2, 1).flatten(0, 2))
        for block in self.transformer_blocks:
            places = block(places)
        moved = self.proj_out(places).unflatten(0, (b, h, w)).permute(0, 4, 3, 1, 2)
        return torch.add(x, moved)
