"""The set of `crossing`: a street corner by an old atelier, in the last warm sun of the day.

Metres; x to the right along the wall, y away from the camera (the wall's face is y = 0), z up.
"""

from __future__ import annotations

import math

import lettering
import materials
import numpy as np
from meshes import Shape

LEFT, RIGHT = -5.4, 5.4
SIGN = (-2.15, 1.86, 3.6, 0.64)  # left, bottom, width, height
WINDOW = (1.75, 0.85, 1.05, 1.25)
DOOR = (-3.75, 0.0, 1.0, 2.1)


def _pick(rng: np.random.Generator, palette: list) -> np.ndarray:
    """A colour of the palette, a little varied."""
    return np.array(palette[rng.integers(len(palette))]) * rng.uniform(0.75, 1.2)


def _clear(left: float, right: float, z: float) -> tuple[float, float]:
    """What is left of a brick between `left` and `right` beside the openings (none: right <= left)."""
    for start, bottom, width, height in (WINDOW, DOOR):
        end = start + width
        if bottom < z < bottom + height and left < end and right > start:
            left, right = (left, start) if left < start else (end, right)
    return left, right


def wall(rng: np.random.Generator) -> None:
    """Bricks laid in running bond, each its own colour, with the old sign painted over them."""
    shape, length, course = Shape(), 0.235, 0.078
    palette = [
        (0.30, 0.17, 0.10),
        (0.36, 0.22, 0.13),
        (0.26, 0.15, 0.10),
        (0.40, 0.27, 0.17),
        (0.20, 0.12, 0.09),
    ]
    for row in range(42):
        z = course * (row + 0.5)
        for x in np.arange(LEFT + (row % 2) * length / 2, RIGHT, length):
            left, right = _clear(x - length / 2, x + length / 2, z)
            if right - left < 0.03:
                continue
            size = (right - left - 0.011, 0.1, course - 0.011)
            out = 0.05 + rng.normal(0, 0.0022)
            shape.box(
                ((left + right) / 2, out, z),
                size,
                _pick(rng, palette),
                0.006,
                (0, rng.normal(0, 0.004), rng.normal(0, 0.006)),
            )
    image = materials.image_from("sign", lettering.sign())
    shape.build("bricks", materials.painted_brick("brick", image, SIGN, (0.03, 0.16, 0.17)), smooth_deg=None)
    mortar = Shape()
    mortar.box(((LEFT + RIGHT) / 2, 0.16, 1.7), (RIGHT - LEFT, 0.28, 3.4), (0.21, 0.175, 0.14), 0.001)
    mortar.build("mortar", materials.tinted("mortar", 0.95, scale=30, bump=0.5), smooth_deg=None)


def ground(rng: np.random.Generator) -> None:
    """Cobbles in gently waving rows, a gutter, and a strip of paving along the wall."""
    shape, paving = Shape(), Shape()
    palette = [
        (0.20, 0.185, 0.17),
        (0.25, 0.22, 0.19),
        (0.16, 0.15, 0.15),
        (0.28, 0.24, 0.20),
        (0.22, 0.17, 0.14),
    ]
    pitch = 0.165
    for row, y in enumerate(np.arange(-3.4, -0.62, pitch)):
        for x in np.arange(LEFT + (row % 2) * 0.1, RIGHT, 0.2):
            wave = 0.02 * math.sin(x * 2.1 + row)
            size = (0.2 - rng.uniform(0.004, 0.012), pitch - rng.uniform(0.004, 0.012), 0.1)
            turn = (rng.normal(0, 0.03), rng.normal(0, 0.03), rng.normal(0, 0.025))
            shape.box((x, y + wave, -0.055 + rng.normal(0, 0.004)), size, _pick(rng, palette), 0.017, turn)
    shape.build(
        "cobbles", materials.tinted("cobble", 0.62, scale=26, variation=0.3, bump=0.45), smooth_deg=None
    )
    for x in np.arange(LEFT, RIGHT, 0.62):
        tone = np.array((0.30, 0.27, 0.235)) * rng.uniform(0.85, 1.12)
        paving.box(
            (x, -0.25, -0.02), (0.612, 0.5, 0.1), tone, 0.008, (rng.normal(0, 0.003), rng.normal(0, 0.003), 0)
        )
        paving.box((x + 0.3, -0.555, -0.025), (0.61, 0.1, 0.11), tone * 0.9, 0.012)
    paving.build("paving", materials.tinted("paving", 0.8, scale=18, bump=0.4), smooth_deg=None)
    earth = Shape()
    earth.box((0, -2, -0.055), (RIGHT - LEFT + 4, 6, 0.07), (0.17, 0.145, 0.115), 0.001)
    earth.build("earth", materials.tinted("earth", 0.95), smooth_deg=None)


