"""What the panel's strip asks: where could a loop begin and end?"""

from __future__ import annotations

from pathlib import Path

import pytest
from lumiere_engine.protocol import CinemagraphParams, JobSpec, Progress
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.worker.tasks import TASKS

from .conftest import PERIOD


def test_the_best_loops_are_named_and_differ(swing: tuple[Path, Path]) -> None:
    plate, matte = swing
    spec = JobSpec("cinemagraph", str(plate), (str(matte),), params=CinemagraphParams(still=7))
    heard: list[Progress] = []
    answer = TASKS["loop_points"]({"spec": spec.to_wire(), "most": 3}, heard.append)
    loops = answer["loops"]
    assert answer["natural_period"] == PERIOD and answer["still"] == 7
    assert 1 <= len(loops) <= 3 and loops[0]["period"] % PERIOD == 0
    frames = range(answer["start"], answer["start"] + answer["duration"])
    for loop in loops:
        assert loop["start"] - loop["overlap"] in frames and loop["start"] + loop["period"] - 1 in frames
    spans = [(loop["start"], loop["period"]) for loop in loops]
    assert len(set(spans)) == len(spans) and loops[0]["seam"] < 1.0
    assert [step.stage for step in heard][-1] == "search"
    assert not list(plate.parent.glob(".lumiere"))


def test_frames_that_are_not_there_are_refused(swing: tuple[Path, Path]) -> None:
    spec = JobSpec("cinemagraph", str(swing[0]), (str(swing[1]),), params=CinemagraphParams(still=500))
    with pytest.raises(SpecError, match="frame 500"):
        TASKS["loop_points"]({"spec": spec.to_wire()}, lambda _: None)
