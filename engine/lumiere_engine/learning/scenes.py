"""Scenes to learn from: cuts out of real clips, and pictures that a virtual camera moves over.

Every function draws from the generator that it is given and from nothing else. A scene is t h w 3 float32 in [-1, 1].
"""

from __future__ import annotations

import cv2
import numpy as np

from .masks import blob, box
from .shot import Mask, Rgb

Array = np.ndarray

_SMALLEST_SCALE = 0.5


def cut(rng: np.random.Generator, pictures: Array, shape: tuple[int, int, int]) -> Rgb:
    """A piece of a clip, at its own size or reduced by up to a half.

    Args:
        rng: of this example.
        pictures: n t h w 3 uint8.
        shape: t h w of the scene; a clip with fewer frames is run back and forth.
    """
    count, frames, height, width, _ = pictures.shape
    t, h, w = shape
    smallest = max(_SMALLEST_SCALE, h / height, w / width)
    scale = smallest if smallest >= 1 else float(rng.uniform(smallest, 1))
    rows, columns = min(height, round(h / scale)), min(width, round(w / scale))
    y, x = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    first = int(rng.integers(max(1, frames - t + 1)))
    order = _back_and_forth(frames, first, t)
    piece = np.asarray(pictures[rng.integers(count), :, y : y + rows, x : x + columns])[order]
    return _signed(np.stack([cv2.resize(p, (w, h), interpolation=cv2.INTER_AREA) for p in piece]))


def _back_and_forth(count: int, first: int, length: int) -> Array:
    """`length` frame numbers from `first` on, turning round at the ends."""
    period = max(1, 2 * count - 2)
    steps = (first + np.arange(length)) % period
    return np.minimum(steps, period - steps) if count > 1 else np.zeros(length, int)


def flown_over(rng: np.random.Generator, picture: Array, shape: tuple[int, int, int]) -> Rgb:
    """A still picture under a virtual camera: it pans, turns and zooms steadily, with a little perspective.

    Args:
        rng: of this example.
        picture: h w 3 uint8.
        shape: t h w of the scene.
    """
    t, h, w = shape
    height, width = picture.shape[:2]
    widest = min(height / h, width / w)
    scale = float(np.exp(rng.uniform(np.log(min(0.6, widest)), np.log(max(0.6, 0.9 * widest)))))
    if scale > 1.2:  # reduced by areas first: a warp takes single pixels, which would alias
        size = (max(w, round(width / scale)), max(h, round(height / scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        height, width, scale = size[1], size[0], 1.0
    room_y, room_x = max(0.0, height - scale * h), max(0.0, width - scale * w)
    corner = np.array([rng.uniform(0, room_x), rng.uniform(0, room_y)])
    speed = rng.normal(0, 1.2, 2) * (rng.random() < 0.8)
    turn, zoom = rng.normal(0, 0.004), rng.normal(0, 0.004)
    tilt = rng.normal(0, 0.00008, 2)
    middle = np.array([(w - 1) / 2, (h - 1) / 2])
    out = []
    for time in np.arange(t) - (t - 1) / 2:
        size, angle = scale * np.exp(zoom * time), turn * time
        turned = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = corner + scale * middle + scale * speed * time - turned @ middle
        matrix = np.array([[*turned[0], shift[0]], [*turned[1], shift[1]], [*(tilt * time), 1.0]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        out.append(cv2.warpPerspective(picture, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REFLECT))
    return _signed(np.stack(out))


def occluded(rng: np.random.Generator, back: Rgb, front: Rgb) -> Rgb:
    """A piece of one scene in front of another, with a soft edge: depth, and motion of its own."""
    t, h, w, _ = back.shape
    centre = (float(rng.uniform(0, h)), float(rng.uniform(0, w)))
    size = float(rng.uniform(0.25, 0.9)) * min(h, w)
    shape = (box if rng.random() < 0.3 else blob)(rng, (t, h, w), centre, size)
    alpha = np.stack([cv2.GaussianBlur(m.astype(np.float32), (0, 0), 0.7) for m in shape])[..., None]
    out: Rgb = (back + alpha * (front - back)).astype(np.float32)
    return out


def exposed(rng: np.random.Generator, scene: Rgb) -> Rgb:
    """The scene with another exposure, which may drift, and another gamma."""
    t = len(scene)
    gain = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.015) * (np.arange(t) - (t - 1) / 2))
    gamma = np.exp(rng.normal(0, 0.1))
    light = np.clip((scene + 1) / 2, 0, 1) ** gamma * gain[:, None, None, None]
    out: Rgb = (np.clip(light, 0, 1) * 2 - 1).astype(np.float32)
    return out


def draw_holes(rng: np.random.Generator, shape: tuple[int, int, int]) -> Mask:
    """One to three holes anywhere in a scene, still or moving, together at most about half of it; t h w."""
    h, w = shape[1:]
    out = np.zeros(shape, bool)
    for _ in range(1 + rng.integers(3) * (rng.random() < 0.5)):
        size = float(np.exp(rng.uniform(np.log(8), np.log(0.75 * min(h, w)))))
        centre = (float(rng.uniform(0, h)), float(rng.uniform(0, w)))
        out |= (box if rng.random() < 0.3 else blob)(rng, shape, centre, size)
        if out.mean() > 0.3:
            break
    return out


def _signed(pictures: Array) -> Rgb:
    """0..255 → [-1, 1]."""
    out: Rgb = pictures.astype(np.float32) / 127.5 - 1
    return out
