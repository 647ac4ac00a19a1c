"""Whether a filling looks like what belongs there, wherever exactly its details lie."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.random import RandomState

Array = np.ndarray
_LEVELS = 3
_PATCH = 7
_PATCHES = 1024
_DIRECTIONS = 64


def patch_distance(result: Array, truth: Array, hole: Array) -> float:
    """Sliced Wasserstein distance of the patches in a hole, codes of 255; 0 of the truth, larger is worse.

    PSNR and SSIM compare pixel with pixel, and prefer a blur to any detail that lies a pixel beside its place.
    Measures that see like people (LPIPS, VFID) need networks with weights to download. This one needs none: in
    each of three levels of a Laplacian pyramid, the distribution of 7 × 7 patches of the result is compared with
    that of the truth's, along random directions, where the distance of two distributions is that of their sorted
    values (Rabin et al. 2011; patches of a Laplacian pyramid: Karras et al. 2018, appendix B). Blur, wrong
    texture and remains of an object count; a leaf that lies elsewhere does not. It says nothing about whether
    the right thing stands at the right place: PSNR does.

    Args:
        result, truth: h w 3 uint8.
        hole: h w bool, not empty.

    Returns:
        Mean over levels and directions of the mean distance; a direction has length 1 in the 147 values of a patch.
    """
    draw = RandomState(0)  # the same places and directions for every method
    directions = _directions(draw)
    distances = []
    for mine, true in zip(_pyramid(result), _pyramid(truth), strict=True):
        centres = _centres(hole, mine.shape[:2], draw)
        if len(centres):
            apart = _sorted_along(mine, centres, directions) - _sorted_along(true, centres, directions)
            distances.append(float(np.abs(apart).mean(dtype=np.float64)))
    return float(np.mean(distances)) if distances else 0.0


def style_distance(picture: Array, style: Array) -> float:
    """As `patch_distance`, of two pictures of any sizes: the distributions of all their patches; 0 of twins.

    Args:
        picture: h w 3 uint8.
        style: h' w' 3 uint8, its strokes as large as they are wanted.
    """
    directions = _directions(RandomState(0))
    distances = []
    for mine, theirs in zip(_pyramid(picture), _pyramid(style), strict=True):
        count = min(_PATCHES, mine[..., 0].size, theirs[..., 0].size)
        values = []
        for band in (mine, theirs):
            places = np.argwhere(np.ones(band.shape[:2], bool))
            chosen = RandomState(1).choice(len(places), count, replace=False)
            values.append(_sorted_along(band, places[chosen], directions))
        distances.append(float(np.abs(values[0] - values[1]).mean(dtype=np.float64)))
    return float(np.mean(distances))


def _directions(draw: RandomState) -> Array:
    """Unit vectors in the space of patches, directions 147."""
    directions = draw.normal(size=(_DIRECTIONS, _PATCH * _PATCH * 3)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions


def _pyramid(picture: Array) -> list[Array]:
    """Bands of details, each of half the size of the one before, then the rest; h w 3 float32."""
    bands, rest = [], picture.astype(np.float32)
    for _ in range(_LEVELS - 1):
        small = cv2.pyrDown(rest)
        bands.append(rest - cv2.pyrUp(small, dstsize=(rest.shape[1], rest.shape[0])))
        rest = small
    return [*bands, rest]


def _centres(hole: Array, shape: tuple[int, int], draw: RandomState) -> Array:
    """Rows and columns of up to `_PATCHES` patches around pixels of the hole, n 2, in their padded band."""
    small = cv2.resize(hole.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    places = np.argwhere(small > 0)
    if len(places) > _PATCHES:
        places = places[draw.choice(len(places), _PATCHES, replace=False)]
    return places


def _sorted_along(band: Array, centres: Array, directions: Array) -> Array:
    """Patches' values along each direction, each direction's sorted; n d."""
    reach = _PATCH // 2
    padded = np.pad(band, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    windows = sliding_window_view(padded, (_PATCH, _PATCH), axis=(0, 1))
    patches = windows[centres[:, 0], centres[:, 1]].reshape(len(centres), -1)
    return np.sort(patches @ directions.T, axis=0)
