"""A small world whose clips say what they show: made from a caption, and read back from the pictures alone.

One object on a plain or striped ground, 16 × 16 pixels: a colour, a shape, a motion. "Swings" has a period of
`PERIOD` frames, so that key frames `PERIOD` apart always find the object at the same place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np

from .clips import write_clip

Array = np.ndarray

SIDE = 16
PERIOD = 5
FRAMES = 20
RATE = Fraction(16)
COLOURS = {"red": (220, 40, 40), "green": (40, 190, 60), "blue": (50, 80, 230), "yellow": (230, 210, 40)}
SHAPES = ("disk", "square", "cross")
GROUNDS = ("black", "grey", "stripes")
MOTIONS = {
    "rests": (0.0, 0.0),
    "slides right": (0.45, 0.0),
    "slides left": (-0.45, 0.0),
    "slides down": (0.0, 0.45),
    "slides up": (0.0, -0.45),
    "swings": (0.0, 0.0),
}
_RADIUS = 3.2
_SWING = 4.0
_FINE = 8  # samples per pixel and axis


@dataclass(frozen=True)
class Scene:
    """What a clip shows."""

    colour: str
    shape: str
    ground: str
    motion: str

    @property
    def caption(self) -> str:
        """In words."""
        return f"a {self.colour} {self.shape} on {self.ground} {self.motion}"

    @property
    def way(self) -> str:
        """The motion without its direction: what a single frame's place can hint at."""
        return {"right": "across", "left": "across", "down": "along", "up": "along"}.get(
            self.motion.split()[-1], self.motion
        )


SCENES = tuple(Scene(*values) for values in product(COLOURS, SHAPES, GROUNDS, MOTIONS))


def draw(scene: Scene, frames: int, seed: int) -> Array:
    """The scene from a random place and phase: t h w 3 uint8."""
    rng = np.random.default_rng([seed, SCENES.index(scene)])
    speed = np.array(MOTIONS[scene.motion])
    middle = SIDE / 2 + rng.uniform(-1.5, 1.5, 2)
    if scene.motion == "swings":
        middle[0] = SIDE / 2  # there is just room for it
    phase = rng.uniform(0, 2 * math.pi)
    out = np.empty((frames, SIDE, SIDE, 3), np.uint8)
    for t in range(frames):
        x, y = middle + speed * (t - (frames - 1) / 2)
        if scene.motion == "swings":
            x += _SWING * math.sin(2 * math.pi * t / PERIOD + phase)
        cover = _cover(scene.shape, x, y)[..., None]
        out[t] = np.rint(_ground(scene.ground) * (1 - cover) + np.array(COLOURS[scene.colour]) * cover)
    return out


def _ground(name: str) -> Array:
    value = np.zeros((SIDE, SIDE, 3))
    if name == "grey":
        value[:] = 120
    if name == "stripes":
        value[:] = 60
        value[np.arange(SIDE) % 4 < 2] = 150
    return value


def _cover(shape: str, x: float, y: float) -> Array:
    """How much of each pixel the object covers, 0..1."""
    places = (np.arange(SIDE * _FINE) + 0.5) / _FINE
    across, down = np.abs(places[None] - x), np.abs(places[:, None] - y)
    if shape == "disk":
        inside = across**2 + down**2 <= _RADIUS**2
    elif shape == "square":
        inside = np.maximum(across, down) <= 0.9 * _RADIUS
    else:
        inside = (np.minimum(across, down) <= 1.0) & (np.maximum(across, down) <= _RADIUS)
    return inside.reshape(SIDE, _FINE, SIDE, _FINE).mean((1, 3))


