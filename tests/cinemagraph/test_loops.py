"""Searching a loop, and closing it."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_engine.motion.loops.closing import Motion, blend, share_of
from lumiere_engine.motion.loops.courses import bounced, looped
from lumiere_engine.motion.loops.labels import choose_loops
from lumiere_engine.motion.loops.search import (
    Loop,
    Moments,
    best_loops,
    feature,
    fundamental,
    overlap_of,
    search_loop,
)

from .conftest import FRAMES, region_mask, swinging

RATE = 24.0


def moments(period: float, count: int = FRAMES) -> Moments:
    weight = region_mask().astype(np.float32)
    return Moments(0, [feature(255 * swinging(k, period), weight) for k in range(count)])


@pytest.mark.parametrize("period", [16, 20, 23])
def test_the_true_period_is_found(period: int) -> None:
    found = moments(period)
    assert fundamental(found, RATE) == period
    loop = search_loop(found, RATE, None, True)
    assert loop is not None and loop.period % period == 0


def test_what_never_repeats_has_no_period() -> None:
    rng = np.random.default_rng(0)
    drifting = np.cumsum(rng.standard_normal((60, 200)), 0).astype(np.float32)
    assert fundamental(Moments(0, list(drifting)), RATE) is None


def test_a_clip_that_runs_into_itself_is_taken_whole() -> None:
    whole = Moments(0, [feature(255 * swinging(k, 48), region_mask().astype(np.float32)) for k in range(48)])
    assert search_loop(whole, RATE, None, True) == Loop(0, 48, 0, 0.0)


def test_the_first_frame_twice_is_no_clip_that_runs_into_itself() -> None:
    found = search_loop(moments(48, 50), RATE, None, True)
    assert found is None or found.period != 50


def test_a_period_that_does_not_fit_finds_no_loop() -> None:
    assert search_loop(moments(20), RATE, FRAMES + 1, True) is None
    assert search_loop(moments(20), RATE, FRAMES - 2, True) is None  # nothing is left to blend with


def test_the_best_loops_differ_and_each_can_be_asked_for() -> None:
    found = moments(16)
    loops = best_loops(found, RATE, True, 4)
    assert loops[0] == search_loop(found, RATE, None, True) and 2 <= len(loops) <= 4
    assert len({(one.start, one.period) for one in loops}) == len(loops)
    for one in loops:
        assert search_loop(found, RATE, one.period, True, one.start) == one


def test_a_start_is_kept_to_or_refused() -> None:
    found = moments(16)
    loop = search_loop(found, RATE, 16, True, 9)
    assert loop is not None and (loop.start, loop.period) == (9, 16)
    assert search_loop(found, RATE, 16, True, FRAMES - 3) is None, "the loop would run beyond the shot"


def test_a_course_shows_consecutive_moments_and_returns() -> None:
    loop = Loop(start=14, period=20, overlap=overlap_of(20), cost=0.0)
    course = looped(loop, 20, loop.start)
    assert [step.first for step in course] == list(range(14, 34))
    assert [step.share for step in course[:14]] == [0.0] * 14
    shares = [step.share for step in course[14:]]
    assert shares == sorted(shares) and 0 < shares[0] < 0.1 and 0.9 < shares[-1] < 1
    # what is blended in runs up to the moment before the start
    assert [step.second for step in course[14:]] == list(range(8, 14))


def test_courses_of_one_origin_run_in_time_with_the_shot() -> None:
    course = looped(Loop(5, 10, 0, 0.0), 20, 12)
    assert [step.first for step in course] == [5 + (12 + k - 5) % 10 for k in range(20)]


def test_there_and_back_shows_no_frame_twice_in_a_row() -> None:
    shown = [step.first for step in bounced(3, 6)]
    assert shown == [3, 4, 5, 6, 5, 4]


def test_a_blend_begins_with_the_one_and_ends_with_the_other() -> None:
    first, second = (np.random.default_rng(k).random((40, 60, 3)).astype(np.float32) for k in range(2))
    assert np.allclose(blend(first, second, 0.0, None), first, atol=1e-4)
    assert np.allclose(blend(first, second, 1.0, None), second, atol=1e-4)
    assert 0 < share_of(0, 5) < share_of(4, 5) < 1


def test_a_blend_of_unlike_textures_is_as_strong_as_they_are() -> None:
    rng = np.random.default_rng(1)
    first, second = (0.5 + 0.1 * rng.standard_normal((80, 80, 3)).astype(np.float32) for _ in range(2))
    plain = 0.5 * (first + second)
    assert plain.std() < 0.75 * first.std()
    assert 0.93 * first.std() < blend(first, second, 0.5, None).std() < 1.07 * first.std()


def test_what_can_be_followed_moves_through_a_blend_and_is_no_double() -> None:
    first, second = (np.full((64, 96, 3), 0.3, np.float32) for _ in range(2))
    texture = np.random.default_rng(2).random((28, 28, 3)).astype(np.float32)
    first[18:46, 30:58], second[18:46, 36:64], middle = (
        texture,
        texture,
        np.full((64, 96, 3), 0.3, np.float32),
    )
    middle[18:46, 33:61] = texture
    bytes_ = [np.rint(255 * picture).astype(np.uint8) for picture in (first, second)]
    found = blend(first, second, 0.5, Motion.between(*bytes_))
    inside = (slice(22, 42), slice(38, 56))
    followed = np.abs(found - middle)[inside].mean()
    dissolved = np.abs(blend(first, second, 0.5, None) - middle)[inside].mean()
    assert followed < 0.5 * dissolved


def test_two_rhythms_side_by_side_each_get_their_own_loop() -> None:
    rng = np.random.default_rng(4)
    patterns = rng.standard_normal((2, 2, 32, 32, 3)).astype(np.float32) * 40 + 128

    def picture(frame: int) -> np.ndarray:
        halves = []
        for k, period in enumerate((24, 12)):
            turn = 2 * np.pi * frame / period
            halves.append(patterns[k, 0] * np.cos(turn) + patterns[k, 1] * np.sin(turn))
        gap = np.zeros((32, 16, 3), np.float32)
        # the right half stumbles where the left one's loop would close
        return np.hstack([halves[0], gap, halves[1] * (0.3 if frame > 26 else 1.0)])

    region = np.ones((32, 80), bool)
    loops, labels = choose_loops(picture, region, Loop(8, 24, 8, 1.0), 40, 6)
    assert len(loops) == 2 and {loop.period for loop in loops} <= {12, 24}
    assert len(np.unique(labels[:, :7])) == 1 and len(np.unique(labels[:, 14:])) == 1
    assert labels[0, 0] != labels[0, -1]


def test_frames_that_nearly_fit_two_periods_are_no_whole() -> None:
    whole = Moments(0, [feature(255 * swinging(k, 17), region_mask().astype(np.float32)) for k in range(36)])
    found = search_loop(whole, RATE, None, True)
    assert found is not None and found.period == 17


def test_a_frame_that_is_shown_twice_is_no_place_to_begin() -> None:
    frames = [feature(255 * swinging(k, 20), region_mask().astype(np.float32)) for k in range(60)]
    doubled = Moments(0, [frames[max(0, k - 1)] if k % 20 == 9 else frames[k] for k in range(60)])
    found = search_loop(doubled, RATE, 20, True)
    assert found is not None and found.start % 20 != 9


def test_what_is_new_in_every_frame_does_not_run_into_itself() -> None:
    rng = np.random.default_rng(8)
    found = search_loop(Moments(0, list(rng.standard_normal((50, 300)).astype(np.float32))), RATE, None, True)
    assert found is not None and found.period < 50 and found.overlap > 0
