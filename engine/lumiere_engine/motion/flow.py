"""Dense optical flow between two frames, and its completion behind a hole.

A flow is h w 2 float32, (x, y) in pixels: what is at p in the first frame is at p + flow(p) in the second.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from .pyramid import push_pull

Array = np.ndarray
Preset = Literal["fast", "medium"]
_PRESETS = {"fast": cv2.DISOPTICAL_FLOW_PRESET_FAST, "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM}

# DIS matches patches of 8 pixels and this is the smallest picture its coarsest level can hold.
SMALLEST_SIDE = 16
# How far a flow vector beside the hole is spoilt by the object itself: half a DIS patch, doubled for safety.
SPOILT_RIM = 4


class FlowEstimator:
    """Dense inverse search (Kroeger et al., 2016), as OpenCV implements it; deterministic."""

    def __init__(self, preset: Preset = "medium") -> None:
        self._dis = cv2.DISOpticalFlow.create(_PRESETS[preset])

    def __call__(self, first: Array, second: Array) -> Array:
        """Flow from `first` to `second`, both h w uint8; zero where the pictures are too small to match."""
        if min(first.shape) < SMALLEST_SIDE:
            return np.zeros((*first.shape, 2), np.float32)
        return self._dis.calc(first, second, None)


def grid(height: int, width: int, y: int = 0, x: int = 0) -> Array:
    """Coordinates (x, y) of every pixel of a window whose corner is at (y, x); h w 2 float32."""
    xs, ys = np.meshgrid(
        np.arange(x, x + width, dtype=np.float32), np.arange(y, y + height, dtype=np.float32)
    )
    return np.stack([xs, ys], -1)


def sample(picture: Array, places: Array, *, cubic: bool = False) -> Array:
    """`picture` (h w or h w c) interpolated at `places` (h' w' 2, x and y); the border is repeated."""
    how = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    return cv2.remap(picture, places, None, how, borderMode=cv2.BORDER_REPLICATE)


def inside(places: Array, height: int, width: int) -> Array:
    """Which `places` lie on a picture of this size; h' w' bool."""
    x, y = places[..., 0], places[..., 1]
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def widen(mask: Array, radius: int) -> Array:
    """`mask` (h w bool) grown by `radius` pixels in a square."""
    if radius <= 0:
        return mask
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8)) > 0


_MEAN = np.full((1, 3), 1 / 3, np.float32)


def channel_mean(picture: Array) -> Array:
    """Mean over the channels of h w 3, as h w; ten times faster than NumPy's mean over a short last axis."""
    return cv2.transform(picture, _MEAN)


def complete_flow(flow: Array, hole: Array, *, ring: int = 30) -> Array:
    """The background's flow behind `hole`: an affine motion fitted to a ring, plus the smooth rest.

    Args:
        flow: h w 2.
        hole: h w bool; its vectors, and those of a thin rim around it, are the object's and are replaced.
        ring: width in pixels of the surroundings that the affine motion is fitted to.
    """
    spoilt = widen(hole, SPOILT_RIM)
    if not spoilt.any() or spoilt.all():
        return flow
    base = _affine_motion(flow, widen(spoilt, ring) & ~spoilt)
    completed = base + push_pull(flow - base, ~spoilt)
    return np.where(spoilt[..., None], completed, flow).astype(np.float32)


def unevenness(flow: Array, hole: Array, *, ring: int = 30, most: float = 8.0) -> float:
    """How far the flow around `hole` is from one affine motion, pixels (root mean square, at most `most` each).

    It says how much the flow that was completed behind the hole must be expected to miss.
    """
    spoilt = widen(hole, SPOILT_RIM)
    around = widen(spoilt, ring) & ~spoilt
    if not around.any():
        return 0.0
    apart = np.square(flow - _affine_motion(flow, around))[around].sum(-1)
    return float(np.sqrt(np.minimum(apart, most**2).mean()))


def _affine_motion(flow: Array, ring: Array, *, most: int = 2000) -> Array:
    """The affine flow that most vectors in `ring` follow, everywhere; zero if there is none."""
    height, width = ring.shape
    ys, xs = np.nonzero(ring)
    base = np.zeros_like(flow)
    if len(xs) < 50:
        return base
    chosen = np.linspace(0, len(xs) - 1, min(most, len(xs))).astype(int)
    first = np.stack([xs, ys], 1)[chosen].astype(np.float32)
    second = first + flow[ys[chosen], xs[chosen]]
    cv2.setRNGSeed(0)
    matrix, _ = cv2.estimateAffine2D(first, second, ransacReprojThreshold=1.0)
    if matrix is None:
        return base
    places = grid(height, width)
    return (places @ matrix[:, :2].T.astype(np.float32) + matrix[:, 2].astype(np.float32) - places).astype(
        np.float32
    )
