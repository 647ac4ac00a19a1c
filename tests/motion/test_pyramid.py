"""The smooth fill: exact where it is known, close to the membrane where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_engine.motion.pyramid import push_pull
from lumiere_engine.protocol.errors import SpecError


def hole_in(height: int, width: int) -> np.ndarray:
    known = np.ones((height, width), bool)
    known[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = False
    return known


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40), st.integers(3, 40), st.floats(0.01, 0.99))
def test_known_values_are_kept_and_no_other_is_invented(
    seed: int, height: int, width: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    field = rng.uniform(-5, 5, (height, width, 3)).astype(np.float32)
    known = rng.random((height, width)) < share
    known[0, 0] = True
    filled = push_pull(np.where(known[..., None], field, np.float32(1e9)), known)
    assert np.array_equal(filled[known], field[known])
    low, high = field[known].min() - 1e-3, field[known].max() + 1e-3
    assert low <= filled.min() and filled.max() <= high


@pytest.mark.parametrize("shape", [(30, 41), (30, 41, 2), (30, 41, 3), (1, 9), (2, 2, 3)])
def test_a_constant_stays_a_constant(shape: tuple[int, ...]) -> None:
    known = np.zeros(shape[:2], bool)
    known[0, :2] = True
    filled = push_pull(np.full(shape, 7.25, np.float32), known)
    assert filled.shape == shape
    np.testing.assert_allclose(filled, 7.25, atol=1e-4)


def test_a_slope_is_continued_nearly_as_a_membrane_would() -> None:
    slope = np.broadcast_to(np.linspace(0, 200, 96, dtype=np.float32), (64, 96)).copy()
    known = hole_in(64, 96)
    error = np.abs(push_pull(slope, known) - slope)[~known]
    across = slope[0, 64] - slope[0, 31]  # from one side of the hole to the other
    assert error.max() < 0.1 * across


def test_nothing_known_is_nothing_filled() -> None:
    field = np.ones((8, 8), np.float32)
    assert not push_pull(field, np.zeros((8, 8), bool)).any()


def test_the_input_is_not_changed() -> None:
    field, known = np.random.default_rng(0).random((20, 20)).astype(np.float32), hole_in(20, 20)
    before = field.copy()
    push_pull(field, known)
    assert np.array_equal(field, before)


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(SpecError, match="differ in size"):
        push_pull(np.zeros((4, 5), np.float32), np.ones((5, 4), bool))
