"""From arrows to a field, and from the field to places."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_engine.motion.loops.field import carried, motion_field, reachable, trust, turns_of
from lumiere_engine.protocol import MotionHints
from lumiere_engine.protocol.errors import LumiereError
from lumiere_engine.protocol.hints import PRESETS, Anchor, Arrow

RATE = 25.0


def test_things_move_as_the_arrow_says_in_a_second() -> None:
    hints = MotionHints((Arrow(60, 40, 50, -25),))
    field = motion_field(hints, 90, 160, 1.0, RATE, 0)
    assert field == pytest.approx(np.broadcast_to((2.0, -1.0), field.shape), abs=1e-4)
    twice = motion_field(MotionHints(hints.arrows, speed=2.0), 90, 160, 1.0, RATE, 0)
    assert twice == pytest.approx(2 * field)
    half = motion_field(hints, 45, 80, 0.5, RATE, 0)
    assert half == pytest.approx(np.broadcast_to((1.0, -0.5), half.shape), abs=1e-4)


def test_an_anchor_stands_and_arrows_hold_where_they_are_drawn() -> None:
    hints = MotionHints((Arrow(30, 45, 25, 0), Arrow(130, 45, 0, 25)), (Anchor(80, 20),))
    field = motion_field(hints, 90, 160, 1.0, RATE, 0)
    assert np.linalg.norm(field[20, 80]) < 0.15
    assert field[45, 42, 0] > 0.9 > 0.3 > abs(field[45, 42, 1])
    assert field[57, 130, 1] > 0.9
    assert np.abs(np.diff(field, axis=1)).max() < 0.15  # smooth


def test_going_there_and_back_leads_home() -> None:
    field = motion_field(MotionHints(preset="smoke"), 90, 160, 1.0, RATE, 3)
    ys, xs = np.mgrid[20:70, 30:130]
    there = carried(field, 13)
    places = np.stack([xs, ys], -1) + there[20:70, 30:130]
    x, y = np.rint(places[..., 0]).astype(int), np.rint(places[..., 1]).astype(int)
    home = places + carried(field, -13)[np.clip(y, 0, 89), np.clip(x, 0, 159)]
    assert np.median(np.abs(home - np.stack([xs, ys], -1))) < 0.25


def test_steps_add_up() -> None:
    field = np.broadcast_to(np.float32((0.75, -0.5)), (40, 60, 2)).copy()
    for steps in (0, 1, 7, 30, -12):
        assert np.allclose(carried(field, steps), steps * field, atol=1e-3)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_moves_and_is_the_same_again(preset: str) -> None:
    field = motion_field(MotionHints(preset=preset), 90, 160, 1.0, RATE, 1)
    assert 0.02 < np.linalg.norm(field, axis=-1).mean() < 3
    assert np.array_equal(field, motion_field(MotionHints(preset=preset), 90, 160, 1.0, RATE, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrows": []},
        {"arrows": [{"x": 1, "y": 1, "dx": 0, "dy": 0}]},
        {"preset": "lava"},
        {"preset": "water", "speed": 0},
        {"arrows": [{"x": 1, "y": 1}]},
    ],
    ids=str,
)
def test_hints_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(LumiereError):
        MotionHints.from_wire({"label": "MotionHints.1", **wrong})


def test_what_comes_from_beyond_or_is_smeared_is_not_believed() -> None:
    reach = reachable(np.ones((90, 160), bool), 8.0)
    assert reach[0, 0] < 0.2 and reach[45, 80] == 1
    left = np.broadcast_to(np.float32((-40.0, 0.0)), (90, 160, 2))
    found = trust(left, reach)
    assert found[45, 20] < 0.05 and found[45, 100] == 1
    stretched = np.zeros((90, 160, 2), np.float32)
    stretched[..., 0] = 0.9 * (80 - np.arange(160))  # ten pixels show one
    assert trust(stretched, reach)[45].max() < 0.05


def test_a_loop_begins_anew_only_if_its_way_is_longer_than_the_region() -> None:
    reach = reachable(np.ones((90, 160), bool), 8.0)
    slow, fast = (np.broadcast_to(np.float32((speed, 0.0)), (90, 160, 2)) for speed in (0.5, 4.0))
    assert turns_of(slow, reach, 96) == 1
    assert 2 < turns_of(fast, reach, 96) <= 4
