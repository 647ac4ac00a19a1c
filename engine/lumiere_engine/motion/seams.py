"""Closing seams in what was put together from pieces: their gradients are kept, their steps are not."""

from __future__ import annotations

import cv2
import numpy as np

Array = np.ndarray

_STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))
_MOST_ITERATIONS = 200
_ENOUGH = 1e-4  # of the first residual's square


def close_seams(
    pictures: Array, usable: Array, picture: Array, hole: Array, places: Array, hold: float = 0.002
) -> Array:
    """`picture` with its hole copied from `places`, and the steps between the pieces spread smoothly.

    The result's gradients are those that the sources have where the pixels come from, on a seam the mean of what
    both pieces say; on the rim it meets what is known (Poisson image editing, Pérez et al., 2003).

    Args:
        pictures: s h w c float32, what is copied from.
        usable: s h w bool, where that can be looked at.
        picture: h w c float32, what is completed.
        hole: h w bool.
        places: h w, flat index into `pictures`; read inside the hole only.
        hold: how strongly the copied values themselves are held, so that brightness cannot drift over a large
            hole; 1 / sqrt(hold) pixels is the distance over which a step is spread.
    """
    copied = np.where(hole[..., None], _at(pictures, places, hole), picture)
    wanted = np.zeros_like(copied)
    for step in _STEPS:
        wanted += _missing_gradient(pictures, usable, copied, hole, places, step)
    return copied + _membrane(wanted, hole, hold)


def _at(pictures: Array, places: Array, hole: Array) -> Array:
    return pictures.reshape(-1, pictures.shape[3])[np.where(hole, places, 0)]


def _missing_gradient(
    pictures: Array, usable: Array, copied: Array, hole: Array, places: Array, step: tuple[int, int]
) -> Array:
    """What the difference between each pixel of the hole and its neighbour lacks to the sources' own; h w c."""
    dy, dx = step
    values = pictures.reshape(-1, pictures.shape[3])
    width = hole.shape[1]
    neighbour = _moved(copied, dy, dx)
    both = _inside(np.arange(hole.size).reshape(hole.shape), hole.shape, dy, dx) & hole
    # as the pixel's own source continues, and as the neighbour's source comes from there
    here = np.where(hole, places, 0)
    there = _moved(here, dy, dx)
    onward, back = here + dy * width + dx, there - dy * width - dx
    seen = both & _inside(here, hole.shape, dy, dx)
    seen[seen] &= usable.ravel()[onward[seen]]
    seen_back = both & _moved(hole, dy, dx) & _inside(there, hole.shape, -dy, -dx)
    seen_back[seen_back] &= usable.ravel()[back[seen_back]]
    count = seen.astype(np.float32) + seen_back
    total = np.zeros_like(copied)
    total[seen] += copied[seen] - values[onward[seen]]
    total[seen_back] += values[back[seen_back]] - neighbour[seen_back]
    lacking = total / np.maximum(count, 1)[..., None] - (copied - neighbour)
    return np.where(count[..., None] > 0, lacking, 0)


def _inside(places: Array, shape: tuple[int, int], dy: int, dx: int) -> Array:
    """Whether the neighbour of each place is on the same picture."""
    y, x = np.divmod(places % (shape[0] * shape[1]), shape[1])
    return (y + dy >= 0) & (y + dy < shape[0]) & (x + dx >= 0) & (x + dx < shape[1])


def _moved(field: Array, dy: int, dx: int) -> Array:
    """Each pixel's neighbour; around the border, where it is not to be used."""
    return np.roll(field, (-dy, -dx), (0, 1))


def _membrane(wanted: Array, hole: Array, hold: float) -> Array:
    """The correction whose Laplacian is `wanted`, 0 outside the hole; by conjugate gradients."""
    kernel = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
    inside = hole[..., None].astype(np.float32)
    diagonal = cv2.filter2D(np.ones(hole.shape, np.float32), -1, kernel, borderType=cv2.BORDER_CONSTANT)
    diagonal = diagonal[..., None] + np.float32(hold)

    def laplacian(field: Array) -> Array:
        around = cv2.filter2D(field, -1, kernel, borderType=cv2.BORDER_CONSTANT).reshape(field.shape)
        return (diagonal * field - around) * inside

    rest = wanted * inside
    solution, direction = np.zeros_like(rest), rest.copy()
    power = np.square(rest).sum((0, 1))
    enough = _ENOUGH * power
    for _ in range(_MOST_ITERATIONS):
        if (power <= enough).all():
            break
        turned = laplacian(direction)
        length = power / np.maximum((direction * turned).sum((0, 1)), 1e-12)
        solution += length * direction
        rest -= length * turned
        before, power = power, np.square(rest).sum((0, 1))
        direction = rest + power / np.maximum(before, 1e-12) * direction
    return solution
