"""A model and clips that are taught in a moment."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.stunet.image_layout import config_of_params
from lumiere_engine.stunet.image_params import InflatedParams, frame_by_frame
from lumiere_engine.stunet.inflated import InflatedSTUNet

from ..effects.conftest import IMAGE

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
    """A tiny model, three clips, a recipe for temporal layers."""
    pytest.importorskip("transformers")
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
