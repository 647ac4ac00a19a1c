"""Warp errors: the truth is the yardstick, boiling is seen, and what moves as it should is still."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_bench.cases import Case
from lumiere_bench.stability import true_motion, warp_errors, warp_ratio, worst_flicker


def test_the_truth_is_as_still_as_the_truth(pan: Case) -> None:
    motion = true_motion(pan.truth)
    errors = warp_errors(pan.truth, pan.holes, motion)
    assert warp_ratio(errors, errors) == 1
    assert worst_flicker(errors, errors) == 1


def test_what_follows_the_motion_is_still_and_what_boils_is_not(pan: Case) -> None:
    motion = true_motion(pan.truth)
    true_errors = warp_errors(pan.truth, pan.holes, motion)
    boiling = pan.truth + np.random.default_rng(0).integers(-15, 16, pan.truth.shape)
    shaken = warp_errors(np.clip(boiling, 0, 255).astype(np.uint8), pan.holes, motion)
    ratio = warp_ratio(shaken, true_errors)
    assert ratio is not None and ratio > 3
    # a constant error that moves with the scene does not flicker
    darker = (pan.truth * 0.5).astype(np.uint8)
    ratio = warp_ratio(warp_errors(darker, pan.holes, motion), true_errors)
    assert ratio is not None and ratio < 1.1


def test_one_bad_frame_is_found(pan: Case) -> None:
    motion = true_motion(pan.truth)
    true_errors = warp_errors(pan.truth, pan.holes, motion)
    flash = pan.truth.copy()
    flash[4] = 255 - flash[4]
    worst = worst_flicker(warp_errors(flash, pan.holes, motion), true_errors)
    assert worst is not None and worst > 5


def test_only_what_the_next_frame_shows_counts(still: Case) -> None:
    motion = true_motion(still.truth)
    assert len(motion.flows) == len(still.truth) - 1
    assert motion.same[0].mean() > 0.99
    nothing = np.zeros_like(still.holes)
    errors = warp_errors(still.truth, nothing, motion)
    assert np.isnan(errors).all()
    assert warp_ratio(errors, errors) is None and worst_flicker(errors, errors) is None


def test_places_that_leave_the_picture_are_not_compared(pan: Case) -> None:
    same = true_motion(pan.truth).same[0]
    assert not same[:, :2].any()  # the camera moves right by 3 pixels: the left columns are gone
    assert same[10:-10, 10:-10].mean() == pytest.approx(1, abs=0.1)
