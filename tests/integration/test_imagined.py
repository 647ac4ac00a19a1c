"""With the network: nothing of it is loaded where it is not needed, and where it is, bytes are kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import JobState


def test_a_job_that_borrows_everything_never_loads_the_network(shot: Any, tmp_path: Path) -> None:
    lines = f"""
import sys
from lumiere_engine.effects.remove import remove
from lumiere_engine.protocol import JobSpec, RemoveParams, WorkOrder
spec = JobSpec("remove", {str(shot.plate)!r}, ({str(shot.matte)!r},), params=RemoveParams("draft"))
result = remove(WorkOrder(spec, {str(tmp_path / "out.mkv")!r}), lambda step: None)
print(result.borrowed, "torch" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1.0", "False"]


@pytest.fixture
def never_seen(tools: Any, tmp_path: Path) -> tuple[Path, Path]:
    """A plate that stands still and its matte: no frame shows what is behind the object."""
    masks = tools.holes(8)
    still = [tools.scene(1)[0]] * 8
    return (
        tools.write_clip(tmp_path / "still.mkv", tools.with_object(still, [masks[0]] * 8)),
        tools.write_clip(tmp_path / "m.png", tools.as_matte(masks[:1]), tools.RGB),
    )


def test_seed_and_structure_change_what_no_frame_shows_and_nothing_else(
    never_seen: tuple[Path, Path], tools: Any, tmp_path: Path
) -> None:
    plate, matte = never_seen

    def made(name: str, *chosen: str) -> np.ndarray:
        out = tmp_path / f"{name}.mkv"
        given = ("--matte", matte, "-o", out, "--quality", "draft", *chosen)
        said = tools.lumiere("remove", plate, *given)
        assert said.returncode == 0, said.stderr
        with open_source(out) as source:
            return to_rgb(source.read(3), source.format)

    with open_source(plate) as source:
        shown = to_rgb(source.read(3), source.format)
    plain = made("plain")
    assert made("again", "--structure", "0", "--seed", "0").tobytes() == plain.tobytes()
    others = [plain, made("seed", "--seed", "1"), made("structure", "--structure", "1")]
    mask = tools.holes(8)[0]
    inside = cv2.erode(mask.astype(np.uint8), np.ones((5, 5))) > 0
    outside = cv2.dilate(mask.astype(np.uint8), np.ones((41, 41))) == 0
    for number, one in enumerate(others):
        assert np.array_equal(one[outside], shown[outside])
        assert all((one != other).any() for other in others[:number]), "takes are to be different"
    assert others[2][inside].std() > 1.1 * plain[inside].std(), "structure is light and dark"


@pytest.mark.slow
def test_cancel_takes_effect_within_one_step_of_learning(
    never_seen: tuple[Path, Path], tools: Any, tmp_path: Path
) -> None:
    plate, matte = never_seen
    client = EngineClient()
    out = tmp_path / "out.mkv"
    said = tools.lumiere("remove", plate, "--matte", matte, "-o", out, "--queue", "--json")
    number = json.loads(said.stdout)["id"]
    reached: list[tuple[str, int]] = []
    deadline = time.monotonic() + 280
    while not (reached and reached[-1][0] == "learn"):
        assert time.monotonic() < deadline
        step = client.job(number).progress
        if step is not None and (not reached or reached[-1] != (step.stage, step.done)):
            reached.append((step.stage, step.done))
        time.sleep(0.02)
    client.cancel(number)
    job = client.follow(number)
    assert job.state is JobState.CANCELLED
    assert job.progress is not None and job.progress.stage == "learn"
    assert job.progress.done <= reached[-1][1] + 2  # the one at work, and the one that was told late
    assert not out.exists()
    again = client.follow(client.retry(number).id)  # what was learned is kept
    assert again.state is JobState.DONE and out.exists()


@pytest.mark.slow
def test_what_is_imagined_is_the_same_in_other_chunks(
    never_seen: tuple[Path, Path], tools: Any, tmp_path: Path
) -> None:
    plate, matte = never_seen
    made = []
    for chunk in (16, 3):
        out = tmp_path / str(chunk) / "out.mkv"
        said = tools.lumiere(
            "remove",
            plate,
            "--matte",
            matte,
            "-o",
            out,
            "--quality",
            "draft",
            "--chunk-frames",
            chunk,
            timeout_s=280,
        )
        assert said.returncode == 0, said.stderr
        assert "100% imagined" in said.stdout
        made.append([tools.digest(path) for path in sorted(out.parent.iterdir())])
    assert made[0] == made[1]
