"""Overlapping space-time windows, averaged at every step (MultiDiffusion, Bar-Tal et al., arXiv 2302.08113).

Lumiere (arXiv 2401.12945, section 3.2) generates a clip that is too large for the network over overlapping
windows Jᵢ and reconciles their answers Φ(Jᵢ) at every denoising step by argmin_J′ Σᵢ ‖J′ᵢ − Φ(Jᵢ)‖². With
weights wᵢ the minimum at each pixel is the weighted mean Σ wᵢ·Φ(Jᵢ) / Σ wᵢ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from .precondition import Denoiser

Span = tuple[int, int]
"""First, end_exclusive; in the absolute coordinates of the shot."""


@dataclass(frozen=True)
class WindowGrid:
    """Where windows stand: at every multiple of `stride` in the shot's own (frame, row, column).

    Since the grid hangs on the shot and not on the region asked for, two regions that overlap share their
    windows.

    Raises:
        ValueError: a stride longer than its window (places would be left out), or either below 1.
    """

    size: tuple[int, int, int]
    """Frames, rows, columns of a window."""
    stride: tuple[int, int, int]
    """Frames, rows, columns from one window to the next."""

    def __post_init__(self) -> None:
        for size, stride in zip(self.size, self.stride, strict=True):
            if not 1 <= stride <= size:
                raise ValueError(f"windows of {size} every {stride} do not cover everything")

    def windows(self, region: tuple[Span, Span, Span]) -> list[tuple[Span, Span, Span]]:
        """The windows that cover the region, cut to it, in a fixed order."""
        axes = [
            spans(first, end, size, stride)
            for (first, end), size, stride in zip(region, self.size, self.stride, strict=True)
        ]
        return [(t, y, x) for t, y, x in product(*axes)]


def spans(first: int, end: int, size: int, stride: int) -> list[Span]:
    """The windows [k·stride, k·stride + size) that meet [first, end), cut to it.

    Those that then lie inside another are left out. A region no longer than a window is one window.
    """
    if end - first <= size:
        return [(first, end)] if end > first else []
    cut = [
        (max(first, k * stride), min(end, k * stride + size))
        for k in range((first - size) // stride + 1, -(-end // stride))
    ]
    distinct = list(dict.fromkeys(span for span in cut if span[1] > span[0]))
    return [
        span
        for span in distinct
        if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in distinct)
    ]


def fitted(length: int, size: int, overlap: int) -> tuple[int, int]:
    """Size and stride of windows that divide a bounded axis evenly, so that none is a narrow rest.

    Args:
        length: of the axis, from 0.
        size: wanted size; up to one and a half times as long, the axis is a single window.
        overlap: of two windows, less than `size`.
    """
    if length <= 1.5 * size:
        return length, length
    count = -(-(length - overlap) // (size - overlap))
    even = -(-(length + (count - 1) * overlap) // count)
    return even, even - overlap


def window_weight(spans_: tuple[Span, Span, Span], grid: WindowGrid) -> Tensor:
    """The weight of a window, t h w float32: highest in its middle, smooth, positive everywhere.

    Per axis sin²(π(i + ½)/n), at least 0.01; the product over the axes.
    """
    axes = []
    for (first, end), size in zip(spans_, grid.size, strict=True):
        n = min(size, end - first)
        axes.append([max(0.01, math.sin(math.pi * (i + 0.5) / n) ** 2) for i in range(end - first)])
    t, y, x = (torch.tensor(axis, dtype=torch.float32) for axis in axes)
    return t[:, None, None] * y[None, :, None] * x[None, None, :]


class WindowedDenoiser:
    """A denoiser that asks another one window by window and returns the weighted mean; itself a `Denoiser`.

    Args:
        denoiser: answers for one window.
        grid: where the windows stand.
        origin: absolute frame, row, column of the first sample of x.
        batch: windows asked for at once (per window the answer is the same up to the last bits of float32).
        wanted: called with each window's spans; where it says no, the plate of `cond` stands in for the
            answer. For windows in which nothing is to be generated.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        grid: WindowGrid,
        *,
        origin: tuple[int, int, int] = (0, 0, 0),
        batch: int = 1,
        wanted: Callable[[tuple[Span, Span, Span]], bool] | None = None,
    ) -> None:
        self.denoiser = denoiser
        self.grid = grid
        self.origin = origin
        self.batch = max(1, batch)
        self.wanted = wanted

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        """See `Denoiser`."""
        region = _region(self.origin, x.shape)
        total = torch.zeros_like(x)
        weights = x.new_zeros(x.shape[2:])
        groups: dict[tuple[int, ...], list[tuple[Span, Span, Span]]] = {}
        for window in self.grid.windows(region):
            if self.wanted is None or self.wanted(window):
                groups.setdefault(tuple(end - first for first, end in window), []).append(window)
        for group in groups.values():
            for at in range(0, len(group), self.batch):
                self._add(group[at : at + self.batch], x, sigma, cond, total, weights)
        covered = weights > 0
        mean = total / torch.where(covered, weights, torch.ones_like(weights))
        return mean if bool(covered.all()) else torch.where(covered, mean, cond[:, : x.shape[1]])

    def _add(
        self,
        windows: list[tuple[Span, Span, Span]],
        x: Tensor,
        sigma: Tensor,
        cond: Tensor,
        total: Tensor,
        weights: Tensor,
    ) -> None:
        """Add the weighted answers for windows of one size to `total`, and their weights to `weights`."""
        places = [_slices(window, self.origin) for window in windows]
        b = x.shape[0]
        answers = self.denoiser(
            torch.cat([x[:, :, t, y, z] for t, y, z in places]),
            sigma.repeat(len(places)),
            torch.cat([cond[:, :, t, y, z] for t, y, z in places]),
        )
        for index, (window, (t, y, z)) in enumerate(zip(windows, places, strict=True)):
            weight = window_weight(window, self.grid).to(x.device)
            total[:, :, t, y, z] += answers[index * b : (index + 1) * b] * weight
            weights[t, y, z] += weight


def _region(origin: tuple[int, int, int], shape: torch.Size) -> tuple[Span, Span, Span]:
    t, y, x = ((first, first + length) for first, length in zip(origin, shape[2:], strict=True))
    return t, y, x


def _slices(window: tuple[Span, Span, Span], origin: tuple[int, int, int]) -> tuple[slice, slice, slice]:
    t, y, x = (slice(first - at, end - at) for (first, end), at in zip(window, origin, strict=True))
    return t, y, x
