"""Windows are as long as fit into memory; what does not fit is refused before anything is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from lumiere_engine.effects import prompting
from lumiere_engine.effects.free_memory import free_bytes
from lumiere_engine.effects.generate import generate
from lumiere_engine.effects.ingredients import find_ingredients
from lumiere_engine.effects.planning import Pass, Sizes, choose_window, spaced
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.jobs import JobSpec, WorkOrder
from lumiere_engine.protocol.messages import JobResult, Progress
from lumiere_engine.protocol.params import GenerateParams
from lumiere_engine.protocol.weights import Weights
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams

IMAGE = ImageUNetParams(channels=(64, 128), depths=(1, 0), heads=(2, 4), layers=1, context=32)
WORK = Pass(InflatedParams(IMAGE, TemporalParams(strides=(2,))), torch.float32, 80, 16, 32, None, "cpu")
SIZES = Sizes(pixel=8, multiple=2)


def _free_for(work: Pass, window: int) -> int:
    """Just enough memory."""
    return int(work.bytes(window) / 0.85) + 2


def test_the_longest_windows_that_fit_are_chosen_by_halves() -> None:
    assert choose_window(WORK, 64, 1 << 40, SIZES) == 64
    assert choose_window(WORK, 64, _free_for(WORK, 64), SIZES) == 64
    assert choose_window(WORK, 64, _free_for(WORK, 64) - 1_000_000, SIZES) == 32
    assert choose_window(WORK, 64, _free_for(WORK, 4), SIZES) == 4
    # a clip that is one pass anyhow keeps to what the layers learned, and is halved itself if it must be
    short = replace(WORK, frames=20)
    assert choose_window(short, 64, _free_for(short, 20), SIZES) == 64
    assert choose_window(short, 64, _free_for(short, 10), SIZES) == 10


def test_what_does_not_fit_is_told_in_one_line_with_what_would() -> None:
    with pytest.raises(SpecError) as caught:
        choose_window(WORK, 64, _free_for(WORK, 4) - 1_000_000, SIZES)
    told = str(caught.value)
    assert "256 × 128 pixels take" in told and "4 at a time" in told
    width, height = map(int, told.split("choose ")[1].split(" pixels")[0].split(" × "))
    smaller = replace(WORK, rows=height // 8, columns=width // 8)
    assert width < 256 and width / height == pytest.approx(2, rel=0.1)
    assert choose_window(smaller, 64, _free_for(WORK, 4) - 1_000_000, SIZES) >= 4

    with pytest.raises(SpecError, match=r"choose a window of 8 frames or \d+ × \d+ pixels"):
        choose_window(WORK, 64, _free_for(WORK, 8), SIZES, chosen=32)
    with pytest.raises(SpecError, match="the weights alone take"):
        choose_window(WORK, 64, 1000, SIZES)
    with pytest.raises(SpecError, match=r"choose \d+ × \d+ pixels"):
        choose_window(WORK, 64, _free_for(WORK, 8), SIZES, shorter=False)


def test_windows_leave_no_narrow_rest() -> None:
    assert spaced(10, 16, None) == (10, 0)
    assert spaced(80, 16, None) == (15, 4)
    assert spaced(17, 16, None) == (11, 4)
    assert spaced(33, 16, 2) == (13, 2)
    assert spaced(81, 80, 0) == (41, 0)


def test_what_is_free_is_no_more_than_there_is() -> None:
    assert 0 < free_bytes("cpu") <= psutil.virtual_memory().total


def _run(order: WorkOrder, stop_after: int | None = None) -> JobResult:
    def heard(step: Progress) -> None:
        if step.stage == "imagine" and step.done == stop_after:
            raise KeyboardInterrupt

    return generate(order, heard)


def test_a_job_keeps_the_windows_it_began_with_and_its_recipe_makes_the_same_anywhere(
    longer: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompting, "THREADS", 1)
    free = [1 << 40]
    monkeypatch.setattr(prompting, "free_bytes", lambda device: free[0])
    params = GenerateParams(prompt="a disk", frames=12, steps=3, width=16, height=16, weights=longer)
    order = WorkOrder(JobSpec("generate", "", (), params=params), str(tmp_path / "out.mkv"), overwrite=True)
    ample = _run(order)
    assert not ample.notes

    work = Pass(find_ingredients(longer).network, torch.float32, 12, 16, 16, None, "cpu")
    free[0] = _free_for(work, 4)
    with pytest.raises(KeyboardInterrupt):
        _run(order, stop_after=2)
    free[0] = 1 << 40  # there is more now: it goes on as it began
    short, made = _run(order), _bytes(order.output)
    assert short.notes == (
        "made in windows of 4 frames, not 8 as the layers learned: that is what fits into memory",
    )
    assert short.fingerprint != ample.fingerprint
    spec = JobSpec.from_wire(json.loads(json.dumps(short.recipe["spec"])))
    assert spec.params_of(GenerateParams).window == 4
    again = _run(replace(order, spec=spec, output=str(tmp_path / "again.mkv")))
    assert _bytes(str(tmp_path / "again.mkv")) == made and again.fingerprint == short.fingerprint

    with pytest.raises(KeyboardInterrupt):
        _run(order, stop_after=2)
    free[0] = _free_for(work, 4)  # there is less now
    with pytest.raises(SpecError, match="choose a window of 4 frames"):
        _run(order)


def _bytes(path: str) -> bytes:
    with open_source(Path(path)) as source:
        return b"".join(source.read(k).planes[0].tobytes() for k in range(source.frame_count))


def test_a_clip_that_never_fits_is_refused_before_the_network_is_read(
    weights: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompting, "free_bytes", lambda device: 100_000)
    monkeypatch.setattr(prompting, "load_inflated", lambda *_, **__: pytest.fail("it was read"))
    params = GenerateParams(prompt="a disk", frames=12, steps=3, weights=weights)
    with pytest.raises(SpecError, match="can be used now"):
        _run(WorkOrder(JobSpec("generate", "", (), params=params), str(tmp_path / "out.mkv")))
    assert not (tmp_path / "out.mkv").exists()
