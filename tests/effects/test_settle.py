"""What was imagined differently in every frame stands still on the plane that it lies on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from lumiere_engine.effects.copied import NOBODY, Copied
from lumiere_engine.effects.settle import Settler
from lumiere_engine.effects.workspace import Workspace

FRAMES, STEP = 8, 2


class Kept:
    """Frames in memory, as `settle.Frames`."""

    def __init__(self, pictures: list[np.ndarray], unseen: np.ndarray) -> None:
        self.pictures, self.masks = pictures, unseen
        self.copies = [Copied.nothing(*unseen.shape[1:]) for _ in pictures]
        self.textures: dict[int, np.ndarray] = {}

    def picture(self, frame: int) -> np.ndarray:
        return self.pictures[frame]

    def unseen(self, frame: int) -> np.ndarray:
        return self.masks[frame]

    def doubt(self, frame: int) -> np.ndarray:
        return np.float32(20) * self.masks[frame]

    def copied(self, frame: int) -> Copied:
        return self.copies[frame]

    def keep(self, frame: int, picture: np.ndarray, copied: Copied) -> None:
        self.pictures[frame], self.copies[frame] = picture, copied

    def keep_texture(self, frame: int, places: np.ndarray) -> None:
        self.textures[frame] = places


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

    kept = Kept(pictures, unseen)
    steps = list(Settler(view, kept).run())
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

    settler = Counting(view, Kept(pictures, np.repeat(unseen[None], frames, 0)))
    assert list(settler.run())[-1] == frames
    assert (
        len(asked) < 20 * frames
    )  # every frame with every other would be 24 * frames and the witnesses besides


def test_all_frames_show_the_texture_that_one_was_given(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown = scene(FRAMES, STEP)
    (_, view), *_ = complete(shown, workspace).shots.views()
    unseen = np.zeros((FRAMES, 64, 96), bool)
    for t in range(FRAMES):
        unseen[t, 24:40, 40 - STEP * t : 56 - STEP * t] = True
    kept = Kept([(truth * 255).astype(np.float32) for truth in shown.truths], unseen)
    for picture, hole in zip(kept.pictures, unseen, strict=True):
        picture[hole] = 128
    mark = np.random.default_rng(1).uniform(0, 255, (16, 16, 3)).astype(np.float32)

    def synthesise(picture: np.ndarray, still_open: np.ndarray, usable: np.ndarray) -> Any:
        assert not (still_open & usable).any()
        out = picture.copy()
        out[still_open] = mark.reshape(-1, 3)
        return out, np.zeros((64, 96, 2), np.float32)

    for _ in Settler(view, kept, synthesise, 1).run():
        pass
    (key,) = kept.textures
    for t in range(FRAMES):
        inner = kept.pictures[t][26:38, 42 - STEP * t : 54 - STEP * t]
        assert np.abs(inner - mark[2:14, 2:14]).mean() < 12
        copied = kept.copies[t]
        assert (copied.lender[26:38, 42 - STEP * t : 54 - STEP * t] == key).mean() > 0.95
        assert (copied.lender[~unseen[t]] == NOBODY).all()
        there = copied.places[32, 48 - STEP * t] - (48 - STEP * t, 32)
        assert np.abs(there - (STEP * (t - key), 0)).max() < 0.5
