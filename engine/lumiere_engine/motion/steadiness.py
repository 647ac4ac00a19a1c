"""How a matte chatters and a result flickers from one frame to the next, apart from what the motion explains."""

from __future__ import annotations

import cv2
import numpy as np

from .flow import grid, inside, sample, widen

Array = np.ndarray
_ROUNDING = 1 / 12  # mean square that whole codes alone make: below it no error can be told from another
_RING = 12  # pixels around a hole that it is compared with


def chatter(before: Array, now: Array, flow_back: Array) -> float:
    """How far a matte's edge jumps beyond its object's motion, in pixels on average.

    The matte of the frame before is brought along the motion; what then differs, spread over the length of the edge,
    is a width.

    Args:
        before, now: mattes of two neighbouring frames, h w float32 0..1.
        flow_back: from the second frame to the first, h w 2, pixels.

    Returns:
        0 and more; of a matte that appears or vanishes, its area over its edge.
    """
    height, width = now.shape
    places = grid(height, width) + flow_back
    brought = sample(before, places)
    seen = inside(places, height, width)
    edge = max(_edge_length(brought), _edge_length(now))
    return float(np.abs(brought - now)[seen].sum() / edge) if edge else 0.0


def flicker(before: Array, now: Array, hole: Array, flow_back: Array) -> float | None:
    """How unsteady a hole is along the motion, compared with the picture around it.

    The roots of the mean square errors (E_warp of Lai et al., Learning Blind Video Temporal Consistency, 2018), that of
    the hole over that of a ring around it: 1 is as steady as its surroundings.

    Args:
        before, now: two neighbouring frames of the result, h w 3 uint8.
        hole: of the second, h w bool.
        flow_back: from the second frame to the first, h w 2, pixels.

    Returns:
        0 and more; None where there is no hole, or nothing around it.
    """
    height, width = hole.shape
    places = grid(height, width) + flow_back
    seen = inside(places, height, width)
    ring = widen(hole, _RING) & ~hole & seen
    if not (hole & seen).any() or not ring.any():
        return None
    squares = ((sample(before.astype(np.float32), places) - now) ** 2).mean(-1)
    inner, outer = squares[hole & seen].mean(), squares[ring].mean()
    return float(np.sqrt((inner + _ROUNDING) / (outer + _ROUNDING)))


def _edge_length(matte: Array) -> float:
    """Pixels that the edge of a matte runs through: its perimeter, without that of the picture."""
    outlines, _ = cv2.findContours((matte > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return float(sum(len(outline) for outline in outlines))
