"""Generating, in this process, with a tiny model of random weights: what holds whatever a model has learned."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.effects.generate import generate
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import LumiereError, SpecError
from lumiere_engine.protocol.jobs import JobSpec, WorkOrder
from lumiere_engine.protocol.messages import Progress
from lumiere_engine.protocol.params import GenerateParams
from lumiere_engine.protocol.queue import Submit
from lumiere_engine.protocol.states import JobState
from lumiere_engine.protocol.weights import Weights

from .conftest import write_movie

pytest.importorskip("transformers")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks are slower on more."""
    monkeypatch.setattr("lumiere_engine.effects.prompting.THREADS", 1)


def _params(weights: tuple[Weights, ...], **more: Any) -> GenerateParams:
    return GenerateParams(**{"prompt": "a red disk", "frames": 4, "steps": 3, "weights": weights, **more})


def _run(folder: Path, params: GenerateParams, name: str = "out", **more: Any) -> bytes:
    spec = JobSpec("generate", params=params, **{"plate": "", "mattes": (), **more})
    generate(WorkOrder(spec, str(folder / f"{name}.mkv"), overwrite=True), lambda _: None)
    return b"".join(_samples(folder / f"{name}.mkv"))


def _samples(path: Path) -> list[bytes]:
    with open_source(path) as source:
        return [source.read(k).planes[0].tobytes() for k in range(source.frame_count)]


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, shape).astype(np.uint8)


