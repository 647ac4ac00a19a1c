"""The blocks of the Space-Time U-Net (Lumiere, arXiv 2401.12945, section 3.1).

Every tensor is `b c t h w`. Normalisation is over the channels of one place and one frame (no statistics
over space or time), so what the network answers at a place does not change with the size of the window
around it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ChannelNorm(nn.Module):
    """y[:, c] = g[c] · (x[:, c] − mean over c) / std over c + β[c], at each place and frame.

    Layer normalisation (arXiv 1607.06450) over the channel axis.
    """

    def __init__(self, channels: int, affine: bool = True) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def start(self) -> None:
        """Set g = 1 and β = 0."""
        if self.weight is not None and self.bias is not None:
            nn.init.ones_(self.weight)
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """x: b c t h w → b c t h w."""
        last = x.permute(0, 2, 3, 4, 1)
        return F.layer_norm(last, (self.channels,), self.weight, self.bias).permute(0, 4, 1, 2, 3)


class NoiseEmbedding(nn.Module):
    """e = MLP([cos(2π fₖ n), sin(2π fₖ n)]), fₖ geometric in [1/16, 16].

    The Fourier features of EDM, arXiv 2206.00364, appendix C.
    """

    def __init__(self, width: int, frequencies: int = 32) -> None:
        super().__init__()
        steps = torch.linspace(-4.0, 4.0, frequencies)
        # Not stored: it follows from the code, and a checkpoint holds learnt tensors only.
        self.register_buffer("frequencies", 2 * math.pi * 2.0**steps, persistent=False)
        self.frequencies: Tensor
        self.mlp = nn.Sequential(
            nn.Linear(2 * frequencies, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )

    def forward(self, noise: Tensor) -> Tensor:
        """noise: b, the transformed noise level c_noise(σ), about −1.5 to 1.5 → b width."""
        angles = noise.float()[:, None] * self.frequencies
        out: Tensor = self.mlp(torch.cat([angles.cos(), angles.sin()], 1))
        return out


class Modulation(nn.Module):
    """FiLM (arXiv 1709.07871): y = x · (1 + γ(e)) + β(e); starts as y = x."""

    def __init__(self, embedding: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(embedding, 2 * channels)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        """x: b c t h w, embedded: b e → b c t h w."""
        gain, shift = self.linear(embedded)[:, :, None, None, None].chunk(2, 1)
        return torch.addcmul(x + shift, x, gain)


def spatial_conv(ins: int, outs: int, kernel: int = 3) -> nn.Conv3d:
    """A 2D convolution of every frame."""
    return nn.Conv3d(ins, outs, (1, kernel, kernel), padding=(0, kernel // 2, kernel // 2))


class TemporalConv(nn.Conv3d):
    """A 1D convolution over time of every place; as Conv3d (3, 1, 1), far faster than Conv1d on a CPU.

    Beyond its ends time is empty, or runs in a circle: that belongs to the call and not to the weights.
    """

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__(channels, channels, (3, 1, 1), stride=(stride, 1, 1), padding=(1, 0, 0))

    def forward(self, x: Tensor, circular: bool = False) -> Tensor:
        """x: b c t h w → b c ⌈t/stride⌉ h w; `circular`: the last frame is the first one's neighbour."""
        if not circular:
            return super().forward(x)
        around = torch.cat([x[:, :, -1:], x, x[:, :, :1]], 2)
        return F.conv3d(around, self.weight, self.bias, self.stride)


class SpatialBlock(nn.Module):
    """y = skip(x) + W₂ · silu(FiLM(norm(W₁ · silu(norm(x))), e)), W in 2D; starts as y = skip(x)."""

    def __init__(self, ins: int, outs: int, embedding: int) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(ins)
        self.conv1 = spatial_conv(ins, outs)
        self.norm2 = ChannelNorm(outs, affine=False)
        self.modulation = Modulation(embedding, outs)
        self.conv2 = spatial_conv(outs, outs)
        self.skip = spatial_conv(ins, outs, 1) if ins != outs else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(_bias(self.conv2))

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        """x: b ins t h w, embedded: b e → b outs t h w."""
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.modulation(self.norm2(h), embedded)
        out: Tensor = self.skip(x) + self.conv2(F.silu(h))
        return out


class SpaceTimeBlock(nn.Module):
    """Factorised space-time convolution: z = spatial block(x); y = z + V · silu(norm(z)), V 1D over time.

    Section 3.1, "convolution-based inflation": at every level but the coarsest. V starts at zero, so that
    the block starts as its spatial half, frame by frame.
    """

    def __init__(self, ins: int, outs: int, embedding: int) -> None:
        super().__init__()
        self.spatial = SpatialBlock(ins, outs, embedding)
        self.norm = ChannelNorm(outs)
        self.temporal = TemporalConv(outs)
        nn.init.zeros_(self.temporal.weight)
        nn.init.zeros_(_bias(self.temporal))

    def forward(self, x: Tensor, embedded: Tensor, circular: bool = False) -> Tensor:
        """x: b ins t h w, embedded: b e → b outs t h w; `circular` as in `STUNet.forward`."""
        z = self.spatial(x, embedded)
        out: Tensor = z + self.temporal(F.silu(self.norm(z)), circular)
        return out


