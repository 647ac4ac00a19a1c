"""Seeded masks: as large as promised, the same at every size, and ever the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest
from lumiere_bench.masks import MOVING_SHARE, STATIONARY_SHARE, looped, moving, seed_of, stationary

Draw = Callable[[int, int, int, int], np.ndarray]


@pytest.mark.parametrize(("draw", "share"), [(stationary, STATIONARY_SHARE), (moving, MOVING_SHARE)])
@pytest.mark.parametrize("seed", range(6))
def test_masks_hide_what_they_promise(draw: Draw, share: float, seed: int) -> None:
    hidden = draw(30, 120, 216, seed).mean()
    assert abs(hidden - share) < 0.006


def test_stationary_masks_stand_still_and_moving_ones_move() -> None:
    standing, moved = stationary(20, 120, 216, 1), moving(20, 120, 216, 1)
    assert (standing == standing[0]).all()
    assert (moved[0] != moved[-1]).mean() > 0.02
    # no frame jumps: each overlaps the one before
    for before, after in pairwise(moved):
        assert (before & after).sum() > 0.6 * before.sum()


@pytest.mark.parametrize("draw", [stationary, moving])
def test_every_size_gets_the_same_masks(draw: Draw) -> None:
    small, large = draw(5, 120, 216, 4), draw(5, 360, 648, 4)
    shrunk = np.stack(
        [cv2.resize(m.astype(np.float32), (216, 120), interpolation=cv2.INTER_AREA) for m in large]
    )
    assert ((shrunk > 0.5) != small).mean() < 0.004


def test_masks_are_those_of_their_seed_on_every_machine() -> None:
    digest = hashlib.sha256(np.packbits(moving(4, 60, 108, seed_of(0, "tennis", "moving")))).hexdigest()
    assert digest[:16] == "5bd4b66ecb6df198"
    assert not np.array_equal(moving(4, 60, 108, 0), moving(4, 60, 108, 1))


def test_shots_and_kinds_have_seeds_of_their_own() -> None:
    seeds = {seed_of(0, shot, kind) for shot in ("a", "b") for kind in ("stationary", "moving")}
    assert len(seeds) == 4
    assert seed_of(0, "a", "moving") != seed_of(1, "a", "moving")


def test_borrowed_masks_run_forth_and_back() -> None:
    masks = np.arange(4)[:, None, None] == np.arange(4)[None, None, :]
    order = looped(masks, 9).argmax(-1).ravel().tolist()
    assert order == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert len(looped(masks[:1], 3)) == 3