def _frame(shape: Shape, place: tuple, bar: float, depth: float, tint: tuple) -> None:
    """Four planks around an opening."""
    left, bottom, width, height = place
    for x in (left - bar / 2, left + width + bar / 2):
        shape.box((x, -0.01, bottom + height / 2), (bar, depth, height + 2 * bar), tint, 0.008)
    for z in (bottom - bar / 2, bottom + height + bar / 2):
        shape.box((left + width / 2, -0.012, z), (width + 0.002, depth, bar), tint, 0.008)


def openings() -> None:
    """A lit window with shutters, and a door."""
    wood, panes, shine = Shape(), Shape(), Shape()
    teal, cream = (0.045, 0.20, 0.20), (0.62, 0.52, 0.36)
    left, bottom, width, height = WINDOW
    _frame(wood, WINDOW, 0.07, 0.09, cream)
    for k in range(1, 3):
        wood.box((left + width * k / 3, -0.005, bottom + height / 2), (0.028, 0.03, height), cream)
    for k in range(1, 4):
        wood.box((left + width / 2, -0.005, bottom + height * k / 4), (width, 0.03, 0.028), cream)
    wood.box((left + width / 2, -0.07, bottom - 0.09), (width + 0.3, 0.2, 0.05), cream, 0.01)
    rows, columns = 24, 20
    z, x = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    warmth = np.exp(-((x - 0.62) ** 2 * 5 + (z - 0.66) ** 2 * 6)) + 0.16
    grid = np.stack([left + x * width, 0.012 + 0 * x, bottom + z * height], axis=2)
    shine.sheet(grid, warmth[..., None] * np.array([1.0, 0.36, 0.06]))
    shine.build("lit room", materials.glow("lit room", 2.0), smooth_deg=None)
    for side in (left - 0.33, left + width + 0.33):
        for k in range(9):
            wood.box(
                (side, -0.035, bottom + 0.1 + k * (height - 0.14) / 8),
                (0.40, 0.02, 0.11),
                teal,
                0.004,
                (0.45, 0, 0),
            )
        for x0 in (side - 0.2, side + 0.2):
            wood.box((x0, -0.035, bottom + height / 2), (0.06, 0.05, height + 0.12), teal, 0.006)
        for z0 in (bottom - 0.03, bottom + height + 0.03):
            wood.box((side, -0.036, z0), (0.45, 0.05, 0.07), teal, 0.006)
    left, bottom, width, height = DOOR
    _frame(wood, DOOR, 0.09, 0.1, cream)
    for k in range(5):
        wood.box(
            (left + width * (k + 0.5) / 5, 0.03, height / 2), (width / 5 - 0.008, 0.05, height), teal, 0.006
        )
    for z0 in (0.35, 1.05, 1.75):
        wood.box((left + width / 2, 0.0, z0), (width, 0.03, 0.13), teal, 0.008)
    wood.build("joinery", materials.tinted("painted wood", 0.5, (1, 1, 0.15), 26, 0.3, 0.25), smooth_deg=None)
    panes.ball((left + width - 0.1, -0.04, 1.0), (0.035, 0.035, 0.035), (0.75, 0.5, 0.2))
    panes.build("knob", materials.tinted("brass", 0.3, metallic=1.0, bump=0.0))


