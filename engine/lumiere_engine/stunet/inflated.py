"""The inflated Space-Time U-Net: a text-to-image network that resamples in time as well as in space.

Lumiere, arXiv 2401.12945, section 3.1 and figure 4. The spatial layers are those of a Stable-Diffusion-family
U-Net under the names that its files use; everything that inflation adds is named `temporal`, `condition` or
`motion_modules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint as recomputed

from .image_params import ImageUNetParams, InflatedParams
from .spatial import Downsample, Embedding, ResBlock, SpatialTransformer, Upsample, sinusoids
from .temporal import (
    Added,
    MotionModule,
    TemporalAttention,
    TemporalConvolution,
    TemporalDown,
    TemporalUp,
    frame_by_frame,
    over_time,
    zero_,
)

_ADDED = ("temporal", "temporal_down", "temporal_up", "condition")


class InflatedSTUNet(nn.Module):
    """F(x, timestep, text): the inflated network.

    With temporal stride 1 a fresh network equals its image network on every frame. With stride 2 it starts
    as the image network whose coarser levels see every second frame and repeat what they answer.

    Args:
        params: its shape.
        seed: draws the initial weights; the same seed gives the same network, whatever ran before.
    """

    def __init__(self, params: InflatedParams, *, seed: int = 0) -> None:
        super().__init__()
        self.params = params
        self.recompute = False
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._build(params)
        self.channels_last()

    def channels_last(self) -> InflatedSTUNet:
        """Lay the weights out as convolutions read them fastest; returns the network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            if isinstance(module, nn.Conv3d):
                module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        return self

    def start_temporal(self, dtype: torch.dtype, seed: int = 0) -> None:
        """Give Lumiere's layers memory and their initial weights; for a network that was built on "meta"."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for name, module in self.named_modules():
                if isinstance(module, Added) or name == "condition":
                    module.to_empty(device="cpu").to(dtype)
                    module.start() if isinstance(module, Added) else zero_(module)

    def _build(self, params: InflatedParams) -> None:
        p = params.image
        self.conv_in = nn.Conv2d(p.in_channels, p.channels[0], 3, padding=1)
        self.time_embedding = Embedding(p.channels[0], p.embedding)
        if p.pooled:
            self.add_embedding = Embedding(p.pooled + 6 * p.size_embedding, p.embedding)
        if p.noise_levels:
            self.class_embedding = nn.Embedding(p.noise_levels, p.embedding)
        skips = [p.channels[0]]
        self.down_blocks = nn.ModuleList()
        for level in range(len(p.channels)):
            self.down_blocks.append(_Down(params, level, skips))
        self.mid_block = _Middle(params)
        self.up_blocks = nn.ModuleList()
        width = p.channels[-1]
        for level in reversed(range(len(p.channels))):
            self.up_blocks.append(_Up(params, level, width, skips))
            width = p.channels[level]
        self.conv_norm_out = nn.GroupNorm(p.groups, width, p.norm_eps)
        self.conv_out = nn.Conv2d(width, p.out_channels, 3, padding=1)
        if params.temporal.conditioned:
            self.condition = nn.Conv2d(params.condition_channels, p.channels[0], 3, padding=1)
            zero_(self.condition)

    def forward(
        self,
        x: Tensor,
        timestep: Tensor,
        context: Tensor,
        *,
        pooled: Tensor | None = None,
        sizes: Tensor | None = None,
        level: Tensor | None = None,
        cond: Tensor | None = None,
    ) -> Tensor:
        """One evaluation.

        Args:
            x: b in_channels t h w, any t, h, w ≥ 1; the noisy clip of unit variance, and, for networks that
                read 9 channels, matte and masked latents, for those that enlarge the small picture.
            timestep: b, 0 to 999, not only whole numbers.
            context: b m d, the text's tokens.
            pooled: b p, the pooled text, where the network has one.
            sizes: b 6, original height and width, crop's top and left, wanted height and width, with it.
            level: b whole numbers, how noisy the small picture is, where the network is told.
            cond: b out_channels+1 t h w, ⟨C, M⟩ where the network reads it; None is nothing given: C = 0, M = 1.

        Returns:
            b out_channels t h w, what the network predicts (noise or velocity).

        Raises:
            ValueError: shapes that do not fit the network.
        """
        p = self.params.image
        self._check(x, timestep, context, pooled, sizes, level, cond)
        b, _, t, *size = x.shape
        embedded = self._embedded(timestep, pooled, sizes, level, x.dtype)
        h = self.conv_in(frame_by_frame(x))
        if self.params.temporal.conditioned:
            given = x.new_zeros(b, p.out_channels + 1, t, *size) if cond is None else cond
            if cond is None:
                given[:, -1] = 1
            h = h + self.condition(frame_by_frame(given))
        skips, frames = [h], [t]
        for down in self.down_blocks:
            assert isinstance(down, _Down)
            for unit in down.units():
                h = self._run(unit, h, embedded, context, frames[-1])
                skips.append(h)
            if down.downsamplers is not None:
                h, count = down.shrink(h, frames[-1])
                frames.append(count)
                skips.append(h)
        h = self._run(self.mid_block, h, embedded, context, frames[-1])
        for up in self.up_blocks:
            assert isinstance(up, _Up)
            for unit in up.units():
                h = self._run(unit, torch.cat([h, skips.pop()], 1), embedded, context, frames[-1])
            if up.upsamplers is not None:
                coarse = frames.pop()
                h = up.grow(h, coarse, frames[-1], (skips[-1].shape[2], skips[-1].shape[3]))
        h = self.conv_out(F.silu(self.conv_norm_out(h)))
        return over_time(h, t)

    def _run(
        self, unit: _Unit | nn.Module, h: Tensor, embedded: Tensor, context: Tensor, frames: int
    ) -> Tensor:
        if self.recompute and torch.is_grad_enabled():
            out: Tensor = recomputed(unit, h, embedded, context, frames, use_reentrant=False)
            return out
        return unit(h, embedded, context, frames)

    def _embedded(
        self,
        timestep: Tensor,
        pooled: Tensor | None,
        sizes: Tensor | None,
        level: Tensor | None,
        dtype: torch.dtype,
    ) -> Tensor:
        p = self.params.image
        embedded: Tensor = self.time_embedding(sinusoids(timestep, p.channels[0]).to(dtype))
        if pooled is not None and sizes is not None:
            added = torch.cat([pooled, sinusoids(sizes, p.size_embedding).flatten(1).to(dtype)], 1)
            embedded = embedded + self.add_embedding(added)
        return embedded if level is None else embedded + self.class_embedding(level)

    def _check(
        self,
        x: Tensor,
        timestep: Tensor,
        context: Tensor,
        pooled: Tensor | None,
        sizes: Tensor | None,
        level: Tensor | None,
        cond: Tensor | None,
    ) -> None:
        p, b = self.params.image, len(x)
        expected = [
            (x.ndim == 5 and x.shape[1] == p.in_channels, f"a clip of b {p.in_channels} t h w"),
            (timestep.shape == (b,), "one time step per clip"),
            (context.ndim == 3 and context.shape[::2] == (b, p.context), f"a text of b m {p.context}"),
            ((pooled is not None) == bool(p.pooled), "a pooled text exactly where the network reads one"),
            (pooled is None or pooled.shape == (b, p.pooled), f"a pooled text of b {p.pooled}"),
            (pooled is None or (sizes is not None and sizes.shape == (b, 6)), "six sizes per clip"),
            (
                (level is not None) == bool(p.noise_levels),
                "a noise level exactly where the network is told one",
            ),
            (level is None or level.shape == (b,), "one noise level per clip"),
            (cond is None or self.params.temporal.conditioned, "a network that reads conditions"),
            (
                cond is None or cond.shape == (b, p.out_channels + 1, *x.shape[2:]),
                "plate and matte of x's size",
            ),
        ]
        for holds, what in expected:
            if not holds:
                raise ValueError(
                    f"expected {what}; the clip is {tuple(x.shape)}, the text {tuple(context.shape)}"
                )

    def temporal_parameters(self) -> dict[str, nn.Parameter]:
        """What inflation added and training may change; the rest is the image network's."""
        return {name: value for name, value in self.named_parameters() if is_temporal(name)}

    @property
    def parameter_count(self) -> int:
        """How many numbers it holds."""
        return sum(parameter.numel() for parameter in self.parameters())


