"""Borrowing: real pixels where a frame shows them, nothing where none does or where they would be worse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.motion.borrow import Borrowed, Borrower, BorrowParams, borrowing_order
from lumiere_engine.motion.chain import HomographyChain
from lumiere_engine.motion.fill import smooth_fill

PARAMS = BorrowParams(search=10, trace=6, enough=2)
MIDDLE = 6


def error_in(borrowed: Borrowed, shot: Any, frame: int, where: np.ndarray) -> float:
    """Mean absolute error, of 255."""
    truth = shot.truths[frame][borrowed.window.slices].astype(np.float32)
    return float(np.abs(borrowed.picture - truth)[where].mean())


@pytest.fixture(scope="module")
def panning(pan: Callable[..., Any]) -> Any:
    """The camera passes behind an object that keeps its place in the picture, 20 pixels wide."""
    return pan(frames=12, step=4)


@pytest.fixture(scope="module")
def lent(panning: Any) -> Borrowed:
    borrowed = Borrower(panning, PARAMS).borrow(MIDDLE)
    assert borrowed is not None
    return borrowed


def test_what_other_frames_show_is_borrowed_and_is_the_truth(panning: Any, lent: Borrowed) -> None:
    assert lent.filled[lent.hole].mean() > 0.98
    assert error_in(lent, panning, MIDDLE, lent.filled) < 2.0


def test_borrowing_is_much_nearer_to_the_truth_than_a_smooth_fill(panning: Any, lent: Borrowed) -> None:
    smooth = smooth_fill(panning.pictures[MIDDLE], panning.holes[MIDDLE])
    off = np.abs(smooth - panning.truths[MIDDLE])[panning.holes[MIDDLE]].mean()
    assert error_in(lent, panning, MIDDLE, lent.hole) < off / 5


def test_nothing_outside_the_hole_changes(panning: Any, lent: Borrowed) -> None:
    plate = panning.pictures[MIDDLE][lent.window.slices]
    assert np.array_equal(lent.picture[~lent.hole], plate[~lent.hole])
    assert not lent.filled[~lent.hole].any()
    assert np.array_equal(lent.hole, panning.holes[MIDDLE][lent.window.slices])


def test_weights_sum_to_one_where_anything_is_borrowed(lent: Borrowed) -> None:
    total = np.zeros((72, 128), np.float32)
    for source in lent.sources:
        total[source.window.slices] += source.weight
    np.testing.assert_allclose(total[lent.window.slices][lent.filled], 1, atol=1e-4)
    assert not total[lent.window.slices][~lent.filled].any()


def test_no_pixel_of_the_object_is_ever_borrowed(panning: Any, lent: Borrowed) -> None:
    for source in lent.sources:
        assert source.frame != MIDDLE
        x, y = np.floor(source.places[source.weight > 0]).astype(int).T
        for right, down in np.ndindex(2, 2):  # nothing of it is interpolated in, either
            there = np.minimum(y + down, 71), np.minimum(x + right, 127)
            assert not panning.holes[source.frame][there].any()


def test_the_promised_error_is_no_lie(panning: Any, lent: Borrowed) -> None:
    real = error_in(lent, panning, MIDDLE, lent.filled)
    assert real < 2 * float(lent.error[lent.filled].mean()) + 0.5


def test_a_walking_object_uncovers_what_it_hid(pan: Callable[..., Any]) -> None:
    shot = pan(frames=12, step=0, walk=4)
    borrowed = Borrower(shot, PARAMS).borrow(MIDDLE)
    assert borrowed is not None and borrowed.filled[borrowed.hole].mean() > 0.98
    assert error_in(borrowed, shot, MIDDLE, borrowed.filled) < 1.0


def test_what_no_frame_shows_is_not_borrowed(pan: Callable[..., Any]) -> None:
    borrowed = Borrower(pan(frames=12, step=0), PARAMS).borrow(MIDDLE)
    assert borrowed is not None
    assert not borrowed.filled.any() and borrowed.sources == ()


def test_less_is_promised_of_what_moves_by_itself_before_a_camera_that_stands(
    panning: Any, shot_of: Any
) -> None:
    """The same pictures, but the camera did not move: water that drifts past, and no wall that is uncovered."""
    drifting = shot_of(panning.truths, panning.holes)
    drifting.chain = HomographyChain([np.eye(3)] * (drifting.frame_count - 1))
    order = borrowing_order(MIDDLE, drifting.frame_count, PARAMS)
    for shot, doubted in ((drifting, True), (panning, False)):
        searched, trusted = (
            Borrower(shot, PARAMS).borrow(MIDDLE),
            Borrower(shot, PARAMS).borrow(MIDDLE, order),
        )
        assert searched is not None and trusted is not None
        both = searched.filled & trusted.filled
        assert both.sum() > 100
        assert (np.median(searched.error[both] / trusted.error[both]) > 1.3) == doubted


def test_a_frame_without_a_hole_borrows_nothing(panning: Any, shot_of: Any) -> None:
    holes = [hole & (k != MIDDLE) for k, hole in enumerate(panning.holes)]
    assert Borrower(shot_of(panning.truths, holes), PARAMS).borrow(MIDDLE) is None


def test_a_frame_that_is_all_hole_does_not_stop_the_work(panning: Any, shot_of: Any) -> None:
    holes = [hole | (k == MIDDLE) for k, hole in enumerate(panning.holes)]
    shot = shot_of(panning.truths, holes)
    whole, neighbour = (Borrower(shot, PARAMS).borrow(frame) for frame in (MIDDLE, MIDDLE + 1))
    assert whole is not None and np.isfinite(whole.picture).all()
    assert neighbour is not None and error_in(neighbour, shot, MIDDLE + 1, neighbour.filled) < 3.0


def test_a_change_of_exposure_is_matched(panning: Any, shot_of: Any) -> None:
    brighter = [
        np.clip(truth * np.float32(0.75 + 0.03 * k), 0, 255).astype(np.uint8)
        for k, truth in enumerate(panning.truths)
    ]
    shot = shot_of(brighter, panning.holes)
    borrowed = Borrower(shot, PARAMS).borrow(MIDDLE)
    assert borrowed is not None and borrowed.filled[borrowed.hole].mean() > 0.9
    assert error_in(borrowed, shot, MIDDLE, borrowed.filled) < 4.0


def test_old_film_whose_exposure_jumps_leaves_no_bright_patch(shot_of: Any, box: Callable[..., Any]) -> None:
    """One frame of paper is dim; the border beside it is always black."""
    frames = 12
    draw = np.random.default_rng(2)
    grain = cv2.GaussianBlur(draw.normal(0, 60, (72, 128, 3)).astype(np.float32), (0, 0), 2)
    paper = 215 + grain
    paper[:, 104:] = 4
    exposures = [0.55 if k == MIDDLE else 1.0 for k in range(frames)]
    truths = [np.clip(paper * np.float32(e), 0, 255).round().astype(np.uint8) for e in exposures]
    holes = [box(left=84 - 5 * abs(k - MIDDLE), top=30, size=24) for k in range(frames)]
    shot = shot_of(truths, holes)
    borrowed = Borrower(shot, PARAMS).borrow(MIDDLE)
    assert borrowed is not None and borrowed.filled[borrowed.hole].mean() > 0.5
    assert error_in(borrowed, shot, MIDDLE, borrowed.filled) < 6.0


def test_a_wall_goes_on_behind_a_hole_that_touches_a_walker(
    shot_of: Any, texture: Callable[..., Any], box: Callable[..., Any]
) -> None:
    """The camera follows him, so that he keeps his place in the picture and the wall does not."""
    frames, step = 12, 5
    wall, walker = texture(72, 128 + frames * step), texture(32, 30, seed=5)
    truths = [wall[:, k * step : k * step + 128].copy() for k in range(frames)]
    for truth in truths:
        truth[40:, 50:80] = walker
    shot = shot_of(truths, [box(left=54, top=18, size=22)] * frames)
    borrowed = Borrower(shot, PARAMS).borrow(MIDDLE)
    assert borrowed is not None and borrowed.filled[borrowed.hole].mean() > 0.8
    assert error_in(borrowed, shot, MIDDLE, borrowed.filled) < 1.0


def sky(columns: int) -> np.ndarray:
    """A clear sky, darker above; 72 w 3 float32."""
    return np.broadcast_to(np.linspace(90, 180, 72, dtype=np.float32)[:, None, None], (72, columns, 3))


def grainy(picture: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(picture, 1.0).clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("grain_moves_along", [True, False])
def test_a_smooth_sky_is_not_made_worse_than_by_a_smooth_fill(
    grain_moves_along: bool, pan: Callable[..., Any], shot_of: Any
) -> None:
    shot = pan(frames=12, step=4, plane=grainy(sky(200), 0))
    if not grain_moves_along:
        shot = shot_of([grainy(sky(128), seed) for seed in range(12)], shot.holes)
    borrowed = Borrower(shot, PARAMS).borrow(MIDDLE)
    assert borrowed is not None
    clean = sky(128)[borrowed.window.slices]
    error = np.abs(cv2.blur(borrowed.picture, (5, 5)) - clean)[borrowed.hole]
    assert error.mean() < 1.0


def test_no_colour_of_the_object_bleeds_into_what_is_borrowed(pan: Callable[..., Any]) -> None:
    shot = pan(frames=12, step=4, plane=grainy(sky(200), 0))
    borrowed = Borrower(shot, PARAMS).borrow(MIDDLE)
    assert borrowed is not None and borrowed.filled.any()
    truth = shot.truths[MIDDLE][borrowed.window.slices].astype(np.float32)
    assert np.abs(borrowed.picture - truth)[borrowed.filled].max() < 8


def test_a_scene_that_changes_altogether_lends_nothing(
    pan: Callable[..., Any], texture: Callable[..., np.ndarray], shot_of: Any
) -> None:
    truths = [texture(72, 128, seed=k) for k in range(12)]
    borrowed = Borrower(shot_of(truths, pan(step=4).holes), PARAMS).borrow(MIDDLE)
    assert borrowed is not None
    assert borrowed.filled[borrowed.hole].mean() < 0.05


def test_borrowing_is_the_same_every_time(panning: Any, lent: Borrowed) -> None:
    again = Borrower(panning, PARAMS).borrow(MIDDLE)
    assert again is not None and again.picture.tobytes() == lent.picture.tobytes()


def test_frames_are_tried_from_near_to_far_within_reach() -> None:
    order = borrowing_order(10, 200, BorrowParams(search=40))
    assert order[:6] == [9, 11, 8, 12, 7, 13]
    away = [abs(frame - 10) for frame in order]
    assert away == sorted(away) and max(away) <= 40
    assert len(set(order)) == len(order) and 10 not in order and all(0 <= frame < 200 for frame in order)
