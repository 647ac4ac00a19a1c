"""Shots small enough to be analysed in a moment, in a workspace of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.effects.completion import CompletedShots
from lumiere_engine.effects.shot import AnalysedShots, Scale
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.motion.borrow import BorrowParams

HEIGHT, WIDTH = 64, 96
PARAMS = BorrowParams(search=10, trace=6, enough=2)


@dataclass(frozen=True)
class Scene:
    """A camera over a textured plane: what it sees, and the hole in it."""

    truths: list[np.ndarray]
    holes: list[np.ndarray]

    def frames(self, first: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Plate and hole: h w 3 float32, h w bool; the object is magenta."""
        for truth, hole in list(zip(self.truths, self.holes, strict=True))[first:]:
            yield np.where(hole[..., None], np.float32((1, 0, 1)), truth), hole


def scene(frames: int = 8, step: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Scene:
    """The hole keeps its place in the picture; with a `step` of 0 nothing behind it is ever seen."""
    noise = np.random.default_rng(3).random((height, width + frames * step, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.0)
    plane = 0.1 + 0.8 * (soft - soft.min()) / (soft.max() - soft.min())
    hole = np.zeros((height, width), bool)
    hole[height // 3 : 2 * height // 3, 2 * width // 5 : 3 * width // 5] = True
    return Scene([plane[:, k * step : k * step + width] for k in range(frames)], [hole] * frames)


@pytest.fixture(name="scene")
def scene_fixture() -> Callable[..., Scene]:
    """`scene`."""
    return scene


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Open during the test."""
    with Workspace(tmp_path / "out.mkv", "f" * 64) as opened:
        yield opened


def complete(shown: Scene, workspace: Workspace, scale: Scale | None = None) -> CompletedShots:
    """Read, followed and borrowed, as far as the workspace has not got it."""
    height, width = shown.holes[0].shape
    shots = AnalysedShots(workspace, scale or Scale(width, height, width, height), len(shown.truths))
    for _ in (*shots.read(shown.frames), *shots.follow()):
        pass
    completed = CompletedShots(workspace, workspace, shots)
    for _ in completed.borrow(PARAMS):
        pass
    return completed


@pytest.fixture(name="complete")
def complete_fixture() -> Callable[..., CompletedShots]:
    """`complete`."""
    return complete
