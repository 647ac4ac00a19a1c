from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_engine.tracking.follow import Follower, Step
from lumiere_engine.tracking.gaps import find_gaps
from lumiere_engine.tracking.tracks import track

Overlap = Callable[[np.ndarray, np.ndarray], float]


def follow(clip: Any, drawn: list[int], folder: Path) -> dict[int, Any]:
    whole = FrameRange(0, len(clip.frames))
    shelf = clip.shelf(folder)
    masks = {frame: clip.masks[frame] for frame in drawn}
    return {
        step.index: step
        for gap in find_gaps(drawn, whole, [whole])
        for step in track(shelf, gap, masks, folder)
    }


def test_an_object_is_followed_forward_and_back(
    square: Callable[..., Any], overlap: Overlap, tmp_path: Path
) -> None:
    clip = square()
    steps = follow(clip, [7], tmp_path)
    assert sorted(steps) == [n for n in range(16) if n != 7]
    assert min(overlap(step.soft > 0.5, clip.masks[n]) for n, step in steps.items()) > 0.8


def test_it_is_found_again_behind_a_post(
    square: Callable[..., Any], overlap: Overlap, tmp_path: Path
) -> None:
    clip = square(24, post=True)
    steps = follow(clip, [0], tmp_path)
    assert np.mean([overlap(step.soft > 0.5, clip.masks[n]) for n, step in steps.items()]) > 0.75
    assert overlap(steps[23].soft > 0.5, clip.masks[23]) > 0.75


def test_the_same_input_gives_the_same_bytes(square: Callable[..., Any], tmp_path: Path) -> None:
    first, second = (follow(square(5), [0, 4], tmp_path) for _ in range(2))
    for index, step in first.items():
        assert step.soft.tobytes() == second[index].soft.tobytes()
        assert step.confidence == second[index].confidence


def test_an_empty_drawing_says_that_the_object_is_away(square: Callable[..., Any], tmp_path: Path) -> None:
    clip = square(6)
    clip.masks[0] = False
    assert not any(step.soft.any() for step in follow(clip, [0], tmp_path).values())


def test_light_that_flickers_does_not_lose_the_object(
    square: Callable[..., Any], overlap: Overlap, tmp_path: Path
) -> None:
    clip = square(10)
    steady = clip.frames.copy()
    clip.frames[2::4] = np.rint(steady[2::4] * 0.55)
    clip.frames[3::4] = np.rint(steady[3::4] * 0.75)
    steps = follow(clip, [0], tmp_path)
    assert min(overlap(step.soft > 0.5, clip.masks[n]) for n, step in steps.items()) > 0.75


def test_a_track_that_was_lost_gives_way_to_the_other(
    square: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = square(11)
    right, wrong, nothing = (np.zeros(clip.masks[0].shape, np.float32) for _ in range(3))
    right[:40], wrong[60:] = 1, 1

    def run(follower: Follower, frames: range) -> Iterator[Step]:
        for index in frames:
            if frames.step == 1:
                yield Step(index, right, 0.7)
            else:  # what comes back from the end is lost at once, and finds something else
                yield Step(index, nothing, 0.0) if index == 9 else Step(index, wrong, 0.8)

    monkeypatch.setattr(Follower, "run", run)
    steps = follow(clip, [0, 10], tmp_path)
    assert all(np.array_equal(step.soft > 0.5, right > 0.5) for step in steps.values())
