"""A LoRA is taught by single pictures, fits the model that it was taught to, and goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.image_layout import config_of_params
from lumiere_engine.stunet.image_params import InflatedParams, frame_by_frame
from lumiere_engine.stunet.image_weights import find_image
from lumiere_engine.stunet.inflated import InflatedSTUNet
from lumiere_engine.stunet.lora import find_lora
from lumiere_engine.worker.models import inspect_model
from lumiere_engine.worker.teach_lora import train_lora
from safetensors.torch import load_file

from ..effects.conftest import IMAGE


@pytest.fixture
def lesson(question: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    recipe = tmp_path / "lora.toml"
    recipe.write_text("[lora]\nbatch = 2\nsize = [8, 8]\nrank = 4\nsteps = 2\n")
    return {**question, "recipe": str(recipe), "rank": None}


def test_what_is_taught_fits_and_is_registered_as_a_lora(lesson: dict[str, Any]) -> None:
    before = load_file(Path(lesson["model"]) / "unet" / "diffusion_pytorch_model.safetensors")
    stages: list[str] = []
    answer = train_lora(lesson, lambda step: stages.append(step.stage))
    assert answer["steps"] == 2 and stages.count("train") == 2
    taught = load_file(answer["lora"])
    assert max(value.shape[0] for name, value in taught.items() if "lora_A" in name) == 4
    assert any(value.abs().max() > 0 for name, value in taught.items() if "lora_B" in name)
    image = find_image(Path(lesson["model"]))
    assert find_lora(Path(answer["lora"]), image.params).pairs
    registered = inspect_model(
        {
            "path": answer["lora"],
            "like": None,
            "images": [{"path": lesson["model"], "like": None, "fingerprint": ""}],
        },
        lambda _: None,
    )
    assert registered["kind"] == "lora"
    after = load_file(Path(lesson["model"]) / "unet" / "diffusion_pytorch_model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_rank_and_steps_can_be_asked_for_and_stand_in_the_recipe(lesson: dict[str, Any]) -> None:
    answer = train_lora({**lesson, "rank": 2, "steps": 3}, lambda _: None)
    assert answer["steps"] == 3
    taught = load_file(answer["lora"])
    assert max(value.shape[0] for name, value in taught.items() if "lora_A" in name) == 2
    recipe = (Path(lesson["out"]) / "recipe.toml").read_text()
    assert "rank = 2\n" in recipe and "steps = 3\n" in recipe
    with pytest.raises(SpecError, match="what was begun there learns other layers"):
        train_lora({**lesson, "steps": 4}, lambda _: None)


def test_a_model_that_reads_more_than_noise_is_refused_by_name(lesson: dict[str, Any]) -> None:
    from lumiere_engine.pretrained.small import write_network

    shape = replace(IMAGE, in_channels=7)
    network = InflatedSTUNet(InflatedParams(shape, frame_by_frame(shape)))
    write_network(Path(lesson["model"]), network.state_dict(), {**config_of_params(shape), "sample_size": 8})
    with pytest.raises(SpecError, match="it also reads a plate or a small picture"):
        train_lora(lesson, lambda _: None)
