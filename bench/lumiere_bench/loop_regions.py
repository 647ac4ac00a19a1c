"""Regions that live in known shots, drawn by hand: polygons in shares of the picture's width and height."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Region:
    """What lives in a shot.

    Attributes:
        still: the frame that all else shows.
        polygon: corners (x, y), 0..1.
    """

    still: int
    polygon: tuple[tuple[float, float], ...]

    def matte(self, height: int, width: int) -> Array:
        """H w uint8, 255 inside."""
        corners = np.array(self.polygon) * (width, height)
        return cv2.fillPoly(np.zeros((height, width), np.uint8), [np.rint(corners).astype(np.int32)], 255)


def _box(left: float, top: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


# By the names of the shots' folders. What is not in it: see `region_of`.
REGIONS = {
    "aquarium_crowd": Region(110, _box(-0.1, 0.42, 1.1, 0.85)),
    "ballet_studio": Region(60, _box(0.06, 0.32, 0.28, 0.88)),
    "boiling_water": Region(
        100,
        (
            (0.07, 0.45),
            (0.15, 0.25),
            (0.35, 0.15),
            (0.6, 0.13),
            (0.82, 0.24),
            (0.92, 0.42),
            (0.88, 0.6),
            (0.7, 0.76),
            (0.5, 0.82),
            (0.3, 0.78),
            (0.13, 0.65),
        ),
    ),
    "branch_wind": Region(
        50, ((-0.1, -0.1), (1.1, -0.1), (1.1, 0.72), (0.62, 0.7), (0.4, 0.78), (0.24, 1.1), (-0.1, 1.1))
    ),
    "clouds_sign": Region(45, _box(-0.1, 0.14, 1.1, 0.62)),
    "creek": Region(
        45,
        (
            (0.2, 0.18),
            (0.4, 0.18),
            (0.44, 0.48),
            (0.54, 0.52),
            (0.52, 0.32),
            (0.64, 0.36),
            (0.8, 0.56),
            (1.1, 0.84),
            (1.1, 0.95),
            (0.8, 0.86),
            (0.5, 0.72),
            (0.28, 0.66),
            (0.33, 0.45),
        ),
    ),
    "fire_pot": Region(
        130,
        (
            (-0.1, 0.7),
            (0.16, 0.68),
            (0.3, 0.8),
            (0.5, 0.8),
            (0.66, 0.55),
            (0.72, 0.2),
            (1.1, 0.2),
            (1.1, 1.1),
            (-0.1, 1.1),
        ),
    ),
    "flag": Region(120, _box(0.2, 0.08, 0.93, 0.66)),
    "fountain": Region(120, ((0.2, -0.1), (0.72, -0.1), (0.78, 1.1), (0.02, 1.1), (0.05, 0.7))),
    "newtons_cradle": Region(18, _box(0.2, 0.5, 0.78, 0.86)),
    "night_reflections": Region(80, _box(-0.1, 0.56, 1.1, 1.1)),
    "sea_sunset": Region(
        120, ((0.2, 0.2), (0.6, 0.19), (1.1, 0.2), (1.1, 0.5), (0.8, 0.46), (0.5, 0.42), (0.3, 0.36))
    ),
}


def region_of(shot: str, frame_count: int) -> Region:
    """The region of a shot; of one that is not in the table an ellipse in the middle, and its middle frame."""
    known = REGIONS.get(shot)
    if known is not None:
        return known
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return Region(frame_count // 2, tuple((0.5 + 0.35 * np.cos(a), 0.55 + 0.3 * np.sin(a)) for a in turns))
