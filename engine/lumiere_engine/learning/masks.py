"""Synthetic holes for training: where the truth is known, as the real holes are.

Every function draws from the generator that it is given and from nothing else. Masks are t h w bool, true =
hole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .shot import Mask, ShotVolume


@dataclass(frozen=True)
class Holes:
    """What is to be imagined in a shot, in short: where to look, and how large it is."""

    positions: NDArray[np.int64]
    """n × 3: frame, row, column of some of the unknown pixels, at most `per_frame` of each frame."""
    height: float
    """Median extent in rows over the frames that have a hole, pixels; 0 without any."""
    width: float
    """Median extent in columns, pixels; 0 without any."""

    @classmethod
    def of(cls, volume: ShotVolume, per_frame: int = 32) -> Holes:
        """Read the whole shot once, frame by frame."""
        frames, h, w = volume.shape
        positions, heights, widths = [], [], []
        for t in range(frames):
            rows, columns = np.nonzero(~volume.read(t, t + 1, 0, h, 0, w)[1][0])
            if not len(rows):
                continue
            heights.append(_extent(rows))
            widths.append(_extent(columns))
            picked = np.linspace(0, len(rows) - 1, min(per_frame, len(rows))).astype(np.int64)
            positions.append(np.stack([np.full(len(picked), t), rows[picked], columns[picked]], 1))
        if not positions:
            return cls(np.empty((0, 3), np.int64), 0.0, 0.0)
        return cls(np.concatenate(positions), float(np.median(heights)), float(np.median(widths)))


def _extent(coordinates: NDArray[np.int64]) -> float:
    """How far the pixels reach, without the outermost twentieth at either end (stray pixels)."""
    low, high = np.percentile(coordinates, (5, 95))
    return float(high - low) / 0.9 + 1


def box(
    rng: np.random.Generator, shape: tuple[int, int, int], centre: tuple[float, float], size: float
) -> Mask:
    """A rectangle about `size` pixels wide and high, still or moving steadily, centred at mid-time."""
    t, h, w = shape
    height, width = size * np.exp(rng.normal(0, 0.35, 2))
    rows, columns = _path(rng, t, centre, size)
    y, x = np.arange(h)[None, :, None], np.arange(w)[None, None, :]
    out: Mask = (np.abs(y - rows) <= height / 2) & (np.abs(x - columns) <= width / 2)
    return out


def blob(
    rng: np.random.Generator, shape: tuple[int, int, int], centre: tuple[float, float], size: float
) -> Mask:
    """A wobbling disc about `size` pixels across, still or moving steadily, that changes shape over time.

    Its radius is r(φ, t) = size/2 · (1 + Σₖ aₖ·cos(kφ + bₖ + cₖ·t)).
    """
    t, h, w = shape
    rows, columns = _path(rng, t, centre, size)
    dy, dx = np.arange(h)[None, :, None] - rows, np.arange(w)[None, None, :] - columns
    dx = dx / np.exp(rng.normal(0, 0.35))
    angle = np.arctan2(dy, dx)
    time = np.arange(t)[:, None, None]
    wobble = np.ones((t, h, w))
    for k in (1, 2, 3, 4):
        phase, drift = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.1)
        wobble += rng.normal(0, 0.4 / k) * np.cos(k * angle + phase + drift * time)
    out: Mask = np.hypot(dy, dx) <= size / 2 * np.clip(wobble, 0.3, 1.8)
    return out


def moved(
    rng: np.random.Generator,
    volume: ShotVolume,
    holes: Holes,
    shape: tuple[int, int, int],
    centre: tuple[float, float],
) -> Mask:
    """The real holes of other frames of the shot, moved so that one of them covers `centre` at mid-time."""
    t, h, w = shape
    frames, rows, columns = volume.shape
    frame, y, x = holes.positions[rng.integers(len(holes.positions))]
    t0 = int(np.clip(frame - t // 2, 0, frames - t))
    dy, dx = int(y - centre[0]), int(x - centre[1])
    # The box of the shot that lands on this region after the move; what falls outside the shot is no hole.
    y0, y1, x0, x1 = max(dy, 0), min(dy + h, rows), max(dx, 0), min(dx + w, columns)
    out = np.zeros(shape, bool)
    if y0 < y1 and x0 < x1:
        known = volume.read(t0, t0 + t, y0, y1, x0, x1)[1]
        out[:, y0 - dy : y1 - dy, x0 - dx : x1 - dx] = ~known
    return out


def draw_hole(
    rng: np.random.Generator,
    volume: ShotVolume,
    holes: Holes,
    shape: tuple[int, int, int],
    centre: tuple[float, float],
) -> Mask:
    """A hole over `centre`: half of the time the shot's own, else a box or a blob of about its size.

    Args:
        rng: the generator of this sample.
        volume: the shot, for the shapes of its own holes.
        holes: of that shot.
        shape: t h w of the mask; t at most the shot's duration.
        centre: row, column in the mask.
    """
    if len(holes.positions) and rng.random() < 0.5:
        return moved(rng, volume, holes, shape, centre)
    usual = min(holes.height, holes.width) if len(holes.positions) else min(shape[1:]) / 4
    size = float(np.clip(usual * np.exp(rng.normal(0, 0.4)), 4, 0.75 * min(shape[1:])))
    return (box if rng.random() < 0.5 else blob)(rng, shape, centre, size)


def _path(
    rng: np.random.Generator, t: int, centre: tuple[float, float], size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column of the centre over time, each t 1 1: half of the holes stand still."""
    speed = np.zeros(2) if rng.random() < 0.5 else rng.normal(0, 0.06 * size, 2)
    time = (np.arange(t) - (t - 1) / 2)[:, None, None]
    return centre[0] + speed[0] * time, centre[1] + speed[1] * time
