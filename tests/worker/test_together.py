"""Several processes that share each batch learn what one process does: the same loss, the same weights, to rounding."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.learning.state import FitState
from lumiere_engine.protocol.errors import LumiereError, SpecError
from lumiere_engine.stunet.image_layout import config_of_params
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, frame_by_frame
from lumiere_engine.stunet.inflated import InflatedSTUNet
from lumiere_engine.worker.teach import train_temporal

pytest.importorskip("transformers")
IMAGE = ImageUNetParams(
    in_channels=3,
    out_channels=3,
    channels=(16, 32),
    layers=1,
    depths=(0, 1),
    heads=(2, 2),
    context=16,
    groups=8,
)
RECIPE = """
[temporal]
batch = 4
steps = 3
size = [8, 8]
frames = 4
modes = ["nothing", "first"]
heads = 2
"""


@pytest.fixture
def question(tmp_path: Path) -> dict[str, Any]:
    """A tiny model, three clips, a recipe."""
    from lumiere_engine.pretrained.small import write_network, write_schedule, write_text_encoder

    world, model = tmp_path / "world", tmp_path / "model"
    world.mkdir()
    layout = PixelLayout("rgb", 8)
    for number in range(3):
        with open_writer(
            world / f"{number}.mkv", FrameFormat(8, 8, Fraction(16), layout, ColorTags(1, 13, 0, 2))
        ) as writer:
            for t in range(6):
                frame = np.full((8, 8, 3), 60 * number, np.uint8)
                cv2.circle(frame, (t, 4), 2, (250, 90, 40), -1)
                writer.write(Picture((frame,), layout))
        (world / f"{number}.txt").write_text(f"clip {number}")
    write_text_encoder(model, ["clip"], 16, seed=0)
    write_schedule(model, DiscreteSchedule(prediction="v_prediction"))
    network = InflatedSTUNet(InflatedParams(IMAGE, frame_by_frame(IMAGE)))
    write_network(model, network.state_dict(), {**config_of_params(IMAGE), "sample_size": 8})
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return {
        "folder": str(world),
        "model": str(model),
        "recipe": str(tmp_path / "recipe.toml"),
        "steps": None,
        "start": None,
        "out": str(tmp_path / "one"),
    }


@pytest.mark.slow
def test_two_processes_learn_what_one_does(question: dict[str, Any], tmp_path: Path) -> None:
    alone = train_temporal(question, lambda _: None)
    told: list[tuple[str, int]] = []
    shared = train_temporal(
        {**question, "out": str(tmp_path / "two"), "processes": 2},
        lambda step: told.append((step.stage, step.done)),
    )
    assert shared["steps"] == alone["steps"] == 3 and [n for stage, n in told if stage == "train"] == [
        1,
        2,
        3,
    ]
    one, two = (FitState.load(tmp_path / name / "state.safetensors") for name in ("one", "two"))
    assert np.allclose(one.losses, two.losses, rtol=1e-5, atol=0)
    assert all(torch.allclose(one.weights[n], two.weights[n], rtol=1e-3, atol=1e-5) for n in one.weights)
    assert Path(shared["temporal"]).exists() and (tmp_path / "two" / "loss.png").exists()
    (tmp_path / "world" / "0.txt").unlink()
    with pytest.raises(SpecError, match=r"0.mkv: it has no caption"):
        train_temporal({**question, "processes": 2}, lambda _: None)


@pytest.mark.slow
def test_what_a_member_reports_is_what_one_hears(question: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "state.safetensors").write_bytes(b"no state")
    with pytest.raises(LumiereError, match=r"the state of the fit '.*' cannot be read"):
        train_temporal({**question, "processes": 2}, lambda _: None)


def test_a_batch_that_cannot_be_shared_is_refused_before_anything_starts(question: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="3 processes cannot share a batch of 4 evenly"):
        train_temporal({**question, "processes": 3}, lambda _: None)
