"""Loops are judged by what is wrong with them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_bench.loop_measures import judge, liveliness
from lumiere_bench.loop_regions import REGIONS, region_of
from lumiere_bench.loops import Plan, markdown, run
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import CinemagraphParams, JobResult
from lumiere_engine.protocol.errors import SpecError

from .conftest import texture

COUNT = 24
REGION = np.zeros((72, 128), bool)
REGION[16:56, 24:104] = True


def turning(count: int = COUNT, period: int = COUNT, outside: bool = False) -> list[np.ndarray]:
    """A region that turns from one texture into another and back; h w 3 float32, code values."""
    one, other = (texture(72, 128, seed).astype(np.float32) for seed in (1, 2))
    frames = []
    for k in range(count):
        turn = 2 * np.pi * k / period
        moving = 128 + (one - 128) * np.cos(turn) / 2 + (other - 128) * np.sin(turn) / 2
        shown = moving if outside else np.where(REGION[..., None], moving, one)
        frames.append(shown.astype(np.float32))
    return frames


def test_a_loop_without_a_seam_has_the_usual_step_there() -> None:
    frames = turning()
    found = judge(iter(frames), frames[0], REGION, liveliness(iter(frames), REGION))
    assert found.seam == pytest.approx(1, abs=0.1) and found.seam_gradient == pytest.approx(1, abs=0.1)
    assert found.energy == pytest.approx(1, abs=0.05) and found.worst < 1.2
    assert found.frozen and found.frames == COUNT


def test_a_jump_a_blur_and_a_touch_outside_are_seen() -> None:
    frames = turning()
    source = liveliness(iter(frames), REGION)
    cut = judge(iter(frames[: COUNT // 2]), frames[0], REGION, source)
    assert cut.seam > 4 and cut.worst > 4
    blurred = [*frames[:10], cv2.GaussianBlur(frames[10], (0, 0), 4), *frames[11:]]
    assert judge(iter(blurred), frames[0], REGION, source).sharpness < 0.5
    assert not judge(iter(turning(outside=True)), frames[0], REGION, source).frozen
    step = [frame + 40 * REGION[..., None].astype(np.float32) for frame in frames]
    assert judge(iter(step), frames[0], REGION, source).edge > 5


def test_every_region_lies_in_its_picture_and_leaves_some_of_it() -> None:
    for name in [*REGIONS, "a shot that nobody drew"]:
        share = (region_of(name, 100).matte(90, 160) > 0).mean()
        assert 0.02 < share < 0.9, name


def test_a_method_that_fails_is_told_and_the_others_go_on(footage: Path, tmp_path: Path) -> None:
    def make(plate: Path, matte: Path, output: Path, params: CinemagraphParams, _: Any) -> JobResult:
        if params.method == "liao":
            raise SpecError("no loop")
        output.write_bytes(plate.read_bytes())
        recipe = {"loop": {"period": 8}}
        return JobResult(str(output), None, 8, 0, "24/1", "f", 1, 0, {}, (), recipe)

    report = run(
        Plan(footage, ("beta",), ("liao", "repeat"), "draft", tmp_path / "out"), make, lambda step: None
    )
    found = report["shots"]["beta"]
    assert "no loop" in found["liao"]["failed"] and found["repeat"]["frames"] == 8
    assert json.loads((tmp_path / "out" / "loops.json").read_text())["shots"] == report["shots"]
    assert "| beta | repeat | 8 |" in markdown(report)
    links = re.findall(r"\]\((.*?)\)", (tmp_path / "out" / "loops.md").read_text())
    assert [Path(link).name for link in links] == [
        "beta-repeat.gif",
        "beta-repeat.slice.png",
        "beta-repeat.sheet.png",
    ]
    assert all((tmp_path / "out" / link).is_file() for link in links)
    with open_source(tmp_path / "out" / links[0]) as gif:
        assert gif.frame_count == 8