class AttentionBlock(nn.Module):
    """Temporal attention: z = spatial block(x); y = z + O · softmax(QKᵀ/√d) V over t at each place.

    Section 3.1, "attention-based inflation": at the coarsest level only. Queries and keys are turned by
    their frame (RoPE, arXiv 2104.09864): only distances in time count, and any duration works. O starts at
    zero.
    """

    def __init__(self, ins: int, outs: int, embedding: int, heads: int) -> None:
        super().__init__()
        self.spatial = SpatialBlock(ins, outs, embedding)
        self.heads = heads
        self.norm = ChannelNorm(outs)
        self.qkv = nn.Linear(outs, 3 * outs)
        self.out = nn.Linear(outs, outs)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, embedded: Tensor, circular: bool = False) -> Tensor:
        """x: b ins t h w, embedded: b e → b outs t h w; `circular` as in `STUNet.forward`."""
        z: Tensor = self.spatial(x, embedded)
        return torch.add(z, attend_over_time(self.norm(z), self.qkv, self.out, self.heads, circular))


def attend_over_time(x: Tensor, qkv: nn.Linear, out: nn.Linear, heads: int, circular: bool = False) -> Tensor:
    """O · softmax(QKᵀ/√d) V over the frames of each place; queries and keys turned by their frame (RoPE).

    Args:
        x: b c t h w.
        qkv: c → 3c.
        out: O, c → c.
        heads: c is a multiple of twice as many.
        circular: frames lie on a circle, so that their distance is counted around it.

    Returns:
        b c t h w.
    """
    b, c, t, h, w = x.shape
    places = x.permute(0, 3, 4, 2, 1).reshape(b * h * w, t, c)
    q, k, v = qkv(places).reshape(b * h * w, t, 3, heads, c // heads).permute(2, 0, 3, 1, 4)
    rates = _rates(t, c // heads, circular).to(x.device)
    mixed = F.scaled_dot_product_attention(_turned(q, rates), _turned(k, rates), v)
    mixed = out(mixed.transpose(1, 2).reshape(b * h * w, t, c))
    return mixed.reshape(b, h, w, t, c).permute(0, 4, 3, 1, 2)


def _rates(t: int, d: int, circular: bool) -> Tensor:
    """Angles per frame of RoPE, d/2: 100^(−2k/d), since windows are short; on a circle the nearest harmonics.

    A harmonic turns a whole number of times in t frames: then the angle between two frames is the same either way
    around, and it does not count where the circle was cut.
    """
    rates = 100.0 ** (-torch.arange(d // 2, dtype=torch.float32) / (d // 2))
    if not circular:
        return rates
    harmonic = 2 * math.pi / t
    return (rates / harmonic).round() * harmonic


def _turned(x: Tensor, rates: Tensor) -> Tensor:
    """RoPE: x of n heads t d, each pair (x₁, x₂) turned by t · rate."""
    angles = torch.arange(x.shape[-2], device=x.device, dtype=torch.float32)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


class Down(nn.Module):
    """Halve height and width (mean of 2 × 2), then take every `stride`-th frame by a temporal convolution.

    Section 3.1: "temporal down-sampling … following each spatial resizing"; its kernel starts as the
    identity, so that it starts as taking frames 0, stride, 2·stride … (appendix on initialisation: better
    than He).
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.temporal = TemporalConv(channels, stride)
        identity_(self.temporal)

    def forward(self, x: Tensor, circular: bool = False) -> Tensor:
        """x: b c t h w, h and w even, t a multiple of the stride → b c t/stride h/2 w/2."""
        out: Tensor = self.temporal(F.avg_pool3d(x, (1, 2, 2)), circular)
        return out


class Up(nn.Module):
    """Double height and width (repeat), then repeat each frame `stride` times through a temporal convolution.

    The mirror of `Down`; its kernel starts as the identity, so that it starts as plain repetition.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.temporal = TemporalConv(channels)
        identity_(self.temporal)

    def forward(self, x: Tensor, circular: bool = False) -> Tensor:
        """x: b c t h w → b c t·stride 2h 2w."""
        repeated = F.interpolate(x, scale_factor=(self.stride, 2, 2), mode="nearest")
        out: Tensor = self.temporal(repeated, circular)
        return out


def identity_(conv: nn.Conv3d) -> None:
    """Make the convolution pass each channel's middle tap on unchanged."""
    nn.init.dirac_(conv.weight)
    nn.init.zeros_(_bias(conv))


def _bias(layer: nn.Conv3d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def unshuffle(x: Tensor, factor: int) -> Tensor:
    """b c t (h·f) (w·f) → b (c·f·f) t h w: the pixels of each f × f square become channels."""
    b, c, t, height, width = x.shape
    h, w = height // factor, width // factor
    squares = x.reshape(b, c, t, h, factor, w, factor).permute(0, 1, 4, 6, 2, 3, 5)
    return squares.reshape(b, c * factor * factor, t, h, w)


def shuffle(x: Tensor, factor: int) -> Tensor:
    """b (c·f·f) t h w → b c t (h·f) (w·f): the inverse of `unshuffle`."""
    b, stacked, t, h, w = x.shape
    c = stacked // (factor * factor)
    squares = x.reshape(b, c, factor, factor, t, h, w).permute(0, 1, 4, 5, 2, 6, 3)
    return squares.reshape(b, c, t, h * factor, w * factor)
