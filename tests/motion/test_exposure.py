"""Exposure between two pictures of one place."""

from __future__ import annotations

import numpy as np
from lumiere_engine.motion.exposure import difference, gain_towards, times

ALL = np.ones((40, 40), bool)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(40, 120, (40, 40, 3), np.uint8)


def test_a_factor_per_channel_is_found_in_spite_of_what_moves() -> None:
    target, picture = noise(), times(noise(), np.array([0.5, 0.8, 1.0]))
    picture[:10] = 200
    assert np.allclose(gain_towards(target, picture, ALL), [2, 1.25, 1], atol=0.03)


def test_too_little_to_compare_changes_nothing() -> None:
    few = np.zeros_like(ALL)
    few[:5, :5] = True
    assert (gain_towards(noise(), noise() // 2, few) == 1).all()
    assert difference(noise(), noise(), few) is None


def test_black_and_white_do_not_speak_of_exposure() -> None:
    target, picture = noise(), noise()
    picture[:25] = 0
    picture[25:30] = 255
    assert np.allclose(gain_towards(target, picture, ALL), 1)
