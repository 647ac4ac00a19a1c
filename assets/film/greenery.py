"""Pots, plants, hanging lamps, and the leaves outside the picture that dapple the light."""

from __future__ import annotations

import itertools
import math

import materials
import numpy as np
from meshes import Shape

GREENS = [(0.07, 0.16, 0.03), (0.10, 0.20, 0.05), (0.05, 0.12, 0.035), (0.15, 0.22, 0.05)]
BLOOMS = [(0.75, 0.10, 0.16), (0.85, 0.35, 0.40), (0.85, 0.55, 0.10)]


def _pot(shape: Shape, x: float, y: float, radius: float, tall: float, colour: tuple) -> None:
    """A terracotta pot with a rim, filled with earth."""
    clay, soil = np.array(colour), np.array((0.03, 0.02, 0.015))
    profile = [
        (radius * 0.7, 0),
        (radius * 0.95, tall * 0.8),
        (radius * 1.08, tall * 0.8),
        (radius * 1.1, tall),
        (radius * 0.95, tall),
        (radius * 0.9, tall * 0.9),
    ]
    shape.lathe((x, y, 0.03), profile, np.array([clay] * 5 + [soil]), 24)


def bush(
    shape: Shape,
    rng: np.random.Generator,
    centre: tuple,
    radii: tuple,
    count: int,
    size: float,
    greens: list | None = None,
) -> None:
    """Leaves all over an ellipsoid, pointing outwards."""
    palette = greens or GREENS
    for _ in range(count):
        out = rng.normal(size=3)
        out /= np.linalg.norm(out)
        at = np.array(centre) + out * np.array(radii) * rng.uniform(0.45, 1.0)
        along = out + rng.normal(0, 0.5, 3) + np.array((0, 0, 0.35))
        tint = np.array(palette[rng.integers(len(palette))]) * rng.uniform(0.7, 1.35)
        shape.leaf(
            at,
            along,
            size * rng.uniform(0.7, 1.3),
            size * rng.uniform(0.35, 0.5),
            tint,
            rng.uniform(0.1, 0.5),
        )


def fern(shape: Shape, rng: np.random.Generator, base: tuple, count: int, length: float) -> None:
    """Long leaves that arch out of a pot."""
    for k in range(count):
        angle = k * 2.4 + rng.uniform(-0.3, 0.3)
        along = (math.cos(angle) * 0.8, math.sin(angle) * 0.8, rng.uniform(0.7, 1.8))
        tint = np.array(GREENS[rng.integers(len(GREENS))]) * rng.uniform(0.8, 1.3)
        shape.leaf(base, along, length * rng.uniform(0.7, 1.15), length * 0.13, tint, rng.uniform(0.35, 0.75))


def plants(rng: np.random.Generator) -> None:
    """Everything that grows along the wall, and a window box in flower."""
    pots, leaves, stems = Shape(), Shape(), Shape()
    for x, y, radius, tall, colour in (
        (-2.62, -0.32, 0.19, 0.36, (0.42, 0.15, 0.07)),
        (-1.42, -0.30, 0.15, 0.26, (0.05, 0.17, 0.18)),
        (-1.88, -0.24, 0.11, 0.2, (0.45, 0.17, 0.08)),
        (3.05, -0.3, 0.2, 0.38, (0.42, 0.15, 0.07)),
        (3.55, -0.26, 0.13, 0.24, (0.5, 0.4, 0.26)),
        (1.32, -0.24, 0.09, 0.17, (0.45, 0.17, 0.08)),
    ):
        _pot(pots, x, y, radius, tall, colour)
    stems.tube([(-2.62, -0.32, 0.3), (-2.60, -0.32, 0.6), (-2.62, -0.31, 0.95)], 0.018, (0.16, 0.09, 0.05))
    bush(leaves, rng, (-2.62, -0.32, 1.02), (0.27, 0.25, 0.27), 420, 0.10)
    fern(leaves, rng, (-1.42, -0.30, 0.28), 34, 0.46)
    bush(leaves, rng, (-1.88, -0.24, 0.30), (0.14, 0.13, 0.11), 150, 0.07)
    bush(leaves, rng, (-1.88, -0.24, 0.36), (0.14, 0.13, 0.08), 60, 0.045, BLOOMS)
    stems.tube([(3.05, -0.3, 0.3), (3.07, -0.3, 0.7), (3.04, -0.3, 1.1)], 0.02, (0.16, 0.09, 0.05))
    bush(leaves, rng, (3.05, -0.3, 1.2), (0.3, 0.26, 0.3), 460, 0.10)
    fern(leaves, rng, (3.55, -0.26, 0.25), 30, 0.4)
    fern(leaves, rng, (1.32, -0.24, 0.2), 22, 0.26)
    pots.box((2.275, -0.1, 0.87), (1.1, 0.17, 0.14), (0.30, 0.15, 0.07), 0.008)
    bush(leaves, rng, (2.275, -0.11, 0.97), (0.55, 0.09, 0.07), 380, 0.075)
    bush(leaves, rng, (2.275, -0.13, 1.01), (0.53, 0.09, 0.06), 150, 0.05, BLOOMS)
    for x in np.linspace(1.8, 2.75, 16):
        fern(leaves, rng, (x, -0.19, 0.92), 2, 0.2)
    pots.build("pots", materials.tinted("terracotta", 0.8, scale=24, bump=0.3))
    stems.build("stems", materials.tinted("bark", 0.9, scale=50, bump=0.6))
    leaves.build("leaves", materials.leaf("leaf"))


