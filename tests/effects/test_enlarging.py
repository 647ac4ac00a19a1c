"""Super-resolution: larger, a few frames at a time, from what the clip shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.effects.generate import generate
from lumiere_engine.effects.ingredients import files_fingerprint
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.jobs import JobSpec, WorkOrder
from lumiere_engine.protocol.params import GenerateParams
from lumiere_engine.protocol.weights import Weights
from lumiere_engine.stunet.image_params import InflatedParams, TemporalParams
from lumiere_engine.stunet.image_weights import save_temporal
from lumiere_engine.stunet.inflated import InflatedSTUNet

from .conftest import IMAGE, write_movie

WINDOW, FRAMES = 3, 7


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks are slower on more."""
    monkeypatch.setattr("lumiere_engine.effects.prompting.THREADS", 1)


@pytest.fixture(scope="module")
def enlarging(weights: tuple[Weights, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Weights, ...]:
    """The model with layers that double a clip's size and see three frames."""
    file = tmp_path_factory.mktemp("layers") / "larger.safetensors"
    layers = TemporalParams((1,), conditioned=True, heads=2)
    torch.manual_seed(0)
    added = InflatedSTUNet(InflatedParams(IMAGE, layers)).temporal_parameters()
    moved = {name: value + 0.05 * torch.randn_like(value) for name, value in added.items()}
    save_temporal(moved, layers, file, {"frames": str(WINDOW), "modes": "small", "factor": "2"})
    return (*weights, Weights("upscale", str(file), files_fingerprint([file])))


def _run(
    folder: Path, weights: tuple[Weights, ...], name: str = "out", on_step: Any = None, **more: Any
) -> Any:
    plate = str(more.pop("plate", ""))
    params = GenerateParams(
        prompt="a red disk", steps=2, weights=weights, **{"frames": FRAMES, "window": FRAMES, **more}
    )
    order = WorkOrder(
        JobSpec("generate", plate, (), params=params), str(folder / f"{name}.mkv"), overwrite=True
    )
    generate(order, on_step or (lambda _: None))
    with open_source(order.output) as source:
        return np.stack([source.read(k).planes[0] for k in range(source.frame_count)])


def test_a_clip_is_enlarged_in_windows_that_share_two_frames(
    enlarging: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, ...]] = []
    forward = InflatedSTUNet.forward

    def listen(self: Any, x: torch.Tensor, *rest: Any, **more: Any) -> torch.Tensor:
        if x.device.type != "meta":  # where memory is only counted
            asked.append(tuple(x.shape[2:]))
        return forward(self, x, *rest, **more)

    monkeypatch.setattr(InflatedSTUNet, "forward", listen)
    assert _run(tmp_path, enlarging).shape == (FRAMES, 32, 32, 3)
    assert {shape for shape in asked if shape[1:] == (16, 16)} == {(FRAMES, 16, 16)}
    larger = [shape[0] for shape in asked if shape[1:] == (32, 32)]
    assert set(larger) == {WINDOW} and len(larger) == 2 * 2 * (FRAMES - 2)  # steps, texts, windows


def test_an_interrupted_enlarging_goes_on_to_the_same_bytes(
    enlarging: tuple[Weights, ...], tmp_path: Path
) -> None:
    steps: list[int] = []

    def stop(step: Any) -> None:
        if step.stage == "imagine":
            steps.append(step.done)
            assert step.total == 4
            if step.done == 3:
                raise KeyboardInterrupt

    whole = _run(tmp_path, enlarging)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, enlarging, "rest", stop)
    steps.clear()
    rest = _run(
        tmp_path, enlarging, "rest", lambda step: steps.append(step.done) if step.stage == "imagine" else None
    )
    assert steps == [4] and (rest == whole).all()


def test_the_picture_that_is_animated_is_the_first_frame_at_full_size(
    enlarging: tuple[Weights, ...], tmp_path: Path
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (1, 32, 32, 3)).astype(np.uint8)
    write_movie(tmp_path / "still.%03d.png", picture)
    made = _run(tmp_path, enlarging, plate=next(tmp_path.glob("still.*.png")), plate_as="first_frame")
    assert made.shape == (FRAMES, 32, 32, 3) and (made[0] == picture[0]).all()


def test_the_size_that_is_asked_for_is_that_of_the_result(
    enlarging: tuple[Weights, ...], tmp_path: Path
) -> None:
    assert _run(tmp_path, enlarging, frames=2, width=24, height=40).shape == (2, 40, 24, 3)


def test_layers_that_do_not_enlarge_are_refused(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    wrong = Weights("upscale", weights[1].path, weights[1].fingerprint)
    with pytest.raises(SpecError, match=r"temporal.safetensors: these temporal layers do not enlarge"):
        _run(tmp_path, (*weights, wrong))
