"""The spatial blocks of the Stable Diffusion family's U-Net (Rombach et al., arXiv 2112.10752; XL: 2307.01952).

They work on all frames at once: `x` is `(b·t) c h w`, channels last, so that its memory is also that of
`b t h w c`, and temporal layers read it without a copy. Layers are named as the files of diffusers name
them; weights load without translation.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_TRANSFORMER_EPS = 1e-6
_TOKENS_AT_ONCE, _MOST_PARTS = 16384, 64


def sinusoids(values: Tensor, width: int) -> Tensor:
    """[cos(v·fₖ), sin(v·fₖ)], fₖ = 10000^(−2k/width) (arXiv 1706.03762, section 3.5).

    Args:
        values: any shape.
        width: even.

    Returns:
        The shape of `values`, then `width`; float32.
    """
    half = width // 2
    steps = torch.arange(half, dtype=torch.float32, device=values.device) / half
    angles = values.float()[..., None] * torch.exp(-math.log(10000.0) * steps)
    return torch.cat([angles.cos(), angles.sin()], -1)


class Embedding(nn.Module):
    """e = W₂ · silu(W₁ · x)."""

    def __init__(self, ins: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(ins, width)
        self.linear_2 = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x: b ins → b width."""
        out: Tensor = self.linear_2(F.silu(self.linear_1(x)))
        return out


class ResBlock(nn.Module):
    """y = skip(x) + W₂ · silu(norm(W₁ · silu(norm(x)) + E · silu(e)))."""

    def __init__(self, ins: int, outs: int, embedding: int, groups: int, eps: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, ins, eps)
        self.conv1 = nn.Conv2d(ins, outs, 3, padding=1)
        self.time_emb_proj = nn.Linear(embedding, outs)
        self.norm2 = nn.GroupNorm(groups, outs, eps)
        self.conv2 = nn.Conv2d(outs, outs, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(ins, outs, 1) if ins != outs else None

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        """x: (b·t) ins h w, embedded: b e, one for all frames of a clip → (b·t) outs h w."""
        h = self.conv1(F.silu(self.norm1(x)))
        shift = self.time_emb_proj(F.silu(embedded)).repeat_interleave(len(x) // len(embedded), 0)
        h = self.conv2(F.silu(self.norm2(h + shift[:, :, None, None])))
        out: Tensor = h + (x if self.conv_shortcut is None else self.conv_shortcut(x))
        return out


class Attention(nn.Module):
    """O · softmax(QKᵀ/√d) V; of x itself, or of a text."""

    def __init__(self, width: int, heads: int, context: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context or width, width, bias=False)
        self.to_v = nn.Linear(context or width, width, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """x: n l c; context: b m d with n a multiple of b, whose frames share it → n l c."""
        n, length, width = x.shape
        source = x if context is None else context
        # The frames of a clip ask the same text: as one long row of queries, whose keys are made only once.
        q = self._split(self.to_q(x).reshape(len(source), -1, width))
        mixed = F.scaled_dot_product_attention(
            q, self._split(self.to_k(source)), self._split(self.to_v(source))
        )
        out: Tensor = self.to_out[0](mixed.transpose(1, 2).reshape(n, length, width))
        return out

    def _split(self, x: Tensor) -> Tensor:
        """B l (heads·d) → b heads l d."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class _Gate(nn.Module):
    """a · gelu(g), ⟨a, g⟩ = W·x (GEGLU, arXiv 2002.05202)."""

    def __init__(self, ins: int, outs: int) -> None:
        super().__init__()
        self.proj = nn.Linear(ins, 2 * outs)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, -1)
        return torch.mul(value, F.gelu(gate))


class FeedForward(nn.Module):
    """W₂ · GEGLU(W₁ · x), four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # The empty place in the middle is where files count a dropout.
        self.net = nn.ModuleList([_Gate(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, x: Tensor) -> Tensor:
        """x: n l c → n l c."""
        # in parts: at the finest level what stands in the middle would be the most that a network ever holds
        parts = torch.split(x, max(_TOKENS_AT_ONCE // x.shape[1], -(-len(x) // _MOST_PARTS)))
        answers = [self.net[2](self.net[0](part)) for part in parts]
        return answers[0] if len(answers) == 1 else torch.cat(answers)


class TransformerBlock(nn.Module):
    """Self-attention, attention to the text (or to itself once more), feed-forward; each after a layer norm.

    Args:
        width: c.
        heads: of both attentions.
        context: width of the text's tokens; None asks x itself twice.
        positions: of sinusoidal positions that are added before each attention; 0 adds none.
        text_only: the first attention is to the text too.
    """

    def __init__(
        self, width: int, heads: int, context: int | None, positions: int = 0, *, text_only: bool = False
    ) -> None:
        super().__init__()
        self.text_only = text_only
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = Attention(width, heads, context if text_only else None)
        self.norm2 = nn.LayerNorm(width)
        self.attn2 = Attention(width, heads, context)
        self.norm3 = nn.LayerNorm(width)
        self.ff = FeedForward(width)
        self.positions = positions

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """x: n l c, context: b m d or None → n l c."""
        place = interleaved_sinusoids(x.shape[1], x.shape[2], x) if self.positions else 0.0
        x = x + self.attn1(self.norm1(x) + place, context if self.text_only else None)
        x = x + self.attn2(self.norm2(x) + place, context)
        return torch.add(x, self.ff(self.norm3(x)))


def interleaved_sinusoids(length: int, width: int, like: Tensor) -> Tensor:
    """1 l c: sin in even channels, cos in odd ones (arXiv 1706.03762, section 3.5)."""
    rates = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2, device=like.device) / width)
    angles = torch.arange(length, device=like.device)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).reshape(1, length, width).to(like.dtype)


class SpatialTransformer(nn.Module):
    """y = x + P′ · blocks(P · norm(x)), every place of a frame a token."""

    def __init__(
        self, width: int, heads: int, depth: int, context: int, groups: int, *, text_only: bool = False
    ) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, _TRANSFORMER_EPS)
        self.proj_in = nn.Linear(width, width)
        self.transformer_blocks = nn.ModuleList(
            [TransformerBlock(width, heads, context, text_only=text_only) for _ in range(depth)]
        )
        self.proj_out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x: (b·t) c h w, context: b m d → (b·t) c h w."""
        h, w = x.shape[2:]
        tokens = self.proj_in(self.norm(x).permute(0, 2, 3, 1).flatten(1, 2))
        for block in self.transformer_blocks:
            tokens = block(tokens, context)
        frames = self.proj_out(tokens).unflatten(1, (h, w)).permute(0, 3, 1, 2)
        return torch.add(x, frames)


class Downsample(nn.Module):
    """Half the height and width by a convolution of stride 2."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """n c h w → n c ⌈h/2⌉ ⌈w/2⌉."""
        return cast(Tensor, self.conv(x))


class Upsample(nn.Module):
    """Repeat rows and columns up to the wanted size, then a convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """x: n c h w, size: rows and columns, 2h or 2h − 1, 2w or 2w − 1 → n c size."""
        return cast(Tensor, self.conv(F.interpolate(x, size, mode="nearest")))