def is_temporal(name: str) -> bool:
    """Whether a tensor of this name belongs to Lumiere's own layers."""
    return any(part in _ADDED for part in name.split("."))


def is_motion(name: str) -> bool:
    """Whether a tensor of this name belongs to AnimateDiff's modules."""
    return "motion_modules" in name.split(".")


_Unit = Callable[[Tensor, Tensor, Tensor, int], Tensor]


class _Level(nn.Module):
    """Residual blocks of one level, each followed by its transformer and by what inflation adds."""

    def __init__(self, params: InflatedParams, level: int, widths: list[int]) -> None:
        super().__init__()
        p, outs = params.image, params.image.channels[level]
        count = len(widths)
        self.resnets = nn.ModuleList([ResBlock(w, outs, p.embedding, p.groups, p.norm_eps) for w in widths])
        depth = p.depths[level]
        self.attentions = nn.ModuleList(
            [_transformer(p, level, depth) for _ in range(count)] if depth else []
        )
        motion = params.motion
        self.motion_modules = nn.ModuleList(
            [MotionModule(outs, motion.heads, motion.depth, p.groups, motion.frames) for _ in range(count)]
            if motion
            else []
        )
        self.temporal = nn.ModuleList(
            [_temporal(params, level) for _ in range(count)] if params.temporal.layers else []
        )

    def units(self) -> Iterator[_Unit]:
        """The level's steps, in order."""
        for index in range(len(self.resnets)):
            yield _Step(self, index)


