"""The set of `pond`: two houses, trees and a boat on the far bank of a canal, at dusk.

Metres; x to the right, y away from the camera (the quay's edge is y = 0), z up from the water.
"""

from __future__ import annotations

import math

import greenery
import materials
import numpy as np
from meshes import Shape

QUAY = 0.42
PINES = [(0.025, 0.06, 0.03), (0.035, 0.075, 0.03), (0.02, 0.05, 0.035), (0.05, 0.08, 0.03)]
AUTUMN = [(0.30, 0.12, 0.02), (0.38, 0.18, 0.03), (0.22, 0.10, 0.03), (0.12, 0.12, 0.03)]


def quay(rng: np.random.Generator) -> None:
    """The bank: courses of stone, a coping, steps down to the water, and meadow behind."""
    stone, grass = Shape(), Shape()
    for row, z in enumerate((-0.12, 0.06, 0.24)):
        for x in np.arange(-7.2 + (row % 2) * 0.2, 7.2, 0.42):
            tone = np.array((0.19, 0.175, 0.16)) * rng.uniform(0.6, 1.2) * (0.55 if row == 0 else 1)
            stone.box((x, 0.1 + rng.normal(0, 0.008), z), (0.405, 0.2, 0.168), tone, 0.016)
    for x in np.arange(-7.2, 7.2, 0.6):
        stone.box(
            (x, 0.13, 0.375), (0.59, 0.34, 0.09), np.array((0.27, 0.25, 0.22)) * rng.uniform(0.85, 1.1), 0.015
        )
    for k in range(4):
        stone.box((-2.55, -0.09 - 0.11 * k, 0.30 - 0.12 * k), (0.8, 0.16, 0.12), (0.24, 0.22, 0.2), 0.012)
    stone.build("quay", materials.tinted("stone", 0.8, scale=9, bump=0.4), smooth_deg=None)
    grass.box((0, 4.3, 0.3), (30, 8, 0.2), (0.05, 0.075, 0.03), 0.01)
    grass.build("meadow", materials.tinted("grass", 0.95, scale=14, bump=0.5), smooth_deg=None)
    blades = Shape()
    for _ in range(1500):
        x, y = rng.uniform(-6, 6), rng.uniform(0.32, 1.1)
        tint = np.array(greenery.GREENS[rng.integers(4)]) * rng.uniform(0.4, 0.9)
        blades.leaf(
            (x, y, 0.39),
            (rng.normal(0, 0.4), rng.normal(0, 0.3), 1),
            rng.uniform(0.05, 0.14),
            0.012,
            tint,
            0.2,
        )
    blades.build("blades", materials.leaf("blade"))


def _window(
    frame: Shape, light: Shape, x: float, y: float, z: float, width: float, height: float, warm: float
) -> None:
    """A lit window with glazing bars and a sill."""
    s, t = np.meshgrid(np.linspace(0, 1, 7), np.linspace(0, 1, 9))
    glowing = (0.45 + 0.55 * np.exp(-((s - 0.5) ** 2 * 6 + (t - 0.6) ** 2 * 5)))[..., None] * warm
    grid = np.stack([x + (s - 0.5) * width, 0 * s + y - 0.012, z + (t - 0.5) * height], axis=2)
    light.sheet(grid, glowing * np.array((1.0, 0.27, 0.03)))
    cream = (0.50, 0.44, 0.34)
    for side in (-1, 1):
        frame.box((x + side * (width / 2 + 0.02), y - 0.02, z), (0.045, 0.05, height + 0.08), cream)
        frame.box((x, y - 0.02, z + side * (height / 2 + 0.02)), (width + 0.08, 0.05, 0.045), cream)
    frame.box((x, y - 0.018, z), (0.022, 0.02, height), cream)
    frame.box((x, y - 0.018, z + height * 0.12), (width, 0.02, 0.022), cream)
    frame.box((x, y - 0.05, z - height / 2 - 0.05), (width + 0.16, 0.1, 0.03), cream)


def _roof(
    tiles: Shape,
    rng: np.random.Generator,
    left: float,
    right: float,
    eave: tuple,
    ridge: tuple,
    colour: tuple,
) -> None:
    """One slope of tiles, from the eave (y, z) up to the ridge (y, z)."""
    slope = math.atan2(ridge[1] - eave[1], ridge[0] - eave[0])
    reach = math.hypot(ridge[0] - eave[0], ridge[1] - eave[1])
    for row, d in enumerate(np.arange(0, reach, 0.115)):
        y, z = eave[0] + math.cos(slope) * d, eave[1] + math.sin(slope) * d
        for x in np.arange(left + (row % 2) * 0.06, right, 0.12):
            tone = np.array(colour) * rng.uniform(0.6, 1.3)
            tiles.box(
                (x, y, z + rng.normal(0, 0.003)), (0.114, 0.16, 0.022), tone, 0.006, (slope - 0.1, 0, 0)
            )


