"""All measures of one result together."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_bench.baselines import telea
from lumiere_bench.cases import Case
from lumiere_bench.fidelity import BEST_DB
from lumiere_bench.measures import Judge


def test_the_truth_is_perfect(pan: Case) -> None:
    measures = Judge(pan).measure(pan.truth)
    assert measures.psnr_db == measures.hole_psnr_db == BEST_DB
    assert measures.ssim == pytest.approx(1) and measures.hole_ssim == pytest.approx(1)
    assert measures.patch_distance == 0 and measures.seam_step == 0
    assert measures.warp_ratio == 1 and measures.worst_flicker == 1
    assert measures.outside_changed == 0


def test_psnr_of_the_frame_is_that_of_the_hole_thinned_by_its_share(still: Case) -> None:
    shifted = (still.truth.astype(int) + np.where(still.truth > 127, -12, 12)).astype(np.uint8)
    measures = Judge(still).measure(shifted)
    assert measures.hole_psnr_db == pytest.approx(20 * np.log10(255 / 12))
    share = still.holes[0].mean()  # the same in every frame
    assert measures.psnr_db == pytest.approx(measures.hole_psnr_db - 10 * np.log10(share))


def test_what_a_method_does_outside_the_holes_is_seen_and_not_scored(still: Case) -> None:
    judge = Judge(still)
    touched = still.truth.copy()
    touched[:, :, :4] = 0
    measures = judge.measure(touched)
    assert measures.outside_changed == pytest.approx(4 * 72 / (72 * 128 - 20 * 26), rel=0.05)
    assert measures.psnr_db == BEST_DB
    assert (judge.composite(touched) == still.truth).all()


def test_an_edge_that_shows_is_a_step_and_a_smooth_fill_is_none(pan: Case) -> None:
    judge = Judge(pan)
    assert judge.measure(pan.plate).seam_step > 10  # grey holes
    assert judge.measure(telea(pan.plate, pan.holes)).seam_step < 1


def test_frames_without_a_hole_do_not_raise_the_mean(still: Case) -> None:
    darker = (still.truth * 0.8).astype(np.uint8)
    before = Judge(still).measure(darker)
    still.holes[3:] = False
    after = Judge(still).measure(darker)
    assert after.psnr_db == pytest.approx(before.psnr_db, abs=1)


def test_measures_are_rounded_for_the_report(pan: Case) -> None:
    wire = Judge(pan).measure(telea(pan.plate, pan.holes)).to_wire()
    assert all(value is None or value == round(value, 4) for value in wire.values())