def ivy(rng: np.random.Generator) -> None:
    """Ivy that comes down the wall from above the sign's right end and around the door."""
    leaves = Shape()
    for start, reach in (
        (-2.75, 1.0),
        (-2.55, 0.6),
        (-2.35, 0.3),
        (1.55, 0.25),
        (3.1, 0.55),
        (3.3, 0.9),
        (3.5, 0.5),
    ):
        x, z = start, 2.75
        while z > 2.6 - reach:
            for _ in range(5):
                at = (x + rng.normal(0, 0.06), -0.02 - abs(rng.normal(0, 0.02)), z + rng.normal(0, 0.05))
                tint = np.array(GREENS[rng.integers(4)]) * rng.uniform(0.7, 1.4)
                along = (rng.normal(0, 0.7), -0.35, -1 + rng.normal(0, 0.4))
                leaves.leaf(at, along, rng.uniform(0.06, 0.1), rng.uniform(0.05, 0.075), tint, 0.1)
            x += rng.normal(0, 0.03)
            z -= 0.045
    leaves.build("ivy", materials.leaf("ivy"))


def festoon(anchors: list, y: float, sag: float) -> None:
    """Lamps on a hanging wire between anchor points (x, z)."""
    wire, bulbs, caps = Shape(), Shape(), Shape()
    for (x0, z0), (x1, z1) in itertools.pairwise(anchors):
        s = np.linspace(0, 1, 25)
        line = np.stack(
            [x0 + (x1 - x0) * s, np.full(25, y), z0 + (z1 - z0) * s - sag * 4 * s * (1 - s)], axis=1
        )
        wire.tube(line, 0.006, (0.02, 0.02, 0.02), 6)
        for k in range(2, 25, 4):
            x, _, z = line[k]
            caps.lathe((x, y, z - 0.05), [(0.016, 0), (0.016, 0.045), (0.008, 0.05)], (0.03, 0.03, 0.03), 10)
            bulbs.ball((x, y, z - 0.078), (0.030, 0.030, 0.036), (1.0, 0.40, 0.08), 8, 12)
    wire.build("wire", materials.tinted("wire", 0.6, bump=0.0))
    caps.build("caps", materials.tinted("cap", 0.4, bump=0.0))
    bulbs.build("bulbs", materials.glow("bulb", 2.6))


def dapple(rng: np.random.Generator, centre: tuple, spread: tuple, count: int) -> None:
    """A leafy bough between the sun and the set, outside the picture."""
    leaves = Shape()
    twigs = [np.array(centre) + rng.normal(size=3) * np.array(spread) for _ in range(count // 14)]
    for _ in range(count):
        at = twigs[rng.integers(len(twigs))] + rng.normal(0, 0.16, 3)
        leaves.leaf(at, rng.normal(size=3), 0.17, 0.09, (0.05, 0.1, 0.02), 0.2)
    leaves.build("bough", materials.leaf("bough"))
