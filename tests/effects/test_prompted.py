"""Removing by prompt: what no frame shows is the model's, everything else is as without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lumiere_engine.effects import prompted, prompting
from lumiere_engine.effects.remove import remove
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import LumiereError, SpecError
from lumiere_engine.protocol.jobs import JobSpec, WorkOrder
from lumiere_engine.protocol.messages import JobResult, Progress
from lumiere_engine.protocol.params import RemoveParams
from lumiere_engine.protocol.weights import Weights

from .conftest import Scene, scene, write_movie

FRAMES = 10
PLAIN = RemoveParams("draft", grow=0, feather=0, regrain=False)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short segments, and one thread: small networks are slower on more."""
    monkeypatch.setattr("lumiere_engine.effects.prompting.THREADS", 1)
    monkeypatch.setattr(prompted, "_SEGMENT", 6)
    monkeypatch.setattr(prompted, "_SHARED", 2)
    monkeypatch.setitem(prompting.STEPS, "draft", 2)


def _media(folder: Path, shown: Scene) -> tuple[str, str]:
    frames = np.stack([frame for frame, _ in shown.frames(0)])
    mask = np.repeat(np.stack(shown.holes)[..., None], 3, -1)
    return (
        str(write_movie(folder / "plate.mkv", np.rint(frames * 255).astype(np.uint8))),
        str(write_movie(folder / "matte.mkv", mask.astype(np.uint8) * 255)),
    )


def _run(
    folder: Path, media: tuple[str, str], params: RemoveParams, name: str, on_step: Any = None
) -> JobResult:
    spec = JobSpec("remove", media[0], media[1:], params=params)
    order = WorkOrder(spec, str(folder / f"{name}.mkv"), str(folder / f"{name}.origin.mkv"))
    return remove(order, on_step or (lambda _: None))


def _frames(path: Path) -> np.ndarray:
    with open_source(path) as source:
        return np.stack([source.read(k).planes[0] for k in range(source.frame_count)])


def test_what_no_frame_shows_follows_the_prompt_and_all_else_is_untouched(
    weights: tuple[Weights, ...], tmp_path: Path
) -> None:
    shown = scene(FRAMES)  # the camera stands: what is behind the object is never seen
    media = _media(tmp_path, shown)
    asked = replace(PLAIN, prompt="a red disk", weights=weights)
    result = _run(tmp_path, media, asked, "red")
    assert result.imagined == 1 and result.recipe["trust"] == []
    plate, red = _frames(Path(media[0])), _frames(tmp_path / "red.mkv")
    holes = np.stack(shown.holes)
    assert (red[~holes] == plate[~holes]).all()
    assert (_frames(tmp_path / "red.origin.mkv")[holes][:, 0] == 255).all()  # imagined, and says so
    _run(tmp_path, media, replace(asked, prompt="a disk"), "other")
    other = _frames(tmp_path / "other.mkv")
    assert (other[holes] != red[holes]).any() and (other[~holes] == plate[~holes]).all()


def test_an_interrupted_fill_goes_on_to_the_same_bytes(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    media = _media(tmp_path, scene(FRAMES))
    asked = replace(PLAIN, prompt="a red disk", weights=weights)
    _run(tmp_path, media, asked, "whole")
    steps: list[int] = []

    def stop(step: Progress) -> None:
        if step.stage == "imagine":
            steps.append(step.done)
            if len(steps) == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, media, asked, "rest", stop)
    assert steps == [1, 2, 3]  # in the second segment of two
    _run(tmp_path, media, asked, "rest")
    assert (_frames(tmp_path / "rest.mkv") == _frames(tmp_path / "whole.mkv")).all()


def test_little_memory_shortens_the_windows_and_the_recipe_says_so(
    longer: tuple[Weights, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = _media(tmp_path, scene(6))
    asked = replace(PLAIN, prompt="a red disk", weights=longer)
    ample = _run(tmp_path, media, asked, "ample")
    assert ample.recipe["spec"]["params"]["window"] is None
    monkeypatch.setattr(prompting, "free_bytes", lambda _: 1 << 40)
    monkeypatch.setattr(prompting, "choose_window", lambda *_, **__: 4)
    short = _run(tmp_path, media, asked, "short")
    assert short.recipe["spec"]["params"]["window"] == 4
    assert any("made in windows of 4 frames, not 8" in note for note in short.notes)
    assert short.fingerprint == ample.fingerprint  # by which a revision finds what is kept


def test_what_is_borrowed_is_real_also_with_a_prompt(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    """The camera pans: most is seen in other frames, and stays what they show."""
    shown = scene(FRAMES, step=4)
    media = _media(tmp_path, shown)
    result = _run(tmp_path, media, replace(PLAIN, prompt="a red disk", weights=weights), "out")
    assert result.borrowed > 0.5
    truth = np.rint(np.stack(shown.truths) * 255)
    origin, made = _frames(tmp_path / "out.origin.mkv"), _frames(tmp_path / "out.mkv").astype(float)
    real = origin[..., 1] == 255
    assert real.any() and np.abs(made - truth)[real].mean() < 6


def test_other_weights_are_refused_before_any_work(weights: tuple[Weights, ...], tmp_path: Path) -> None:
    media = _media(tmp_path, scene(2))
    wrong = (replace(weights[0], fingerprint="0" * 64), *weights[1:])
    with pytest.raises(LumiereError, match="not the weights that the job was made with"):
        _run(tmp_path, media, replace(PLAIN, prompt="a disk", weights=wrong), "out", pytest.fail)


@pytest.mark.parametrize("wrong", [{"prompt": "sand"}, {"weights": (Weights("image", "/m", "0" * 64),)}])
def test_a_prompt_and_a_model_belong_together(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="a prompt needs a text-to-image model"):
        RemoveParams(**wrong)
    with pytest.raises(SpecError, match="says what is imagined"):
        RemoveParams(prompt="sand", weights=(Weights("image", "/m", "0" * 64),), imagine=False)
    with pytest.raises(SpecError, match="belongs to a prompt"):
        RemoveParams(window=8)
