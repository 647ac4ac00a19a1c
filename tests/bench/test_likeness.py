"""The patch distance says what PSNR does not: whether it looks like what belongs there."""

from __future__ import annotations

import cv2
import numpy as np
from lumiere_bench.cases import Case
from lumiere_bench.fidelity import psnr
from lumiere_bench.likeness import patch_distance


def test_the_truth_has_no_distance(pan: Case) -> None:
    assert patch_distance(pan.truth[0], pan.truth[0], pan.holes[0]) == 0


def test_a_blur_is_farther_than_the_right_texture_at_another_place(pan: Case) -> None:
    truth, hole = pan.truth[0], np.zeros(pan.truth.shape[1:3], bool)
    hole[16:56, 30:100] = True
    blurred = cv2.GaussianBlur(truth, (0, 0), 4)
    moved = np.roll(truth, 5, axis=1)
    assert psnr(blurred, truth) > psnr(moved, truth)  # PSNR has it the other way round
    assert patch_distance(blurred, truth, hole) > 2 * patch_distance(moved, truth, hole)


def test_worse_is_larger(pan: Case) -> None:
    truth, hole = pan.truth[0], pan.holes[0]
    distances = [patch_distance(cv2.GaussianBlur(truth, (0, 0), s), truth, hole) for s in (0.6, 1.5, 4)]
    assert distances == sorted(distances) and distances[0] > 0


def test_a_hole_of_one_pixel_can_be_judged(pan: Case) -> None:
    hole = np.zeros(pan.truth.shape[1:3], bool)
    hole[0, 0] = True
    assert patch_distance(pan.truth[1], pan.truth[0], hole) >= 0
