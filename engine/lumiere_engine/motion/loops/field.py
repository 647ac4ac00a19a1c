"""From arrows, anchors and presets to one smooth field of motion, and from it to where things are after a while.

The field is constant in time (Holynski et al., Animating Pictures with Eulerian Motion Fields, 2021): what is at x
moves on by M(x), wherever it came from. The way of a particle is found by Euler steps, one per frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...protocol.hints import MotionHints
from ..flow import grid, sample

Array = np.ndarray

_ALONG = 5  # points of an arrow that say where it holds
_SOFT = 0.02  # of the picture's diagonal: hints nearer than that to each other are averaged
_WAVE_CELLS = 6  # whirls of a preset across the picture

_SMEARED = (0.25, 0.7)  # pixels of the picture per pixel that is seen: not believed, fully believed
_THINNED = 2.0  # the same; where it is more, detail is lost
_LEAST_TRUST = 0.03  # beside the still itself, which hardly moved yet, nothing else wins
_POOR, _BARE = 0.2, 0.01  # trust that is not enough; share of the inner region that may lack it
_SHORTEST_TURN = 12  # frames


@dataclass(frozen=True)
class _Preset:
    """How a kind of thing moves: shares of the picture's height per second.

    Attributes:
        drift: (x, y) where no arrow says otherwise.
        whirl: speed of the smooth whirls in it.
    """

    drift: tuple[float, float]
    whirl: float


_PRESETS = {
    "water": _Preset((0.06, 0.0), 0.02),
    "smoke": _Preset((0.01, -0.10), 0.05),
    "clouds": _Preset((0.04, 0.0), 0.005),
    "flag": _Preset((0.20, 0.0), 0.05),
    "flame": _Preset((0.0, -0.30), 0.10),
}


def motion_field(hints: MotionHints, height: int, width: int, scale: float, rate: float, seed: int) -> Array:
    """The field that hints describe.

    Args:
        hints: in pixels of the plate, per second.
        height, width: of the field.
        scale: pixels of the field per pixel of the plate.
        rate: frames per second.
        seed: of a preset's whirls.

    Returns:
        h w 2 float32, pixels of the field per frame.
    """
    field: Array = np.zeros((height, width, 2), np.float32)
    preset = None if hints.preset is None else _PRESETS[hints.preset]
    if hints.arrows:
        field = _interpolated(hints, height, width, scale)
    elif preset is not None:
        field += np.array(preset.drift, np.float32) * height
    if preset is not None:
        field = field + preset.whirl * height * _whirls(height, width, seed)
    return (field * np.float32(hints.speed / rate)).astype(np.float32)


def carried(field: Array, steps: int) -> Array:
    """How far `field` (h w 2) carries what is at each pixel in `steps` frames; negative ones look back; h w 2."""
    place = grid(*field.shape[:2])
    moved = np.zeros_like(field)
    doubled = field if steps >= 0 else -field
    rest = abs(steps)
    while rest:
        # the field is steady, so twice as far is going the same way again from there
        if rest & 1:
            moved = moved + sample(doubled, place + moved)
        rest >>= 1
        if rest:
            doubled = doubled + sample(doubled, place + doubled)
    return moved


def reachable(region: Array, ramp: float) -> Array:
    """Where there is something to look up: 0 outside `region` (h w bool) and the picture, 1 `ramp` pixels in; h w."""
    padded = np.pad(region.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return np.clip(distance / max(ramp, 1.0), 0, 1).astype(np.float32)


def trust(moved: Array, reach: Array) -> Array:
    """How good a picture is that was looked up `moved` (h w 2) away: little where it is smeared, or lay outside.

    Args:
        moved: from each pixel to its content.
        reach: where there is any, see `reachable`.

    Returns:
        h w float32, more than 0, at most 1.
    """
    height, width = reach.shape
    there = cv2.remap(
        reach, grid(height, width) + moved, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    down, across = np.gradient(moved, axis=(0, 1))
    a, b, c, d = 1 + across[..., 0], down[..., 0], across[..., 1], 1 + down[..., 1]
    # singular values of the map: the smaller says how much is smeared, the larger how much is thinned
    total, both = a * a + b * b + c * c + d * d, np.abs(a * d - b * c)
    larger = np.sqrt(np.maximum(total + np.sqrt(np.maximum(total * total - 4 * both * both, 0)), 1e-6) / 2)
    smeared = np.clip((both / larger - _SMEARED[0]) / (_SMEARED[1] - _SMEARED[0]), 0, 1)
    thinned = 1 / np.maximum(larger / _THINNED, 1)
    return np.maximum(there * smeared * thinned, _LEAST_TRUST).astype(np.float32)


def turns_of(field: Array, reach: Array, length: int) -> int:
    """How often a loop must begin anew within its length, so that all of a region can come from there or go there.

    Args:
        field: h w 2, pixels per frame.
        reach: see `reachable`.
        length: frames of the loop.
    """
    inner = reach == 1
    if not inner.any():
        return 1
    for turns in range(1, max(1, length // _SHORTEST_TURN) + 1):
        worst = 0.0
        for part in (1 / 3, 1 / 2, 2 / 3):
            steps = round(length * part)
            both = [trust(carried(field / turns, k), reach) for k in (-steps, length - steps)]
            worst = max(worst, float((np.maximum(*both) < _POOR)[inner].mean()))
        if worst < _BARE:
            break
    return turns


def _interpolated(hints: MotionHints, height: int, width: int, scale: float) -> Array:
    """Arrows and anchors everywhere: means weighted by the inverse square of the distance (Shepard, 1968)."""
    places, vectors = [], []
    for arrow in hints.arrows:
        for along in np.linspace(0, 1, _ALONG):
            places.append((arrow.x + along * arrow.dx, arrow.y + along * arrow.dy))
            vectors.append((arrow.dx, arrow.dy))
    for anchor in hints.anchors:
        places += [(anchor.x, anchor.y)] * _ALONG
        vectors += [(0.0, 0.0)] * _ALONG
    soft = (_SOFT * np.hypot(height, width)) ** 2
    total, weights = np.zeros((height, width, 2), np.float32), np.zeros((height, width, 1), np.float32)
    pixels = grid(height, width)
    for place, vector in zip(places, vectors, strict=True):
        apart = np.square(pixels - np.array(place, np.float32) * scale).sum(-1, keepdims=True)
        weight = 1 / (apart + np.float32(soft))
        total += weight * np.array(vector, np.float32) * scale
        weights += weight
    return total / weights


def _whirls(height: int, width: int, seed: int) -> Array:
    """A smooth field without sources, of root mean square 1: the curl of smooth noise; h w 2."""
    rng = np.random.default_rng(seed)
    cells = (max(2, round(_WAVE_CELLS * height / width)) + 2, _WAVE_CELLS + 2)
    noise = cv2.resize(
        rng.standard_normal(cells).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    noise = cv2.GaussianBlur(noise, (0, 0), max(height, width) / _WAVE_CELLS / 4)
    down, across = np.gradient(noise)
    curl = np.stack([down, -across], -1)
    return (curl / max(float(np.sqrt(np.square(curl).sum(-1).mean())), 1e-9)).astype(np.float32)
