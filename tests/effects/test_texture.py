"""All frames show the texture that a key frame was given, where the scene has carried it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from lumiere_engine.effects.copied import NOBODY, Copied
from lumiere_engine.effects.texture import texture
from lumiere_engine.effects.workspace import Workspace

FRAMES, STEP = 8, 2


class Kept:
    """Frames in memory, as `texture.Frames`."""

    def __init__(self, pictures: list[np.ndarray], unseen: np.ndarray, strange: int | None = None) -> None:
        self.pictures, self.masks, self.strange = pictures, unseen, strange
        self.copies = [Copied.nothing(*unseen.shape[1:]) for _ in pictures]
        self.layers: dict[int, np.ndarray] = {}

    def picture(self, frame: int) -> np.ndarray:
        return self.pictures[frame] + self.copies[frame].layer(self.layers.__getitem__)

    def unseen(self, frame: int) -> np.ndarray:
        return self.masks[frame]

    def strangeness(self, frame: int) -> float:
        return float(frame == self.strange)

    def copied(self, frame: int) -> Copied:
        return self.copies[frame]

    def set_copied(self, frame: int, copied: Copied) -> None:
        self.copies[frame] = copied

    def keep_texture(self, frame: int, detail: np.ndarray, places: np.ndarray) -> None:
        self.layers[frame] = detail


def panned(scene: Callable[..., Any], strange: int | None = None) -> tuple[Any, Kept]:
    """A camera that pans over a plane with a grey square on it."""
    shown = scene(FRAMES, STEP)
    unseen = np.zeros((FRAMES, 64, 96), bool)
    for t in range(FRAMES):
        unseen[t, 24:40, 40 - STEP * t : 56 - STEP * t] = True
    kept = Kept([(truth * 255).astype(np.float32) for truth in shown.truths], unseen, strange)
    for picture, hole in zip(kept.pictures, unseen, strict=True):
        picture[hole] = 128
    return shown, kept


def test_all_frames_show_the_texture_that_one_was_given(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown, kept = panned(scene, strange=0)
    (_, view), *_ = complete(shown, workspace).shots.views()
    mark = cv2.GaussianBlur(
        np.random.default_rng(1).uniform(-400, 650, (16, 16, 3)).astype(np.float32), (0, 0), 1
    )

    def synthesise(picture: np.ndarray, still_open: np.ndarray, usable: np.ndarray) -> Any:
        assert not (still_open & usable).any()
        out = picture.copy()
        out[still_open] = mark.reshape(-1, 3)
        return out, np.zeros((64, 96, 2), np.float32)

    assert list(texture(view, kept, synthesise, 3)) == [1]
    (key,) = kept.layers
    assert key != 0  # a frame that differs from all others is no key
    for t in range(FRAMES):
        inner = kept.picture(t)[26:38, 42 - STEP * t : 54 - STEP * t]
        assert (
            np.abs(inner - mark[2:14, 2:14]).mean() < 0.25 * mark.std()
        )  # a third of a pixel of drift in seven frames
        copied = kept.copies[t]
        assert (copied.lender[26:38, 42 - STEP * t : 54 - STEP * t] == key).mean() > 0.95
        assert (copied.lender[~kept.masks[t]] == NOBODY).all()
        there = copied.places[32, 48 - STEP * t] - (48 - STEP * t, 32)
        assert np.abs(there - (STEP * (t - key), 0)).max() < 0.5


def test_what_a_key_does_not_reach_gets_a_key_of_its_own(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown, kept = panned(scene)
    (_, view), *_ = complete(shown, workspace).shots.views()
    kept.masks[5, 4:14, 4:14] = True
    asked: list[int] = []

    def synthesise(picture: np.ndarray, still_open: np.ndarray, usable: np.ndarray) -> Any:
        asked.append(int(still_open.sum()))
        return picture, np.zeros((64, 96, 2), np.float32)

    list(texture(view, kept, synthesise, 9))
    assert not any(
        (mask & copied.nowhere).sum() > 48 for mask, copied in zip(kept.masks, kept.copies, strict=True)
    )
    assert sum(asked) < 2 * (256 + 100)
    list(texture(view, kept, synthesise, 0))


def test_nothing_is_asked_for_what_is_already_seen(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown, kept = panned(scene)
    (_, view), *_ = complete(shown, workspace).shots.views()
    kept.masks[:] = False

    def synthesise(picture: np.ndarray, still_open: np.ndarray, usable: np.ndarray) -> Any:
        raise AssertionError("nobody was to be asked")

    assert list(texture(view, kept, synthesise, 9)) == []