def houses(rng: np.random.Generator) -> None:
    """The long house with dormer lights, and the gabled one beside it."""
    walls, frame, light, tiles = Shape(), Shape(), Shape(), Shape()
    walls.box((-0.85, 1.75, 1.1), (3.1, 1.5, 1.4), (0.50, 0.33, 0.16), 0.01)
    _roof(tiles, rng, -2.52, 0.85, (0.86, 1.74), (1.75, 2.62), (0.20, 0.075, 0.045))
    tiles.box((-0.85, 1.76, 2.64), (3.4, 0.12, 0.07), (0.16, 0.06, 0.04), 0.02)
    walls.box((-1.75, 1.9, 2.65), (0.3, 0.3, 0.7), (0.26, 0.12, 0.08), 0.01)
    walls.box((-1.75, 1.9, 3.0), (0.36, 0.36, 0.06), (0.2, 0.1, 0.07), 0.01)
    timber = (0.085, 0.05, 0.03)
    for x in (-2.38, -1.62, -0.86, -0.1, 0.68):
        frame.box((x, 0.99, 1.1), (0.07, 0.04, 1.36), timber)
    for z in (0.5, 1.12, 1.7):
        frame.box((-0.85, 0.988, z), (3.12, 0.04, 0.065), timber)
    for x, lean in ((-2.0, 0.9), (0.29, -0.9)):
        frame.box((x, 0.992, 1.41), (0.06, 0.03, 0.86), timber, turn=(0, lean, 0))
    for x, z, warm in (
        (-1.24, 1.40, 1.1),
        (-0.48, 1.40, 0.75),
        (-2.0, 0.80, 0.9),
        (-1.24, 0.80, 1.0),
        (0.29, 0.80, 1.15),
    ):
        _window(frame, light, x, 1.0, z, 0.36, 0.40, warm)
    frame.box((-0.48, 0.99, 0.75), (0.42, 0.05, 0.66), (0.04, 0.16, 0.17), 0.008)
    light.box((-0.48, 0.962, 0.98), (0.24, 0.01, 0.1), (0.9, 0.42, 0.12), 0.002)
    walls.box((2.05, 1.9, 1.0), (1.6, 1.6, 1.2), (0.13, 0.21, 0.25), 0.01)
    gable = np.array([(1.25, 1.101, 1.59), (2.85, 1.101, 1.59), (2.05, 1.101, 2.75)])
    walls.add(gable, [(0, 1, 2)], (0.13, 0.21, 0.25))
    for side in (-1, 1):
        for row, d in enumerate(np.arange(0, 1.5, 0.115)):
            for y in np.arange(0.95 + (row % 2) * 0.06, 2.7, 0.12):
                at = (2.05 + side * (0.96 - d * 0.6), y, 1.44 + d * 0.87)
                tiles.box(
                    at,
                    (0.16, 0.114, 0.022),
                    np.array((0.12, 0.085, 0.08)) * rng.uniform(0.6, 1.3),
                    0.006,
                    (0, side * 0.9, 0),
                )
    for x, z, warm in ((1.70, 1.0, 0.95), (2.40, 1.0, 1.2), (2.05, 1.78, 0.8)):
        _window(frame, light, x, 1.1, z, 0.34, 0.44, warm)
    walls.build("walls", materials.tinted("plaster", 0.9, scale=5, variation=0.3, bump=0.2), smooth_deg=None)
    frame.build("timber", materials.tinted("timber", 0.7, scale=20, bump=0.3), smooth_deg=None)
    light.build("windows", materials.glow("window light", 2.0), smooth_deg=None)
    tiles.build("tiles", materials.tinted("tile", 0.75, scale=20, bump=0.3), smooth_deg=None)


