"""Anisotropic diffusion in a hole: colours run along the edges of a picture, not across them.

Source: Weickert, Coherence-enhancing diffusion filtering (1999), for the tensor that steers it; Galić, Weickert et al.,
Image compression with anisotropic diffusion (2008), for filling holes with it. No time passes here: the steady state is
found as the picture that minimises the sum of ∇uᵀ D ∇u over the hole.
"""

from __future__ import annotations

import cv2
import numpy as np

from .pyramid import push_pull

Array = np.ndarray

# Standard deviations, in pixels of the level that is filled: of the picture before its gradients are taken, and of the
# neighbourhood whose gradients steer a place.
_NOISE_SCALE = 0.7
_NEIGHBOURHOOD = 4.0
# How far edges are obeyed: the exponent of the ratio of the gradients' variances across and along them. 1 is likeliest
# if gradients were normally distributed; more is sharper, and in 46 pictures better up to here.
_OBEDIENCE = 1.5
# Added to both variances: this share of their sum, and this square of code values (of 255) that is noise.
_LEAST_SHARE = 0.01
_NOISE = 0.5
# Of a neighbourhood, that must be known for its gradients to count.
_LEAST_KNOWN = 0.02

# Rows and columns to the eight neighbours of a pixel; the opposite of number k is number 7 - k.
_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def structure_tensor(picture: Array, known: Array | None = None) -> Array:
    """The mean outer product of the gradients around each pixel, summed over the channels.

    Args:
        picture: h w c float32.
        known: h w bool; what is not known takes no part, and is told by what is around it. None: all of it counts.

    Returns:
        h w 3 float32: xx, xy, yy, squares of code values per pixel.
    """
    softened = cv2.GaussianBlur(picture, (0, 0), _NOISE_SCALE)
    across = cv2.Sobel(softened, -1, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(softened, -1, 0, 1, ksize=3, scale=1 / 8)
    products = np.stack([_dot(across, across), _dot(across, down), _dot(down, down)], 2)
    if known is None:
        return cv2.GaussianBlur(products, (0, 0), _NEIGHBOURHOOD)
    sound = cv2.erode(known.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    count = cv2.GaussianBlur(sound, (0, 0), _NEIGHBOURHOOD)
    total = cv2.GaussianBlur(products * sound[..., None], (0, 0), _NEIGHBOURHOOD)
    return push_pull(total / np.maximum(count, 1e-9)[..., None], count > _LEAST_KNOWN)


def diffuse(picture: Array, hole: Array, structure: Array, steps: int) -> Array:
    """`picture` with its hole nearer to the steady state of the diffusion that `structure` steers.

    Args:
        picture: h w c float32; what it holds in the hole is where the way begins.
        hole: h w bool.
        structure: see `structure_tensor`.
        steps: of conjugate gradients; each carries colours by one pixel.

    Returns:
        h w c float32, unchanged outside the hole.
    """
    weights = _stencil(_diffusion_tensor(structure))[:, hole]
    middle = np.maximum(weights.sum(0), 1e-6)
    neighbours = _numbered_neighbours(hole)
    values = np.ascontiguousarray(picture[hole].T)
    rim = picture.copy()
    rim[hole] = 0
    given = sum(w * v for w, v in zip(weights, _shifted(rim, hole), strict=True))

    def flow_out(field: Array) -> Array:
        """What leaves each pixel of the hole (c n) towards its neighbours, if it is 0 outside."""
        bordered = np.concatenate([field, np.zeros((len(field), 1), np.float32)], 1)
        out = middle * field
        for weight, there in zip(weights, neighbours, strict=True):
            out -= weight * bordered.take(there, 1)
        return out

    left = given - flow_out(values)
    conditioned = left / middle
    direction, norm = conditioned, _per_channel(left, conditioned)
    for _ in range(steps):
        response = flow_out(direction)
        step = norm / np.maximum(_per_channel(direction, response), 1e-12)
        values = values + step * direction
        left = left - step * response
        conditioned = left / middle
        before, norm = norm, _per_channel(left, conditioned)
        direction = conditioned + norm / np.maximum(before, 1e-12) * direction
    out = picture.copy()
    out[hole] = values.T
    return out


def _dot(a: Array, b: Array) -> Array:
    """h w: of the channels of a and b, h w c."""
    return np.einsum("hwc,hwc->hw", a, b)


def _per_channel(a: Array, b: Array) -> Array:
    """c 1: the scalar products of a and b, c n."""
    return np.einsum("cn,cn->c", a, b)[:, None]


def _diffusion_tensor(structure: Array) -> tuple[Array, Array, Array]:
    """xx, xy, yy of D, each h w: its axes are those of `structure`, its determinant is 1."""
    xx, xy, yy = (structure[..., k] for k in range(3))
    mean, half = (xx + yy) / 2, (xx - yy) / 2
    apart = np.sqrt(half * half + xy * xy)  # the eigenvalues are mean ± apart
    floor = 2 * _LEAST_SHARE * mean + _NOISE
    ratio = ((mean + apart + floor) / (np.maximum(mean - apart, 0) + floor)) ** (_OBEDIENCE / 2)
    sum_, difference = (ratio + 1 / ratio) / 2, (ratio - 1 / ratio) / 2
    per = difference / np.maximum(apart, 1e-9)
    return sum_ - per * half, -per * xy, sum_ + per * half


def _stencil(tensor: tuple[Array, Array, Array]) -> Array:
    """What each pixel's neighbours weigh, 8 h w.

    Every square of four pixels has the energy a·(X₀² + X₁²)/2 + c·(Y₀² + Y₁²)/2 + 2b·XY of the differences along its
    edges and their means X and Y; beyond the picture there is none.
    """
    height, width = tensor[0].shape
    squares = (t[:-1, :-1] + t[1:, :-1] + t[:-1, 1:] + t[1:, 1:] for t in tensor)
    a, b, c = (np.pad(s / 8, 1).astype(np.float32) for s in squares)
    top, bottom, left, right = slice(0, height), slice(1, height + 1), slice(0, width), slice(1, width + 1)
    return np.stack(
        [
            b[top, left],
            c[top, left] + c[top, right],
            -b[top, right],
            a[top, left] + a[bottom, left],
            a[top, right] + a[bottom, right],
            -b[bottom, left],
            c[bottom, left] + c[bottom, right],
            b[bottom, right],
        ]
    )


def _numbered_neighbours(hole: Array) -> Array:
    """Of each of the n pixels of the hole, the numbers of its eight neighbours in it; n where they are outside. 8 n."""
    count = int(hole.sum())
    numbers = np.full((hole.shape[0] + 2, hole.shape[1] + 2), count, np.intp)
    numbers[1:-1, 1:-1][hole] = np.arange(count)
    ys, xs = np.nonzero(hole)
    return np.stack([numbers[ys + 1 + dy, xs + 1 + dx] for dy, dx in _NEIGHBOURS])


def _shifted(picture: Array, hole: Array) -> list[Array]:
    """The eight neighbours' values of each pixel of the hole, c n each."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    ys, xs = np.nonzero(hole)
    return [padded[ys + 1 + dy, xs + 1 + dx].T for dy, dx in _NEIGHBOURS]