def _books(
    shape: Shape, rng: np.random.Generator, left: float, right: float, y: float, z: float, tall: float
) -> None:
    """A row of books, some leaning, some lying."""
    palette = [
        (0.42, 0.05, 0.04),
        (0.05, 0.19, 0.21),
        (0.48, 0.32, 0.10),
        (0.10, 0.20, 0.09),
        (0.55, 0.45, 0.30),
        (0.06, 0.08, 0.20),
        (0.30, 0.10, 0.16),
        (0.62, 0.22, 0.06),
        (0.16, 0.09, 0.06),
    ]
    x = left
    while x < right - 0.05:
        if rng.random() < 0.1 and x < right - 0.3:
            for k in range(rng.integers(2, 5)):
                shape.box(
                    (x + 0.12, y, z + 0.02 + k * 0.036),
                    (0.22, 0.16, 0.033),
                    _pick(rng, palette),
                    0.003,
                    (0, 0, rng.normal(0, 0.12)),
                )
            x += 0.26
            continue
        thick, height = rng.uniform(0.022, 0.055), tall * rng.uniform(0.68, 0.98)
        lean = rng.choice([0.0, 0.0, 0.0, 0.16]) * rng.uniform(0.3, 1)
        colour = _pick(rng, palette)
        shape.box(
            (x + thick / 2, y + rng.uniform(-0.015, 0.01), z + height / 2),
            (thick, 0.16, height),
            colour,
            0.004,
            (0, lean, 0),
        )
        shape.box(
            (x + thick / 2 + lean * height * 0.25, y - 0.078, z + height * 0.76),
            (thick * 0.9, 0.012, height * 0.05),
            (0.75, 0.58, 0.25),
            0.001,
            (0, lean, 0),
        )
        x += thick + 0.003 + lean * height * 0.9


def _bottle(shape: Shape, rng: np.random.Generator, x: float, y: float, z: float, tall: float) -> None:
    """A stoppered bottle."""
    colour = np.array(
        [(0.02, 0.16, 0.10), (0.30, 0.12, 0.02), (0.03, 0.12, 0.24), (0.45, 0.40, 0.28)][rng.integers(4)]
    )
    wide = tall * rng.uniform(0.17, 0.24)
    profile = [
        (wide * 0.9, 0),
        (wide, 0.02),
        (wide, tall * 0.55),
        (wide * 0.4, tall * 0.75),
        (wide * 0.36, tall * 0.93),
        (wide * 0.46, tall * 0.94),
        (wide * 0.46, tall),
        (wide * 0.3, tall),
    ]
    tints = [colour] * 5 + [np.array((0.45, 0.30, 0.16))] * 3
    shape.lathe((x, y, z), profile, np.array(tints), 16)