def trees(rng: np.random.Generator) -> None:
    """Trees around the houses, a far wood, and reeds in the near corner."""
    leaves, bark, reeds = Shape(), Shape(), Shape()
    for x, y, z, wide, tall, count, kind in (
        (-3.5, 1.6, 2.1, 0.75, 0.95, 1500, AUTUMN),
        (-4.6, 2.6, 1.9, 0.9, 1.3, 1200, PINES),
        (3.75, 1.7, 1.9, 0.6, 0.9, 1200, greenery.GREENS),
        (4.7, 2.4, 2.2, 0.8, 1.4, 1200, PINES),
    ):
        greenery.bush(leaves, rng, (x, y, z), (wide, wide, tall), count, 0.15, kind)
        bark.tube([(x, y, 0.4), (x + 0.05, y, 1.0), (x, y, z)], 0.07, (0.08, 0.05, 0.035))
    for x in (1.02, -2.75, 0.9, 3.05, -0.2):
        greenery.bush(leaves, rng, (x, 0.85, 0.52), (0.22, 0.16, 0.16), 170, 0.08)
    for x in np.arange(-8.5, 9, 0.55):
        greenery.bush(
            leaves,
            rng,
            (x, 6.5 + rng.uniform(-1, 1), 1.2 + 0.5 * math.sin(x * 0.8)),
            (0.7, 0.5, 1.0),
            260,
            0.26,
            PINES,
        )
    for _ in range(46):
        x, y = rng.normal(-2.15, 0.22), rng.uniform(-6.0, -5.2)
        lean = rng.normal(0.05, 0.12)
        tall = rng.uniform(0.35, 0.85)
        reeds.leaf(
            (x, y, -0.05),
            (lean, 0, 1),
            tall,
            0.022,
            np.array((0.08, 0.11, 0.03)) * rng.uniform(0.5, 1.2),
            0.08,
        )
        if rng.random() < 0.25:
            reeds.lathe(
                (x + lean * tall * 0.9, y, tall * 0.8),
                [(0.004, -0.15), (0.018, 0), (0.018, 0.11), (0.004, 0.14)],
                (0.10, 0.045, 0.02),
                8,
            )
    leaves.build("crowns", materials.leaf("crown"))
    bark.build("trunks", materials.tinted("trunk", 0.9, scale=20, bump=0.5))
    reeds.build("reeds", materials.leaf("reed"))


def boat() -> None:
    """A red rowing boat moored at the quay, and mooring posts."""
    hull, wood = Shape(), Shape()
    s, t = np.meshgrid(np.linspace(0, 1, 25), np.linspace(-1, 1, 15))
    beam = 0.27 * np.sin(math.pi * np.clip(s * 0.92 + 0.08, 0, 1)) ** 0.6
    x = (s - 0.5) * 1.5
    z = -0.06 + np.abs(t) ** 2.4 * (0.21 + 0.10 * (2 * s - 1) ** 2)
    colour = np.where((np.abs(t) > 0.9)[..., None], (0.60, 0.50, 0.34), (0.42, 0.035, 0.025))
    hull.sheet(np.stack([x + 0.95, t * beam - 0.62, z], axis=2), colour)
    for at in (-0.25, 0.15, 0.5):
        wood.box((0.95 + at, -0.62, 0.10), (0.12, 0.46, 0.02), (0.30, 0.18, 0.09), 0.004)
    for x0, y0, tall in ((0.05, -0.55, 0.55), (1.95, -0.5, 0.5), (-3.4, -0.7, 0.6), (3.2, -0.8, 0.6)):
        wood.lathe(
            (x0, y0, -0.2), [(0.055, 0), (0.05, tall + 0.2), (0.03, tall + 0.22)], (0.15, 0.10, 0.07), 14
        )
    wood.tube([(0.05, -0.55, 0.45), (0.14, -0.58, 0.27), (0.23, -0.61, 0.24)], 0.009, (0.4, 0.33, 0.22))
    hull.build("hull", materials.tinted("boat paint", 0.4, scale=14, variation=0.25, bump=0.1))
    wood.build("planks", materials.tinted("wet wood", 0.7, scale=24, bump=0.4))


def lanterns() -> None:
    """Two lamp posts on the quay."""
    iron, light = Shape(), Shape()
    for x in (-2.95, 1.05):
        iron.lathe(
            (x, 0.3, 0.4),
            [(0.05, 0), (0.05, 0.08), (0.022, 0.12), (0.018, 1.1), (0.05, 1.13), (0.06, 1.15)],
            (0.02, 0.025, 0.025),
            12,
        )
        light.lathe((x, 0.3, 1.56), [(0.05, 0), (0.075, 0.15), (0.07, 0.16)], (1.0, 0.55, 0.2), 12)
        iron.lathe((x, 0.3, 1.72), [(0.10, 0), (0.02, 0.09), (0.012, 0.13)], (0.02, 0.025, 0.025), 12)
    iron.build("iron", materials.tinted("iron", 0.5, bump=0.0))
    light.build("lantern light", materials.glow("lantern", 4.0))