class _Step:
    """One residual block of a level and all that follows it."""

    def __init__(self, level: _Level, index: int) -> None:
        self.level, self.index = level, index

    def __call__(self, h: Tensor, embedded: Tensor, context: Tensor, frames: int) -> Tensor:
        level, index = self.level, self.index
        h = level.resnets[index](h, embedded)
        if level.attentions:
            h = level.attentions[index](h, context)
        for added in (level.motion_modules, level.temporal):
            if added:
                h = frame_by_frame(added[index](over_time(h, frames)))
        return h


class _Down(_Level):
    def __init__(self, params: InflatedParams, level: int, skips: list[int]) -> None:
        p, outs = params.image, params.image.channels[level]
        super().__init__(params, level, [skips[-1], *[outs] * (p.layers - 1)])
        skips += [outs] * p.layers
        self.downsamplers: nn.ModuleList | None = None
        if level < len(p.channels) - 1:
            self.downsamplers = nn.ModuleList([Downsample(outs)])
            skips.append(outs)
            stride = params.temporal.strides[level]
            self.temporal_down = TemporalDown(outs, stride) if stride > 1 else None

    def shrink(self, h: Tensor, frames: int) -> tuple[Tensor, int]:
        """Down-sample in space, then in time; returns also the new number of frames."""
        assert self.downsamplers is not None
        h = self.downsamplers[0](h)
        if self.temporal_down is None:
            return h, frames
        clip = self.temporal_down(over_time(h, frames))
        return frame_by_frame(clip), clip.shape[2]


class _Up(_Level):
    def __init__(self, params: InflatedParams, level: int, width: int, skips: list[int]) -> None:
        p, outs = params.image, params.image.channels[level]
        widths = []
        for _ in range(p.layers + 1):
            widths.append(width + skips.pop())
            width = outs
        super().__init__(params, level, widths)
        self.upsamplers: nn.ModuleList | None = None
        if level:
            self.upsamplers = nn.ModuleList([Upsample(outs)])
            stride = params.temporal.strides[level - 1]
            self.temporal_up = TemporalUp(outs, stride) if stride > 1 else None

    def grow(self, h: Tensor, frames: int, wanted: int, size: tuple[int, int]) -> Tensor:
        """Up-sample in space, then in time."""
        assert self.upsamplers is not None
        h = self.upsamplers[0](h, size)
        if self.temporal_up is None:
            return h
        return frame_by_frame(self.temporal_up(over_time(h, frames), wanted))


class _Middle(nn.Module):
    """Two residual blocks at the coarsest level, a transformer and what inflation adds between them."""

    def __init__(self, params: InflatedParams) -> None:
        super().__init__()
        p, width, last = params.image, params.image.channels[-1], len(params.image.channels) - 1
        self.resnets = nn.ModuleList(
            [ResBlock(width, width, p.embedding, p.groups, p.norm_eps) for _ in range(2)]
        )
        self.attentions = nn.ModuleList([_transformer(replace(p, text_only=()), last, p.middle_depth)])
        motion = params.motion
        self.motion_modules = nn.ModuleList(
            [MotionModule(width, motion.heads, motion.depth, p.groups, motion.frames)]
            if motion and motion.middle
            else []
        )
        self.temporal = nn.ModuleList([_temporal(params, last)] if params.temporal.layers else [])

    def forward(self, h: Tensor, embedded: Tensor, context: Tensor, frames: int) -> Tensor:
        h = self.resnets[0](h, embedded)
        h = self.attentions[0](h, context)
        for added in (self.motion_modules, self.temporal):
            if added:
                h = frame_by_frame(added[0](over_time(h, frames)))
        out: Tensor = self.resnets[1](h, embedded)
        return out


def _transformer(p: ImageUNetParams, level: int, depth: int) -> SpatialTransformer:
    text_only = level in p.text_only
    return SpatialTransformer(
        p.channels[level], p.heads[level], depth, p.context, p.groups, text_only=text_only
    )


def _temporal(params: InflatedParams, level: int) -> nn.Module:
    """Attention at the coarsest level, a convolution at the others."""
    width = params.image.channels[level]
    if level == len(params.image.channels) - 1:
        return TemporalAttention(width, params.temporal.heads)
    return TemporalConvolution(width)
