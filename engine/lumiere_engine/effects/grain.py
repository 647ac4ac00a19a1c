"""The plate's grain: measured where the picture is flat, laid over what was imagined."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

Array = np.ndarray

_BLOCK = 16
_SHARE = 0.08  # of the blocks, the flattest, are taken to show nothing but grain
_ABOVE = 6.0  # times the grain's strength; what differs by more is no grain
_LEAST_STD = 0.6 / 255  # weaker than rounding to 8 bits: not grain


@dataclass(frozen=True)
class Grain:
    """What grain looks like.

    Attributes:
        covariance: 3×3, of the colour of its high frequencies, working values squared.
        softness: standard deviation in pixels of the blur that makes white noise as coarse as it.
    """

    covariance: Array
    softness: float


def measure_grain(rgb: Array) -> Grain | None:
    """The grain of a plate, h w 3 float32 working values; None if it has none to speak of.

    The flattest blocks that are neither black nor white show grain and little else. What is uniform because it
    was compressed or painted has none, and gets none.
    """
    high = _high_pass(rgb)
    rows, columns = rgb.shape[0] // _BLOCK, rgb.shape[1] // _BLOCK
    if rows * columns < 8:
        return None
    blocks = _blocks(high, rows, columns)
    level = _blocks(rgb, rows, columns).mean((1, 2))
    spread = blocks.std(1).mean(-1)
    usable = np.flatnonzero((level > 0.06) & (level < 0.94))
    if len(usable) < 8:
        return None
    count = max(8, int(_SHARE * len(usable)))
    chosen = usable[np.argsort(spread[usable], kind="stable")[:count]]
    samples = blocks[chosen].reshape(-1, 3).astype(np.float64)
    covariance = samples.T @ samples / len(samples)
    if np.sqrt(np.trace(covariance) / 3) < _LEAST_STD:
        return None
    return Grain(covariance, _softness(blocks[chosen].reshape(-1, _BLOCK, _BLOCK, 3)))


def add_grain(rgb: Array, where: Array, grain: Grain, rng: np.random.Generator) -> Array:
    """`rgb` (h w 3) with grain in the share `where` (h w, 0..1) of each pixel, at the strength that it lacks."""
    own = _high_pass(rgb)[where > 0.5]
    wanted = np.trace(grain.covariance)
    lacking = 1.0 if len(own) < 32 else max(0.0, 1 - float((own**2).sum(1).mean()) / wanted)
    if lacking == 0.0:
        return rgb
    noise = _noise(grain, rgb.shape, rng)
    return (rgb + np.sqrt(lacking) * noise * where[..., None]).astype(np.float32)


def frozen_grain(rgb: Array, grain: Grain, seed: int) -> Array:
    """`rgb` (h w 3) with its own grain smoothed away and one that depends on `seed` alone: it stands still in a clip.

    The bilateral filter (Tomasi and Manduchi, 1998) is as wide in values as the grain is strong, so that what stands
    out of it is kept.
    """
    strength = float(np.sqrt(np.trace(grain.covariance) / 3))
    smooth = cv2.bilateralFilter(np.ascontiguousarray(rgb), 7, _ABOVE * strength, 3.0)
    return (smooth + _noise(grain, rgb.shape, np.random.default_rng([seed]))).astype(np.float32)


def _noise(grain: Grain, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Grain of full strength, h w 3 float32."""
    noise = rng.standard_normal(shape).astype(np.float32)
    if grain.softness > 0:
        noise = cv2.GaussianBlur(noise, (0, 0), grain.softness)
    noise = _high_pass(noise)
    noise /= max(float(noise.std()), 1e-6)
    values, vectors = np.linalg.eigh(grain.covariance)
    colour = (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)
    return noise @ colour.T


def _high_pass(rgb: Array) -> Array:
    return rgb - cv2.GaussianBlur(rgb, (0, 0), 1.5)


def _blocks(picture: Array, rows: int, columns: int) -> Array:
    """h w 3 → blocks, pixels, 3."""
    cut = picture[: rows * _BLOCK, : columns * _BLOCK]
    split = cut.reshape(rows, _BLOCK, columns, _BLOCK, 3).transpose(0, 2, 1, 3, 4)
    return split.reshape(rows * columns, _BLOCK * _BLOCK, 3)


def _softness(blocks: Array) -> float:
    """From the correlation ρ of neighbouring pixels: blurring white noise by s gives ρ = exp(-1/(4 s²))."""
    variance = float((blocks**2).mean())
    neighbours = float((blocks[:, :, 1:] * blocks[:, :, :-1]).mean())
    correlation = neighbours / max(variance, 1e-12)
    return float(np.sqrt(-1 / (4 * np.log(correlation)))) if 0.05 < correlation < 0.95 else 0.0