def test_the_same_job_has_the_same_bytes_and_everything_that_is_chosen_counts(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    first = _run(tmp_path, _params(weights))
    assert len(first) == 4 * 16 * 16 * 3
    assert _run(tmp_path, _params(weights), "again") == first
    assert _run(tmp_path, _params(weights), seed=1) != first
    for change in ({"prompt": "a disk"}, {"negative": "red"}, {"sampler": "ddim"}, {"guidance": 2.0}):
        assert _run(tmp_path, _params(weights, **change)) != first, change


def test_an_interrupted_job_goes_on_from_its_last_step_to_the_same_bytes(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    params = _params(weights, steps=4)
    whole = _run(tmp_path, params)
    steps: list[int] = []

    def stop(step: Progress) -> None:
        if step.stage == "imagine":
            steps.append(step.done)
            if step.done == 2:
                raise KeyboardInterrupt

    order = WorkOrder(JobSpec("generate", "", (), params=params), str(tmp_path / "rest.mkv"))
    with pytest.raises(KeyboardInterrupt):
        generate(order, stop)
    steps.clear()
    generate(order, lambda step: steps.append(step.done) if step.stage == "imagine" else None)
    assert steps == [3, 4]
    assert b"".join(_samples(tmp_path / "rest.mkv")) == whole
    assert not (tmp_path / ".lumiere").exists()


@pytest.mark.slow
def test_cancel_takes_effect_within_one_denoising_step(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    """A real job in a real engine, whose network takes a second for each of its many steps."""
    client = EngineClient()
    for folder in (tmp_path, Path(weights[0].path)):
        client.allow(folder)
    params = _params(weights, frames=16, width=64, height=64, window=16, steps=60)
    order = WorkOrder(JobSpec("generate", "", (), params=params), str(tmp_path / "out.mkv"))
    job = client.submit(Submit(order, key=str(tmp_path))).id
    told: list[float] = []
    for event in client.events():
        if event.kind == "progress" and event.job == job and event.data["stage"] == "imagine":
            told.append(time.monotonic())
            if event.data["done"] == 3:
                break
    time.sleep((told[2] - told[0]) / 8)  # into the next one
    (worker,) = client.info().workers
    client.cancel(job)
    ended = client.follow(job)
    assert ended.state is JobState.CANCELLED and ended.progress is not None
    assert (ended.progress.stage, ended.progress.done) == ("imagine", 3)  # the one at work did not end
    assert not psutil.pid_exists(worker) and client.info().workers == ()
    assert [path.name for path in tmp_path.iterdir()] == [".lumiere"]
    assert not list(tmp_path.rglob("*.half"))


def test_more_frames_than_a_window_are_generated_in_windows(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    shared = _run(tmp_path, _params(weights, frames=10, overlap=2))
    joined = _run(tmp_path, _params(weights, frames=10, overlap=0))
    assert len(shared) == len(joined) == 10 * 16 * 16 * 3
    assert shared != joined


def test_a_picture_that_is_animated_is_the_first_frame(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    picture = _noise(1, 16, 16, 3)
    plate = write_movie(tmp_path / "still.%03d.png", picture)
    one = next(plate.parent.glob("still.*.png"))
    _run(tmp_path, _params(weights, plate_as="first_frame"), plate=str(one))
    samples = _samples(tmp_path / "out.mkv")
    assert samples[0] == picture[0].tobytes()
    assert samples[1] != samples[0]


def test_outside_the_matte_a_changed_clip_is_the_plate_bit_by_bit(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    frames, mask = _noise(3, 40, 56, 3), np.zeros((3, 40, 56, 3), np.uint8)
    mask[:, 12:24, 20:36] = 255
    plate, matte = write_movie(tmp_path / "plate.mkv", frames), write_movie(tmp_path / "matte.mkv", mask)
    params = _params(weights, plate_as="clip", grow=2.0, feather=2.0)
    _run(tmp_path, params, plate=str(plate), mattes=(str(matte),))
    with open_source(tmp_path / "out.mkv") as source:
        result = np.stack([source.read(k).planes[0] for k in range(3)])
    outside = np.ones((40, 56), bool)
    outside[6:30, 14:42] = False
    assert (result[:, outside] == frames[:, outside]).all()
    assert (result[:, 14:22, 22:34] != frames[:, 14:22, 22:34]).any()


def test_a_changed_clip_stays_where_it_was(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    """Whatever sizes the network has: the clip is brought there and back as a whole, nothing is cut off."""
    ramp = np.tile((4 * np.arange(56, dtype=np.uint8))[None, None, :, None], (1, 40, 1, 3))
    plate = write_movie(tmp_path / "plate.mkv", ramp)
    params = _params(weights, plate_as="clip", strength=0.01, steps=100, sampler="euler", guidance=1.0)
    _run(tmp_path, params, plate=str(plate))
    with open_source(tmp_path / "out.mkv") as source:
        result = source.read(0).planes[0].astype(float)
    error = (result - ramp[0])[:, 4:-4]
    assert abs(error[:, :4].mean()) < 4 and abs(error[:, -4:].mean()) < 4


def test_a_little_strength_changes_little(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    flat = np.full((3, 16, 16, 3), 90, np.uint8)
    flat[:, 4:12, 4:12] = 160
    plate = write_movie(tmp_path / "plate.mkv", flat)
    apart = []
    for strength in (0.05, 0.9):
        params = _params(weights, plate_as="clip", strength=strength, steps=20, sampler="euler", guidance=1.0)
        _run(tmp_path, params, plate=str(plate))
        with open_source(tmp_path / "out.mkv") as source:
            first = to_rgb(source.read(0), source.format)
        apart.append(float(np.abs(first - flat[0] / 255).mean()))
    assert apart[0] < 0.5 * apart[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": ""}, "nothing to generate from"),
        ({"strength": 0.5}, "only a clip"),
        ({"plate_as": "clip"}, "names a plate"),
        ({"weights": ()}, "names one image model"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    change: dict[str, Any], said: str, weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=said):
        _run(tmp_path, replace(_params(weights), **change))


def test_a_size_that_the_network_does_not_have_is_rounded_and_told(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    spec = JobSpec("generate", "", (), params=_params(weights, frames=1, width=21, height=15))
    result = generate(WorkOrder(spec, str(tmp_path / "out.mkv")), lambda _: None)
    with open_source(result.output) as source:
        assert (source.format.width, source.format.height) == (20, 16)
    assert any("21 × 15" in note and "20 × 16" in note for note in result.notes)


def test_other_weights_than_the_job_was_made_with_are_refused(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    with pytest.raises(LumiereError, match="not the weights that the job was made with"):
        _run(tmp_path, _params((replace(weights[0], fingerprint="0" * 64), weights[1])))


def test_frames_without_temporal_layers_do_not_know_each_other(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    """Frame 0 is the same whether one frame is made or three: noise belongs to its frame."""
    one = _run(tmp_path, _params(weights[:1], frames=1))
    assert _run(tmp_path, _params(weights[:1], frames=3))[: len(one)] == one
