"""When a loop may turn around, and where."""

from __future__ import annotations

import numpy as np
from lumiere_engine.motion.loops.closing import Motion
from lumiere_engine.motion.loops.search import Moments, feature
from lumiere_engine.motion.loops.turning import doubled, search_turns, swings

RATE = 24.0


def _textured(x: float) -> np.ndarray:
    """A smooth texture whose pattern stands at `x`, 64 96 3 float32, code values of 255."""
    ys, xs = np.mgrid[:64, :96].astype(np.float32)
    wave = np.sin((xs - x) / 5) * np.sin(ys / 6) + np.sin((xs - x) / 9 + ys / 8)
    return np.repeat((128 + 50 * wave)[..., None], 3, -1).astype(np.float32)


REGION = np.ones((64, 96), bool)


def test_what_goes_there_and_back_swings_and_what_drifts_does_not() -> None:
    assert swings(lambda t: _textured(8 * np.sin(2 * np.pi * t / 20)), REGION, 0, 41)
    assert not swings(lambda t: _textured(1.5 * t), REGION, 0, 41)


def test_what_no_flow_explains_does_not_swing() -> None:
    rng = np.random.default_rng(0)
    noise = rng.random((41, 64, 96, 3)).astype(np.float32) * 255
    assert not swings(lambda t: noise[t], REGION, 0, 41)


def test_what_no_motion_takes_to_each_other_is_seen_as_double() -> None:
    stands = Motion(np.zeros((64, 96, 2), np.float32))
    goes = Motion(np.full((64, 96, 2), (4, 0), np.float32))
    one, other = _textured(0), _textured(4)
    usual = float(np.abs(_textured(1) - one).mean())
    assert doubled(one, other, stands, usual, REGION)
    assert not doubled(one, other, goes, usual, REGION)


def test_it_turns_where_things_rest() -> None:
    def at(t: int) -> float:
        return 12 * np.cos(2 * np.pi * t / 60)

    moments = Moments(0, [feature(_textured(at(t)), REGION.astype(np.float32)) for t in range(75)])
    found = search_turns(moments, RATE, None)
    assert found is not None
    ends = [found.start % 30, (found.start + found.period // 2) % 30]
    assert all(min(end, 30 - end) <= 2 for end in ends)
    named = search_turns(moments, RATE, 20)
    assert named is not None and named.period == 20
    assert search_turns(moments, RATE, 200) is None