def write_world(folder: Path, seed: int, copies: int = 2, motions: tuple[str, ...] = tuple(MOTIONS)) -> int:
    """Captioned clips of every scene with such a motion, lossless, each beside its caption; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for number, scene in enumerate(SCENES):
        if scene.motion not in motions:
            continue
        for copy in range(copies):
            stem = folder / f"{number:03d}_{copy}"
            write_clip(stem.with_suffix(".mkv"), draw(scene, FRAMES, seed + copy), RATE)
            stem.with_suffix(".txt").write_text(scene.caption + "\n", encoding="utf-8")
            count += 1
    return count


@dataclass(frozen=True)
class Reading:
    """What a clip shows, as its pictures tell."""

    scene: Scene
    """The likeliest."""
    path: Array
    """t 2: the object's centre in each frame, x and y in pixels; not a number where nothing is seen."""
    swing: float
    """Share of the sideways motion that one swing of `PERIOD` frames explains, 0..1; 0 if there is little."""


def read(clip: Array) -> Reading:
    """Read a clip, t h w 3 uint8."""
    pictures = clip.astype(np.float64)
    ground = np.median(pictures, axis=(0, 2))  # of each row: the object covers less than half of it
    apart = np.abs(pictures - ground[None, :, None]).max(-1)
    cover = np.clip(apart / max(40.0, float(np.percentile(apart, 99.5))), 0, 1)
    cover = np.where(cover > 0.3, cover, 0.0)
    weight = cover.sum((1, 2))
    seen = weight > 2
    places = np.arange(SIDE) + 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (cover * places).sum((1, 2)) / weight, (cover * places[:, None]).sum((1, 2)) / weight
    path = np.where(seen[:, None], np.stack([x, y], 1), np.nan)
    motion, swing = _motion(path)
    scene = Scene(_colour(pictures, cover), _shape(cover[seen]), _ground_name(ground), motion)
    return Reading(scene, path, swing)


def _colour(pictures: Array, cover: Array) -> str:
    solid = cover > 0.9
    mean = pictures[solid].mean(0) if solid.any() else np.zeros(3)
    return min(COLOURS, key=lambda name: float(np.square(mean - COLOURS[name]).sum()))


def _shape(cover: Array) -> str:
    """By how much of its own height times width it fills: a square all, a disk π/4, a cross about half."""
    if not len(cover):
        return "nothing"
    filled = []
    for one in cover:
        height, width = one.max(1).sum(), one.max(0).sum()
        filled.append(one.sum() / max(1e-6, height * width))
    share = float(np.median(filled))
    return "square" if share > 0.92 else "disk" if share > 0.72 else "cross"


def _ground_name(rows: Array) -> str:
    if rows.mean() < 45:
        return "black"
    return "stripes" if np.abs(np.diff(rows.mean(1))).mean() > 15 else "grey"


def _motion(path: Array) -> tuple[str, float]:
    known = np.isfinite(path[:, 0])
    if known.sum() < max(4, len(path) // 2):
        return "nothing", 0.0
    t, x, y = np.flatnonzero(known), path[known, 0], path[known, 1]
    swing = swing_share(t, x)
    if swing > 0.6 and x.std() > 1.2:
        return "swings", swing
    across, down = np.polyfit(t, x, 1)[0], np.polyfit(t, y, 1)[0]
    if max(abs(across), abs(down)) < 0.2:
        return ("rests" if max(x.std(), y.std()) < 1.0 else "something else"), swing
    if abs(across) > abs(down):
        return ("slides right" if across > 0 else "slides left"), swing
    return ("slides down" if down > 0 else "slides up"), swing


def swing_share(t: Array, x: Array) -> float:
    """How much of x(t) one sinusoid of `PERIOD` frames explains over the whole clip (R²); 0 where x rests."""
    if x.std() < 0.5:
        return 0.0
    angle = 2 * np.pi * t / PERIOD
    basis = np.stack([np.ones(len(t)), np.sin(angle), np.cos(angle)], 1)
    rest = x - basis @ np.linalg.lstsq(basis, x, rcond=None)[0]
    return float(max(0.0, 1 - rest.var() / x.var()))
