"""Key frames painted from one style picture: its patches, this frame's edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .colours import with_colours_of
from .drawing import FAINT, LUMA, raised, with_drawing
from .patches import PATCH, STRIDE, directions, sliced_distance
from .strokes import with_strokes

Array = np.ndarray
OnStep = Callable[[int, int], None]

_SMALLEST_SIDE = 24  # pixels of the coarsest level: below it patches say nothing of strokes
_RATE = 0.02
_CONTINUED = (
    1 / 12
)  # of the height, standard deviation, over which new paint takes the colours of what it continues
_EDGE_WEIGHT = 40.0  # the strokes that are laid over take most of it away again


@dataclass(frozen=True)
class PaintParams:
    """How a key frame is painted."""

    steps: tuple[int, ...] = (30, 50, 70, 80)
    """Optimiser steps per level, finest first; each level has half the size of the one before."""
    projections: int = 32
    """Directions in which patches are compared, per step."""
    scale: float = 1.0
    """Size of the strokes: 2 makes them twice as large as in a reference as high as the frame."""
    colour: float = 1.0
    """Share of the reference's colours; 0 keeps the shot's own."""
    edges: float = 1.0
    """How strongly the frame's edges are kept."""
    seed: int = 0
    """Of the directions."""


@dataclass(frozen=True)
class Begun:
    """Paint that a frame has before it is painted.

    Attributes:
        paint: h w 3 float32 in 0..1.
        kept: h w float32, 0..1: how much of it stays.
    """

    paint: Array
    kept: Array

    def over(self, picture: Array) -> Array:
        """The paint laid over `picture`, h w 3."""
        laid: Array = picture + self.kept[..., None] * (self.paint - picture)
        return laid

    def continued(self, picture: Array) -> Array:
        """`picture` (h w 3), its colours beside the paint moved to it, so that painting begins without a step."""
        sigma = picture.shape[0] * _CONTINUED
        near = cv2.GaussianBlur(self.kept, (0, 0), sigma)[..., None]
        apart = cv2.GaussianBlur(self.kept[..., None] * (self.paint - picture), (0, 0), sigma)
        moved = picture + apart / np.maximum(near, 0.5)
        return self.over(np.clip(moved, 0, 1).astype(np.float32))


class _Hold:
    """Keeps begun paint (None: nothing) in a picture of one level, 1 3 h w."""

    def __init__(self, begun: Begun | None, height: int, width: int) -> None:
        self._begun = begun is not None
        if begun is not None:
            self._paint = _resized(_tensor(begun.paint), height, width)
            self._kept = _resized(_tensor(begun.kept[..., None]), height, width)

    def __call__(self, picture: Tensor) -> Tensor:
        return picture + self._kept * (self._paint - picture) if self._begun else picture


def fitted_reference(reference: Array, shape: tuple[int, ...], params: PaintParams) -> Array:
    """The reference at the size at which its strokes are wanted, h w 3 float32 in 0..1, for a frame of `shape`."""
    factor = params.scale * (shape[0] * shape[1] / (reference.shape[0] * reference.shape[1])) ** 0.5
    width, height = (max(2 * PATCH, round(side * factor)) for side in reference.shape[1::-1])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(reference, (width, height), interpolation=how), 0, 1)


