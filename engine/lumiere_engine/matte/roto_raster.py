"""From roto shapes to a matte: what the panel shows while one draws is what a job later uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..protocol.roto import Knot, Mask, Roto, Stroke

Matte = NDArray[np.float32]
MediaReader = Callable[[str, int, int, int], Matte]

# Samples per pixel and direction: an edge is right to a hundredth of its coverage.
_SAMPLES = 4
_SUB_BITS = 4
_STEPS_PER_PIXEL = 0.35
_FEWEST_STEPS, _MOST_STEPS = 8, 64


def render_roto(roto: Roto, frame: int, width: int, height: int, media: MediaReader | None = None) -> Matte:
    """The matte of a frame.

    Args:
        roto: the shapes.
        frame: of the media, counted from 0.
        width, height: of the result; the shapes are scaled to it.
        media: reads the rendered mattes that masks name: (path, frame of it, width, height) → float32 h w.

    Returns:
        float32 h w, 0 = keep, 1 = generate.
    """
    matte = np.zeros((height, width), np.float32)
    if roto.span is not None and not roto.span.level(frame):
        return matte
    scale = (width / roto.width, height / roto.height)
    for mask in roto.masks:
        if not mask.enabled:
            continue
        drawn = _render_mask(mask, frame, matte.shape, scale, media)
        if mask.inverted:
            drawn = 1 - drawn
        if mask.mode == "add":
            np.maximum(matte, drawn, out=matte)
        else:
            np.minimum(matte, 1 - drawn, out=matte)
    return matte


def outline(knots: Sequence[Knot]) -> NDArray[np.float64]:
    """A closed Bézier curve as a polygon, n 2; steps are shorter where it is longer."""
    if len(knots) < 3:
        return np.empty((0, 2))
    pieces = []
    for k, a in enumerate(knots):
        b = knots[(k + 1) % len(knots)]
        if a.out_x == a.out_y == b.in_x == b.in_y == 0:
            pieces.append(np.array([[a.x, a.y]]))
            continue
        p = np.array([[a.x, a.y], [a.x + a.out_x, a.y + a.out_y], [b.x + b.in_x, b.y + b.in_y], [b.x, b.y]])
        length = float(np.linalg.norm(np.diff(p, axis=0), axis=1).sum())
        steps = int(np.clip(length * _STEPS_PER_PIXEL, _FEWEST_STEPS, _MOST_STEPS))
        t = (np.arange(steps) / steps)[:, None]
        s = 1 - t
        pieces.append(s**3 * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t**3 * p[3])
    return np.concatenate(pieces)


def _render_mask(
    mask: Mask, frame: int, shape: tuple[int, ...], scale: tuple[float, float], media: MediaReader | None
) -> Matte:
    height, width = shape
    if mask.kind == "matte":
        if media is None or mask.media is None:
            return np.zeros(shape, np.float32)
        return media(mask.media, frame - mask.media_first, width, height)
    tracked = mask.tracked_at(frame)
    if tracked is not None and media is not None:
        return media(tracked.picture(frame), 0, width, height)
    painting = mask.painting_at(frame)
    if painting is not None and painting.base is not None and media is not None:
        drawn = media(painting.base, 0, width, height).copy()
    else:
        drawn = np.zeros(shape, np.float32)
        _fill(drawn, outline(mask.knots_at(frame)) * scale)
    for stroke in painting.strokes if painting is not None else ():
        _paint(drawn, stroke, scale)
    return drawn


def _fill(into: Matte, polygon: NDArray[np.float64]) -> None:
    """A polygon by supersampling, since OpenCV's own anti-aliasing makes shapes 4 % too large."""
    box = _box(polygon, 1, into.shape)
    if len(polygon) < 3 or box is None:
        return
    top, bottom, left, right = box
    fine = np.zeros(((bottom - top) * _SAMPLES, (right - left) * _SAMPLES), np.uint8)
    # OpenCV's coordinates name the middles of pixels
    places = (polygon - (left, top)) * _SAMPLES - 0.5
    fixed = np.rint(places * (1 << _SUB_BITS)).astype(np.int32)
    cv2.fillPoly(fine, [fixed], 255, cv2.LINE_8, _SUB_BITS)
    # the fill includes all samples on the edge, of which half lie outside
    cv2.polylines(fine, [fixed], True, 128, 1, cv2.LINE_8, _SUB_BITS)
    size = (right - left, bottom - top)
    into[top:bottom, left:right] = cv2.resize(fine, size, interpolation=cv2.INTER_AREA) / np.float32(255)


def _paint(into: Matte, stroke: Stroke, scale: tuple[float, float]) -> None:
    """A stroke: full near its line, falling to 0 at the radius."""
    points = np.array(stroke.xy, np.float64).reshape(-1, 2) * scale
    if len(points) == 1:
        points = np.repeat(points, 2, 0)  # a dab: OpenCV draws no line of one point
    radius = max(0.5, stroke.radius * (scale[0] + scale[1]) / 2)
    box = _box(points, radius + 2, into.shape)
    if box is None:
        return
    top, bottom, left, right = box
    far = np.ones((bottom - top, right - left), np.uint8)
    fixed = np.rint((points - (left, top) - 0.5) * (1 << _SUB_BITS)).astype(np.int32)
    cv2.polylines(far, [fixed], False, 0, 1, cv2.LINE_8, _SUB_BITS)
    distance = cv2.distanceTransform(far, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    fall = max(1.0, radius * (1 - stroke.hardness))
    inside = np.clip((radius + 0.5 - distance) / fall, 0, 1).astype(np.float32)
    part = into[top:bottom, left:right]
    if stroke.erase:
        np.minimum(part, 1 - inside, out=part)
    else:
        np.maximum(part, inside, out=part)


def _box(
    points: NDArray[np.float64], margin: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """Top, bottom, left, right of the pixels that a shape reaches; None if it lies outside.

    A line that leaves the picture and comes back is cut off a picture's size away from it.
    """
    if not len(points):
        return None
    (left, top), (right, bottom) = points.min(0) - margin, points.max(0) + margin
    height, width = shape
    rows = int(max(0, np.floor(top))), int(min(height, np.ceil(bottom)))
    columns = int(max(0, np.floor(left))), int(min(width, np.ceil(right)))
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        return None
    return (*rows, *columns)
