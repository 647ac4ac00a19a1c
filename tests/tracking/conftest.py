"""A textured square that crosses a panning background, behind a post that stands in the scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.tracking.shelf import Shelf

HEIGHT, WIDTH, SIDE = 96, 160, 28
POST = slice(96, 106)  # columns of the scene


def texture(height: int, width: int, seed: int, low: tuple[int, ...], high: tuple[int, ...]) -> np.ndarray:
    """uint8 h w 3: blurred noise between two colours."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 1.5)
    soft = (soft - soft.min()) / (soft.max() - soft.min())
    return np.rint(soft * (np.array(high) - np.array(low)) + np.array(low)).astype(np.uint8)


@dataclass
class Clip:
    """Frames with the object's true masks; t h w 3 uint8 and t h w bool."""

    frames: np.ndarray
    masks: np.ndarray

    def shelf(self, folder: Path) -> Shelf:
        return Shelf(folder, iter(self.frames), len(self.frames))


@pytest.fixture(scope="session")
def square() -> Callable[..., Clip]:
    def make(count: int = 16, *, post: bool = False, speed: float = 4.0) -> Clip:
        scene = texture(HEIGHT, WIDTH + 3 * count, 1, (40, 60, 90), (190, 200, 220))
        thing = texture(SIDE, SIDE, 2, (120, 20, 10), (255, 110, 60))
        frames, masks = [], []
        for t in range(count):
            world, there = scene.copy(), np.zeros(scene.shape[:2], bool)
            x, y = round(40 + speed * t), 34
            world[y : y + SIDE, x : x + SIDE] = thing
            there[y : y + SIDE, x : x + SIDE] = True
            if post:
                world[:, POST], there[:, POST] = (30, 90, 40), False
            left = t  # the camera pans by a pixel a frame
            frames.append(world[:, left : left + WIDTH])
            masks.append(there[:, left : left + WIDTH])
        return Clip(np.stack(frames), np.stack(masks))

    return make


@pytest.fixture(scope="session")
def overlap() -> Callable[[np.ndarray, np.ndarray], float]:
    def iou(first: np.ndarray, second: np.ndarray) -> float:
        union = int((first | second).sum())
        return int((first & second).sum()) / union if union else 1.0

    return iou