def paint(
    frame: Array,
    reference: Array,
    params: PaintParams,
    *,
    begun: Begun | None = None,
    on_step: OnStep | None = None,
) -> Array:
    """Paint a frame with the patches of a reference.

    The picture begins as the frame in the reference's colours. From coarse to fine it descends the sliced Wasserstein
    distance of its patches to the reference's, and the distance of its edges to the frame's (where the frame has
    some); at each level the result is laid out with real patches of the reference. Its lines are drawn last.

    Args:
        frame: h w 3 float32 in 0..1.
        reference: see `fitted_reference`.
        params: see there.
        begun: paint that is there already: it stays, and what is new continues it.
        on_step: hears (finished steps, all steps).

    Returns:
        h w 3 float32 in 0..1.
    """
    recoloured = with_colours_of(frame, reference, params.seed)
    if params.colour < 1:  # the strokes' colours and the frame's are moved towards each other's place
        recoloured = params.colour * recoloured + (1 - params.colour) * frame
        reference = params.colour * reference + (1 - params.colour) * with_colours_of(reference, frame)
    if begun is not None:
        recoloured = begun.continued(recoloured)
    drawing = raised(recoloured)
    target, outlines, style = _tensor(recoloured), _tensor(drawing), _tensor(reference)
    sizes = _sizes(frame.shape[:2], len(params.steps))
    generator = torch.Generator().manual_seed(params.seed)
    picture = target
    steps = params.steps[: len(sizes)][::-1]
    for level, (height, width) in enumerate(sizes):
        shrink = height / frame.shape[0]
        seen = _resized(outlines, height, width)
        picture = _resized(picture, height, width)
        small = [max(2 * PATCH, round(side * shrink)) for side in reference.shape[:2]]

        def report(done: int, before: int = sum(steps[:level])) -> None:
            if on_step is not None:
                on_step(before + done, sum(steps))

        fitting = _resized(style, *small)
        hold = _Hold(begun, height, width)
        picture = _descend(hold(picture), seen, fitting, steps[level], params, generator, hold, report)
        picture = hold(with_strokes(picture, fitting, generator))
    painted = with_drawing(picture[0].permute(1, 2, 0).numpy(), drawing, params.edges)
    return painted if begun is None else begun.over(painted)


def _descend(
    picture: Tensor,
    seen: Tensor,
    style: Tensor,
    steps: int,
    params: PaintParams,
    generator: torch.Generator,
    hold: _Hold,
    report: Callable[[int], None],
) -> Tensor:
    """One level: 1 3 h w → 1 3 h w."""
    picture = picture.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([picture], lr=_RATE)
    edges = _gradients(seen)
    weight = edges.square().sum(1, keepdim=True)
    weight = weight / (weight + weight.mean() + FAINT**2)  # strong edges are held, flat areas are free
    for step in range(steps):
        kernels = directions(params.projections, generator)
        first = torch.randint(0, STRIDE, (2,), generator=generator).tolist()
        loss = sliced_distance(picture, style, kernels, (first[0], first[1]))
        loss = loss + params.edges * _EDGE_WEIGHT * (weight * (_gradients(picture) - edges).abs()).mean()
        (gradient,) = torch.autograd.grad(loss, picture)
        picture.grad = gradient
        for group in optimiser.param_groups:
            group["lr"] = _RATE * (1 - 0.8 * step / steps)
        optimiser.step()
        with torch.no_grad():
            picture.copy_(hold(picture))
        report(step + 1)
    return picture.detach()


def _gradients(picture: Tensor) -> Tensor:
    """Of the luma, 1 3 h w → 1 2 h w."""
    luma = sum(w * picture[:, c : c + 1] for c, w in enumerate(LUMA.tolist()))
    assert isinstance(luma, Tensor)
    padded = F.pad(luma, (0, 1, 0, 1), mode="replicate")
    return torch.cat([padded[:, :, :-1, 1:] - luma, padded[:, :, 1:, :-1] - luma], 1)


def _sizes(shape: tuple[int, ...], levels: int) -> list[tuple[int, int]]:
    """Rows and columns per level, coarsest first."""
    height, width = shape
    sizes = [(height, width)]
    while len(sizes) < levels and min(sizes[-1]) // 2 >= _SMALLEST_SIDE:
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    return sizes[::-1]


def _tensor(picture: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None]


def _resized(picture: Tensor, height: int, width: int) -> Tensor:
    if tuple(picture.shape[2:]) == (height, width):
        return picture
    return F.interpolate(picture, size=(height, width), mode="bilinear", antialias=True)