def stall(rng: np.random.Generator) -> None:
    """The bookseller's shelves, a striped awning, crates of oranges."""
    wood, books, glass, fruit = Shape(), Shape(), Shape(), Shape()
    left, right, depth = -1.05, 1.15, 0.30
    oak = (0.26, 0.135, 0.06)
    for z in (0.12, 0.52, 0.90, 1.27):
        wood.box(((left + right) / 2, -depth / 2 - 0.02, z), (right - left, depth, 0.03), oak, 0.004)
    for x in (left, (left + right) / 2 + 0.15, right):
        wood.box((x, -depth / 2 - 0.02, 0.72), (0.045, depth + 0.02, 1.38), oak, 0.004)
    wood.box(((left + right) / 2, -0.03, 0.72), (right - left, 0.02, 1.35), (0.13, 0.065, 0.03), 0.002)
    wood.box(
        ((left + right) / 2, -depth - 0.03, 1.36), (right - left + 0.1, 0.03, 0.13), (0.05, 0.17, 0.17), 0.006
    )
    middle = (left + right) / 2 + 0.15
    for z, tall in ((0.535, 0.30), (0.915, 0.29)):
        _books(books, rng, left + 0.03, middle - 0.04, -0.2, z, tall)
    _books(books, rng, middle + 0.03, right - 0.05, -0.2, 0.535, 0.31)
    _books(books, rng, left + 0.03, left + 0.75, -0.2, 0.135, 0.31)
    for k in range(7):
        _bottle(
            glass,
            rng,
            middle + 0.1 + k * 0.125,
            -0.2 + rng.uniform(-0.04, 0.04),
            0.915,
            rng.uniform(0.2, 0.33),
        )
    for k in range(4):
        _bottle(glass, rng, left + 0.9 + k * 0.13, -0.22, 0.135, rng.uniform(0.22, 0.34))
    _books(books, rng, middle + 0.46, right - 0.05, -0.2, 0.135, 0.30)
    for x, size, tint in (
        (middle + 0.14, 0.085, (0.40, 0.17, 0.07)),
        (middle + 0.34, 0.07, (0.06, 0.22, 0.24)),
    ):
        profile = [
            (size * 0.5, 0),
            (size, size * 0.9),
            (size * 0.95, size * 1.5),
            (size * 0.45, size * 2.3),
            (size * 0.6, size * 2.6),
            (size * 0.4, size * 2.5),
        ]
        glass.lathe((x, -0.21, 0.135), profile, tint)
    books.build(
        "books", materials.tinted("book cloth", 0.65, scale=60, variation=0.25, bump=0.2), smooth_deg=None
    )
    glass.build("bottles", materials.tinted("glaze", 0.18, bump=0.0, coat=0.6))
    for x, y, turn in ((1.62, -0.36, 0.12), (2.24, -0.32, -0.08)):
        for z in (0.06, 0.15, 0.24):
            for dy in (-0.17, 0.17):
                wood.box((x, y + dy, z), (0.5, 0.018, 0.075), (0.36, 0.22, 0.10), 0.003, (0, 0, turn))
            for dx in (-0.24, 0.24):
                wood.box((x + dx, y, z), (0.018, 0.34, 0.075), (0.33, 0.20, 0.10), 0.003, (0, 0, turn))
        for _ in range(34):
            at = (x + rng.uniform(-0.2, 0.2), y + rng.uniform(-0.13, 0.13), 0.235 + rng.uniform(0, 0.085))
            colour = (0.72, 0.24, 0.02) if x < 2 else (0.36, 0.40, 0.04)
            fruit.ball(at, (0.043, 0.043, 0.04), np.array(colour) * rng.uniform(0.85, 1.15), 8, 12)
    fruit.build("fruit", materials.tinted("peel", 0.45, scale=90, variation=0.15, bump=0.15))
    wood.build("shelves", materials.tinted("oak", 0.6, (0.3, 1, 4), 16, 0.5, 0.3), smooth_deg=None)


def awning() -> None:
    """Striped cloth over the stall, its hem scalloped."""
    shape = Shape()
    left, right = -1.25, 1.35
    columns, rows = 131, 9
    x = np.linspace(left, right, columns)
    stripe = np.where((np.floor((x - left) / 0.2) % 2 == 0)[:, None], (0.60, 0.07, 0.045), (0.80, 0.70, 0.52))
    grid = np.zeros((rows, columns, 3))
    for j in range(rows):
        s = j / (rows - 3)
        sag = 0.012 * np.sin((x - left) / 0.4 * math.pi) ** 2
        hem = 0.055 + 0.045 * np.abs(np.sin((x - left) / 0.2 * math.pi))
        if s <= 1:
            grid[j] = np.stack([x, -0.62 * s + 0 * x, 1.86 - 0.30 * s - sag * s], axis=1)
        else:
            grid[j] = np.stack([x, -0.625 + 0 * x, 1.56 - sag - hem * (j - rows + 3) / 2], axis=1)
    shape.sheet(grid, np.broadcast_to(stripe, (rows, columns, 3)))
    shape.build("awning", materials.tinted("canvas", 0.85, scale=70, variation=0.2, bump=0.15))


def posters() -> None:
    """Three posters pasted on the wall."""
    drawn = (
        ("moon", lettering.poster_moon(), (-2.42, 0.72, 0.66, 0.95)),
        ("sun", lettering.poster_sun(), (-1.68, 0.86, 0.52, 0.75)),
        ("wheel", lettering.poster_wheel(), (3.62, 0.95, 0.62, 0.62)),
    )
    for name, picture, place in drawn:
        left, bottom, width, height = place
        s, t = np.meshgrid(np.linspace(0, 1, 13), np.linspace(0, 1, 17))
        curl = 0.012 * np.abs(s - 0.5) ** 3 * 8 * (0.4 + t) + 0.004 * np.sin(9 * t + 5 * s)
        grid = np.stack([left + s * width, -0.012 - curl, bottom + t * height], axis=2)
        shape = Shape()
        shape.sheet(grid, (1, 1, 1))
        image = materials.image_from(f"poster {name}", picture)
        shape.build(f"poster {name}", materials.paper(f"paper {name}", image, place))
