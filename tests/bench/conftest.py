"""Tiny shots whose truth is known: a camera that pans over a textured plane, holes cut into it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench.cases import GREY, Case
from lumiere_bench.clips import write_clip
from lumiere_bench.masks import moving

COUNT, HEIGHT, WIDTH = 8, 72, 128
RATE = Fraction(24)


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Blurred noise, h w 3 uint8."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.rint((soft - soft.min()) / (soft.max() - soft.min()) * 215 + 20).astype(np.uint8)


def panned(step: int, count: int = COUNT, seed: int = 0) -> np.ndarray:
    """Frames of a camera that moves right by `step` pixels a frame, t h w 3 uint8."""
    plane = texture(HEIGHT, WIDTH + count * step, seed)
    return np.stack([plane[:, k * step : k * step + WIDTH] for k in range(count)])


def squares(step: int, count: int = COUNT) -> np.ndarray:
    """A square hole that moves down by `step` pixels a frame, t h w bool."""
    masks = np.zeros((count, HEIGHT, WIDTH), bool)
    for k, mask in enumerate(masks):
        mask[10 + step * k : 30 + step * k, 50:76] = True
    return masks


def case_of(truth: np.ndarray, holes: np.ndarray, folder: Path) -> Case:
    plate = np.where(holes[..., None], np.uint8(GREY), truth)
    return Case("shot", "moving", "native", truth, plate, holes, RATE, folder)


@pytest.fixture
def still(tmp_path: Path) -> Case:
    """Nothing moves but the hole, which clears its own size within the clip."""
    return case_of(panned(0), squares(5), tmp_path)


@pytest.fixture
def pan(tmp_path: Path) -> Case:
    """The camera moves; the holes do as well."""
    return case_of(panned(3), moving(COUNT, HEIGHT, WIDTH, seed=3), tmp_path)


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two shots: `alpha` has an object matte and its clean version, `beta` is a movie alone."""
    folder = tmp_path_factory.mktemp("footage")
    truth, holes = panned(6, 12, seed=1), squares(2, 12)
    inside = np.stack([cv2.erode(hole.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0 for hole in holes])
    write_clip(folder / "alpha" / "video.mkv", np.where(inside[..., None], np.uint8(250), truth), RATE)
    write_clip(folder / "alpha" / "mask.mkv", holes, RATE)
    cleaned = folder / "alpha" / "gt"
    cleaned.mkdir()
    for number, frame in enumerate(truth):
        cv2.imwrite(str(cleaned / f"{number:05d}.png"), frame[..., ::-1])
    write_clip(folder / "beta.mkv", panned(2, seed=2), RATE)
    return folder
