"""What was imagined differently in every frame stands still on the plane that it lies on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from lumiere_engine.effects.settle import Settler
from lumiere_engine.effects.workspace import Workspace

FRAMES, STEP = 8, 2


def test_an_unseen_region_moves_with_the_plane(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown = scene(FRAMES, STEP)
    completed = complete(shown, workspace)
    (_, view), *_ = completed.shots.views()
    # a patch of the plane that no frame shows, imagined anew for every frame
    unseen = np.zeros((FRAMES, 64, 96), bool)
    pictures = []
    for t, truth in enumerate(shown.truths):
        left = 40 - STEP * t
        unseen[t, 24:40, left : left + 16] = True
        picture = (truth * 255).astype(np.float32)
        noise = np.random.default_rng(t).uniform(0, 255, (64, 96, 3)).astype(np.float32)
        picture[unseen[t]] = cv2.GaussianBlur(noise, (0, 0), 2)[unseen[t]]
        pictures.append(picture)
    before = [picture.copy() for picture in pictures]

    def keep(frame: int, picture: np.ndarray) -> None:
        pictures[frame] = picture

    steps = list(
        Settler(view, lambda t: pictures[t], lambda t: unseen[t], lambda t: 20.0 * unseen[t], keep).run()
    )
    assert steps[-1] == FRAMES

    def patches(of: list[np.ndarray]) -> np.ndarray:
        return np.stack([of[t][26:38, 42 - STEP * t : 54 - STEP * t] for t in range(FRAMES)])

    assert np.abs(np.diff(patches(before), axis=0)).mean() > 10
    assert np.abs(np.diff(patches(pictures), axis=0)).mean() < 1.5
    for t in range(FRAMES):
        assert np.array_equal(pictures[t][~unseen[t]], before[t][~unseen[t]])


def test_frames_that_do_not_go_together_are_soon_left_alone(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    frames = 24
    completed = complete(scene(frames), workspace)
    (_, view), *_ = completed.shots.views()
    unseen = np.zeros((64, 96), bool)
    unseen[20:40, 30:60] = True
    pictures = [
        np.random.default_rng(t).uniform(0, 255, (64, 96, 3)).astype(np.float32) for t in range(frames)
    ]
    asked: list[int] = []

    class Counting(Settler):
        def _laid_over(self, frame: int, other: int, *more: Any) -> None:
            asked.append(frame)

    settler = Counting(
        view, lambda t: pictures[t], lambda t: unseen, lambda t: np.float32(20) * unseen, lambda t, p: None
    )
    assert list(settler.run())[-1] == frames
    assert (
        len(asked) < 20 * frames
    )  # every frame with every other would be 24 * frames and the witnesses besides
