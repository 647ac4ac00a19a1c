"""Hard cuts are found; fast cameras, flashes that last and grain are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from lumiere_engine.motion.cuts import find_shots, thumbnail

Pan = Callable[[int, int, int], list[np.ndarray]]


@pytest.fixture
def pan(texture: Callable[..., np.ndarray]) -> Pan:
    """Frames of one of several scenes, over which the camera moves by so many pixels a frame."""

    def _pan(scene: int, frames: int, step: int) -> list[np.ndarray]:
        plane = texture(90, 160 + frames * step, scene, softness=9.0)
        return [plane[:, k * step : k * step + 160] for k in range(frames)]

    return _pan


def shots(frames: list[np.ndarray]) -> list[tuple[int, int]]:
    return find_shots([thumbnail(frame) for frame in frames])


def test_a_hard_cut_is_found_where_it_is(pan: Pan) -> None:
    assert shots(pan(0, 9, 2) + pan(1, 14, 2) + pan(2, 8, 2)) == [(0, 9), (9, 23), (23, 31)]


@pytest.mark.parametrize("step", [0, 4, 30])
def test_a_camera_however_fast_is_no_cut(step: int, pan: Pan) -> None:
    assert shots(pan(0, 20, step)) == [(0, 20)]


def test_light_that_flickers_for_a_while_is_no_cut(pan: Pan) -> None:
    frames = [
        np.clip(f * (1.6 if k % 2 else 0.6), 0, 255).astype(np.uint8) for k, f in enumerate(pan(0, 20, 1))
    ]
    assert shots(frames) == [(0, 20)]


def test_a_single_flash_is_no_cut(pan: Pan) -> None:
    frames = pan(0, 20, 1)
    frames[9] = np.clip(frames[9] * 1.7, 0, 255).astype(np.uint8)
    assert shots(frames) == [(0, 20)]


def test_grain_is_no_cut(pan: Pan) -> None:
    rng = np.random.default_rng(0)
    frames = [np.clip(f + rng.normal(0, 25, f.shape), 0, 255).astype(np.uint8) for f in pan(0, 12, 0)]
    assert shots(frames) == [(0, 12)]


def test_a_fade_is_no_cut(pan: Pan) -> None:
    plane = pan(0, 1, 0)[0]
    assert shots([(plane * (k / 24)).astype(np.uint8) for k in range(25)]) == [(0, 25)]


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips_are_one_shot(frames: int, pan: Pan) -> None:
    assert shots(pan(0, frames, 1)) == [(0, frames)]


def test_a_cut_in_a_clip_of_two_frames_is_found(pan: Pan) -> None:
    assert shots([pan(0, 1, 0)[0], 255 - pan(0, 1, 0)[0]]) == [(0, 1), (1, 2)]


def test_shots_cover_all_frames_once(pan: Pan) -> None:
    found = shots(pan(3, 7, 2) + pan(4, 5, 2) + pan(5, 9, 2))
    assert [frame for start, end in found for frame in range(start, end)] == list(range(21))
