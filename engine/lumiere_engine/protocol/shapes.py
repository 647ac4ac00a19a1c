"""What a roto is drawn with: Bézier points, keyframes of shapes, strokes; places are pixels of the plate, y down."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Tuple

from .errors import SpecError

MOST_KNOTS = 20_000
_FARTHEST = 1e6  # pixels
_KAPPA = 4 / 3 * math.tan(math.pi / 8)  # length of a tangent that makes a quarter of a circle


@dataclass(frozen=True)
class Knot:
    """A point of a closed Bézier curve.

    Attributes:
        x, y: where it is.
        in_x, in_y: its incoming handle, relative to it; 0, 0 makes a corner.
        out_x, out_y: its outgoing handle, relative to it.
    """

    x: float
    y: float
    in_x: float = 0.0
    in_y: float = 0.0
    out_x: float = 0.0
    out_y: float = 0.0

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.in_x, self.in_y, self.out_x, self.out_y)
        if not all(-_FARTHEST <= value <= _FARTHEST for value in values):
            raise SpecError("a roto point lies out of range")

    def moved(self, dx: float, dy: float) -> "Knot":
        """The point elsewhere, its handles with it."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def towards(self, other: "Knot", share: float) -> "Knot":
        """The point between this one (share 0) and another one (share 1)."""
        mine = (self.x, self.y, self.in_x, self.in_y, self.out_x, self.out_y)
        theirs = (other.x, other.y, other.in_x, other.in_y, other.out_x, other.out_y)
        return Knot(*(a + (b - a) * share for a, b in zip(mine, theirs)))  # noqa: B905


@dataclass(frozen=True)
class ShapeKey:
    """A shape as it was drawn on one frame.

    Attributes:
        frame: of the media.
        knots: of the closed curve; fewer than 3 enclose nothing.
    """

    frame: int
    knots: Tuple[Knot, ...]

    def __post_init__(self) -> None:
        if len(self.knots) > MOST_KNOTS:
            raise SpecError(f"a shape has at most {MOST_KNOTS} points")


@dataclass(frozen=True)
class Stroke:
    """One stroke of the brush.

    Attributes:
        xy: x and y of its points, one after the other.
        radius: pixels, more than 0.
        hardness: 0..1, the share of the radius that is full; from there it falls to 0.
        erase: whether it takes away.
    """

    xy: Tuple[float, ...]
    radius: float
    hardness: float = 0.8
    erase: bool = False

    def __post_init__(self) -> None:
        if len(self.xy) % 2 or not self.xy:
            raise SpecError("a stroke has pairs of numbers, one at least")
        if not all(-_FARTHEST <= value <= _FARTHEST for value in self.xy):
            raise SpecError("a stroke lies out of range")
        if not 0 < self.radius <= 10_000 or not 0 <= self.hardness <= 1:
            raise SpecError("a brush has a radius of up to 10000 pixels and a hardness of 0 to 1")


def rectangle(left: float, top: float, right: float, bottom: float) -> Tuple[Knot, ...]:
    """Four corners, clockwise from the upper left one."""
    return Knot(left, top), Knot(right, top), Knot(right, bottom), Knot(left, bottom)


def ellipse(left: float, top: float, right: float, bottom: float) -> Tuple[Knot, ...]:
    """The ellipse in a box, clockwise from its top; 0.03 % from a true one."""
    x, y = (left + right) / 2, (top + bottom) / 2
    rx, ry = (right - left) / 2, (bottom - top) / 2
    kx, ky = rx * _KAPPA, ry * _KAPPA
    return (
        Knot(x, top, -kx, 0.0, kx, 0.0),
        Knot(right, y, 0.0, -ky, 0.0, ky),
        Knot(x, bottom, kx, 0.0, -kx, 0.0),
        Knot(left, y, 0.0, ky, 0.0, -ky),
    )


def smoothed(points: "Tuple[Tuple[float, float], ...]") -> Tuple[Knot, ...]:
    """A closed curve that goes smoothly through points (Catmull-Rom handles)."""
    count = len(points)
    if count < 3:
        return tuple(Knot(x, y) for x, y in points)
    knots = []
    for k, (x, y) in enumerate(points):
        (bx, by), (ax, ay) = points[k - 1], points[(k + 1) % count]
        dx, dy = (ax - bx) / 6, (ay - by) / 6
        knots.append(Knot(x, y, -dx, -dy, dx, dy))
    return tuple(knots)
