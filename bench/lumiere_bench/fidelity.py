"""How near pictures are to the truth: PSNR, SSIM, the step across the hole's edge."""

from __future__ import annotations

import cv2
import numpy as np
from lumiere_engine.motion.flow import channel_mean

Array = np.ndarray
# What stands for an infinite PSNR: JSON has no infinity, and 8 bits end far below.
BEST_DB = 100.0
# Wang et al. (2004), for data of 0..255.
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(result: Array, truth: Array) -> float:
    """Peak signal to noise of values of 0..255, in dB; at most 100, 0 of nothing.

    Args:
        result, truth: of one shape.
    """
    if result.size == 0:
        return 0.0
    error = float(np.mean((result.astype(np.float32) - truth.astype(np.float32)) ** 2, dtype=np.float64))
    return min(BEST_DB, 10 * float(np.log10(255**2 / max(error, 1e-12))))


def ssim_map(result: Array, truth: Array, window: int) -> Array:
    """Structural similarity around every pixel, per channel: h w c float64, -1..1.

    Wang et al. (2004) with a uniform window and sample covariances, as scikit-image's `structural_similarity`
    computes it by default, and as E2FGVI's `evaluate.py` calls it (`win_size=65, data_range=255`).

    Args:
        result, truth: h w c, 0..255.
        window: side in pixels, odd; values closer than half of it to the border see the picture mirrored.
    """
    size = (window, window)
    x, y = result.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _mean(x, size), _mean(y, size)
    unbiased = window**2 / (window**2 - 1)
    var_x = unbiased * (_mean(x * x, size) - mean_x * mean_x)
    var_y = unbiased * (_mean(y * y, size) - mean_y * mean_y)
    both = unbiased * (_mean(x * y, size) - mean_x * mean_y)
    above = (2 * mean_x * mean_y + _C1) * (2 * both + _C2)
    return above / ((mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2))


def ssim(result: Array, truth: Array, window: int = 65) -> float:
    """Mean of `ssim_map` over the pixels whose whole window lies in the picture, and over the channels.

    The window is the largest odd one that fits where the picture is smaller.
    """
    fits = min(result.shape[0], result.shape[1], window)
    fits -= 1 - fits % 2
    edge = fits // 2
    height, width = result.shape[:2]
    return float(ssim_map(result, truth, fits)[edge : height - edge, edge : width - edge].mean())


def ssim_inside(result: Array, truth: Array, hole: Array, window: int = 11) -> float:
    """Mean of `ssim_map` over the pixels of a hole (h w bool, not empty) and the channels."""
    left, top, width, height = cv2.boundingRect(hole.astype(np.uint8))
    # the map at the box's edge needs what lies half a window outside it
    rows = slice(max(0, top - window), top + height + window)
    columns = slice(max(0, left - window), left + width + window)
    return float(ssim_map(result[rows, columns], truth[rows, columns], window)[hole[rows, columns]].mean())


def edge_step(picture: Array, hole: Array) -> tuple[float, int]:
    """The steps across a hole's edge: between each of its outermost pixels and its neighbours outside.

    Args:
        picture: h w 3, 0..255.
        hole: h w bool.

    Returns:
        Sum of absolute differences, mean over channels; and the number of neighbouring pairs.
    """
    total, count = 0.0, 0
    values = picture.astype(np.float32)
    for axis in (0, 1):
        steps = channel_mean(np.abs(np.diff(values, axis=axis)))
        across = np.diff(hole.astype(np.int8), axis=axis) != 0
        total += float(steps[across].sum(dtype=np.float64))
        count += int(across.sum())
    return total, count


def _mean(values: Array, size: tuple[int, int]) -> Array:
    return cv2.blur(values, size, borderType=cv2.BORDER_REFLECT)
