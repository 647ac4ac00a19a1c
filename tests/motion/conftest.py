"""A small synthetic shot: a camera that pans over a textured plane, with a hole that moves and truth behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
import pytest
from lumiere_engine.motion.chain import HomographyChain, neighbour_homography
from lumiere_engine.motion.flow import SPOILT_RIM, FlowEstimator, complete_flow, widen

HEIGHT, WIDTH = 72, 128


def texture(height: int, width: int, seed: int = 0, softness: float = 2.0) -> np.ndarray:
    """uint8 h w 3: blurred noise, stretched to the whole range."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), softness)
    return np.rint((soft - soft.min()) / (soft.max() - soft.min()) * 215 + 20).astype(np.uint8)


@dataclass
class SyntheticShot:
    """Frames with their truth and holes; a `ShotView` whose motion is measured as the engine measures it."""

    truths: list[np.ndarray]
    holes: list[np.ndarray]
    pictures: list[np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        # the object: flat magenta, which must never show in a result
        self.pictures = [
            np.where(hole[..., None], np.uint8((250, 0, 250)), truth)
            for truth, hole in zip(self.truths, self.holes, strict=True)
        ]

    @property
    def frame_count(self) -> int:
        return len(self.truths)

    @cached_property
    def _flows(self) -> list[tuple[np.ndarray, np.ndarray]]:
        grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in self.pictures]
        estimate = FlowEstimator()
        pairs = pairwise(grey)
        return [(estimate(first, second), estimate(second, first)) for first, second in pairs]

    @cached_property
    def chain(self) -> HomographyChain:
        return HomographyChain(
            [
                neighbour_homography(forward, widen(hole, 2 * SPOILT_RIM))
                for (forward, _), hole in zip(self._flows, self.holes, strict=False)
            ]
        )

    def picture(self, frame: int) -> np.ndarray:
        return self.pictures[frame]

    def hole(self, frame: int) -> np.ndarray:
        return self.holes[frame]

    def forward_flow(self, frame: int) -> np.ndarray:
        return complete_flow(self._flows[frame][0], self.holes[frame])

    def backward_flow(self, frame: int) -> np.ndarray:
        return complete_flow(self._flows[frame - 1][1], self.holes[frame])


def box(left: int, top: int = 24, size: int = 20) -> np.ndarray:
    """bool h w."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top : top + size, left : left + size] = True
    return mask


@pytest.fixture(scope="session", name="texture")
def texture_fixture() -> Callable[..., np.ndarray]:
    """`texture`."""
    return texture


@pytest.fixture(scope="session", name="box")
def box_fixture() -> Callable[..., np.ndarray]:
    """`box`."""
    return box


@pytest.fixture(scope="session", name="shot_of")
def shot_fixture() -> type[SyntheticShot]:
    """`SyntheticShot`."""
    return SyntheticShot


@pytest.fixture(scope="session")
def pan() -> Callable[..., SyntheticShot]:
    """Shots: the camera moves `step` pixels per frame, the hole `walk` pixels across the picture."""

    def _pan(
        frames: int = 12, step: int = 3, walk: int = 0, plane: np.ndarray | None = None
    ) -> SyntheticShot:
        plane = texture(HEIGHT, WIDTH + frames * step) if plane is None else plane
        truths = [plane[:, k * step : k * step + WIDTH].copy() for k in range(frames)]
        return SyntheticShot(truths, [box(54 + walk * k) for k in range(frames)])

    return _pan
