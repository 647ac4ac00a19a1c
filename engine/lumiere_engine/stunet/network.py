"""The Space-Time U-Net (Lumiere, arXiv 2401.12945, section 3.1, figure 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import (
    AttentionBlock,
    ChannelNorm,
    Down,
    NoiseEmbedding,
    SpaceTimeBlock,
    Up,
    shuffle,
    spatial_conv,
    unshuffle,
)
from .params import SHOT, STUNetParams


class STUNet(nn.Module):
    """F(⟨c_in·x, C, M⟩, c_noise): a U-Net that resamples a clip in space and time together.

    The last layer starts at zero: a fresh network answers 0 everywhere, so that a denoiser that adds its
    answer to the plate starts as handing the plate through.

    Args:
        params: its shape; `SHOT` by default.
        seed: draws the initial weights; the same seed gives the same network, whatever ran before.
    """

    def __init__(self, params: STUNetParams = SHOT, *, seed: int = 0) -> None:
        super().__init__()
        self.params = params
        # The global generator is put back afterwards: constructing a network disturbs nobody's draws.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._build(params)
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def _build(self, p: STUNetParams) -> None:
        square, first, coarsest = p.unshuffle**2, p.channels[0], len(p.channels) - 1

        def block(level: int, ins: int) -> nn.Module:
            outs = p.channels[level]
            if level == coarsest:
                return AttentionBlock(ins, outs, p.embedding, p.attention_heads)
            return SpaceTimeBlock(ins, outs, p.embedding)

        self.embed = NoiseEmbedding(p.embedding)
        self.enter = spatial_conv(p.in_channels * square, first)
        width, skips = first, [first]
        self.encoder, self.downs = nn.ModuleList(), nn.ModuleList()
        for level, channels in enumerate(p.channels):
            if level:
                self.downs.append(Down(width, p.temporal_strides[level - 1]))
            blocks = nn.ModuleList()
            for _ in range(p.blocks):
                blocks.append(block(level, width))
                width = channels
                skips.append(width)
            self.encoder.append(blocks)
        self.decoder, self.ups = nn.ModuleList(), nn.ModuleList()
        for level, channels in reversed(list(enumerate(p.channels))):
            blocks = nn.ModuleList()
            for _ in range(p.blocks):
                blocks.append(block(level, width + skips.pop()))
                width = channels
            self.decoder.append(blocks)
            if level:
                self.ups.append(Up(width, p.temporal_strides[level - 1]))
        self.norm = ChannelNorm(width + skips.pop())
        self.leave = spatial_conv(self.norm.channels, p.out_channels * square)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)

    def forward(self, x: Tensor, noise: Tensor, circular: bool = False) -> Tensor:
        """One evaluation.

        Args:
            x: b in_channels t h w, any t, h, w ≥ 1; the noisy clip scaled to unit variance, then the plate
                in [-1, 1] and the matte in [0, 1].
            noise: b, c_noise(σ) = ln(σ)/4.
            circular: time runs in a circle, the last frame is the first one's neighbour: temporal convolutions and
                attention go around. t is then a multiple of `params.temporal_multiple`, by which the answer follows
                any turn of the circle.

        Returns:
            b out_channels t h w, the same t, h, w.

        Raises:
            ValueError: another number of channels or of noise levels, or a circle of another number of frames.
        """
        p = self.params
        if x.ndim != 5 or x.shape[1] != p.in_channels or noise.shape != x.shape[:1]:
            raise ValueError(
                f"expected b {p.in_channels} t h w and b, got {tuple(x.shape)}, {tuple(noise.shape)}"
            )
        t, h, w = x.shape[2:]
        if circular and t % p.temporal_multiple:
            raise ValueError(f"a circle of {t} frames, and not of a multiple of {p.temporal_multiple}")
        embedded = self.embed(noise).to(x.dtype)
        x = unshuffle(_padded(x, p), p.unshuffle).contiguous(memory_format=torch.channels_last_3d)
        x = self.enter(x)
        skips = [x]
        for level, blocks in enumerate(self.encoder):
            if level:
                x = self.downs[level - 1](x, circular)
            for block in _each(blocks):
                x = block(x, embedded, circular)
                skips.append(x)
        for level, blocks in enumerate(self.decoder):
            if level:
                x = self.ups[level - 1](x, circular)
            for block in _each(blocks):
                x = block(torch.cat([x, skips.pop()], 1), embedded, circular)
        x = self.leave(F.silu(self.norm(torch.cat([x, skips.pop()], 1))))
        return shuffle(x, p.unshuffle)[:, :, :t, :h, :w]

    @property
    def parameter_count(self) -> int:
        """How many numbers are learnt."""
        return sum(parameter.numel() for parameter in self.parameters())


def _each(blocks: nn.Module) -> list[nn.Module]:
    return list(blocks.children())


def _padded(x: Tensor, params: STUNetParams) -> Tensor:
    """x with its last frame, row and column repeated up to the multiples that the strides need."""
    t, h, w = x.shape[2:]
    pad_t = -t % params.temporal_multiple
    pad_h, pad_w = -h % params.spatial_multiple, -w % params.spatial_multiple
    if not (pad_t or pad_h or pad_w):
        return x
    return F.pad(x, (0, pad_w, 0, pad_h, 0, pad_t), mode="replicate")
