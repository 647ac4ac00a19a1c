"""The soft matte around a core."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_engine.matte.shape import soft_matte


def dot(size: int = 61) -> np.ndarray:
    core = np.zeros((size, size), bool)
    core[size // 2, size // 2] = True
    return core


def distance(size: int = 61) -> np.ndarray:
    rows, columns = np.mgrid[0:size, 0:size]
    return np.hypot(rows - size // 2, columns - size // 2)


def test_it_is_1_on_the_grown_core_and_exactly_0_beyond_the_feather() -> None:
    matte = soft_matte(dot(), 10, 5)
    assert (matte[distance() <= 9.99] == 1).all()
    assert (matte[distance() >= 15.01] == 0).all()
    between = (distance() > 10.2) & (distance() < 14.8)
    assert ((matte[between] > 0) & (matte[between] < 1)).all()


def test_it_falls_smoothly_from_the_centre() -> None:
    line = soft_matte(dot(), 6, 12)[30, 30:]
    assert (np.diff(line) <= 0).all()
    assert line[12] == pytest.approx(0.5)
    assert np.abs(np.diff(line)).max() < 0.14


def test_without_feather_it_is_hard() -> None:
    assert set(np.unique(soft_matte(dot(), 4.2, 0))) == {0.0, 1.0}
    assert np.array_equal(soft_matte(dot(), 4.2, 0) == 1, distance() <= 4.2)


def test_without_growth_the_core_stays() -> None:
    core = np.random.default_rng(0).random((40, 50)) > 0.9
    assert np.array_equal(soft_matte(core, 0, 0), core.astype(np.float32))


def test_an_empty_core_gives_nothing_and_a_full_one_everything() -> None:
    assert not soft_matte(np.zeros((9, 9), bool), 5, 5).any()
    assert (soft_matte(np.ones((9, 9), bool), 5, 5) == 1).all()


def test_it_is_clipped_at_the_frame_and_nowhere_else() -> None:
    core = np.zeros((30, 200), bool)
    core[0, 0] = core[29, 199] = True
    rows, columns = np.mgrid[0:30, 0:200]
    near = np.minimum(np.hypot(rows, columns), np.hypot(rows - 29, columns - 199))
    assert np.array_equal(soft_matte(core, 7, 0) == 1, near <= 7)


def test_widths_below_0_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        soft_matte(dot(), -1, 0)
