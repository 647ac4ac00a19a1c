"""What every simple fill keeps to, and what each is good at."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_bench.baselines import BASELINES, Baseline, dis_propagation, frame_copy, telea
from lumiere_bench.cases import GREY, Case
from lumiere_bench.fidelity import psnr


@pytest.mark.parametrize("method", BASELINES, ids=lambda method: method.name)
def test_a_fill_changes_its_holes_alone_and_leaves_none(method: Baseline, pan: Case) -> None:
    answer = method.run(pan, lambda step: None)
    assert answer.frames.dtype == np.uint8 and answer.frames.shape == pan.plate.shape
    assert np.array_equal(answer.frames[~pan.holes], pan.plate[~pan.holes])
    assert (answer.frames[pan.holes] == GREY).all(-1).mean() < 0.02
    assert answer.seconds > 0 and answer.peak_bytes is None


def test_copying_is_exact_where_nothing_moves(still: Case) -> None:
    assert np.array_equal(frame_copy(still.plate, still.holes), still.truth)


def test_copying_takes_the_nearest_frame_and_closes_what_none_shows_smoothly() -> None:
    plate = np.stack([np.full((16, 16, 3), value, np.uint8) for value in (10, 20, 30, 40)])
    holes = np.zeros((4, 16, 16), bool)
    holes[1, 4:8, 4:8] = True
    holes[2, 4:8, 4:8] = True
    holes[:, 10:12, 10:12] = True
    out = frame_copy(plate, holes)
    assert (out[1, 4:8, 4:8] == 10).all() and (out[2, 4:8, 4:8] == 40).all()
    assert (out[3, 10:12, 10:12] == 40).all()


def test_propagation_follows_the_camera(pan: Case) -> None:
    hidden = pan.truth[pan.holes]
    carried = psnr(dis_propagation(pan.plate, pan.holes)[pan.holes], hidden)
    assert carried > psnr(telea(pan.plate, pan.holes)[pan.holes], hidden) + 4
    assert carried > psnr(frame_copy(pan.plate, pan.holes)[pan.holes], hidden) + 4


def test_what_no_flow_reaches_is_filled_too(still: Case) -> None:
    holes = np.zeros_like(still.holes)
    holes[:, 20:40, 30:60] = True
    plate = np.where(holes[..., None], np.uint8(GREY), still.truth)
    assert np.array_equal(dis_propagation(plate, holes), telea(plate, holes))
