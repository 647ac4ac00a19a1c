"""A LoRA that was learned is what the loader merges, and the image model stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.learning.captioned import CaptionedClip
from lumiere_engine.learning.inflation import Lesson, teach
from lumiere_engine.learning.low_rank import LoraTraining, add_low_rank
from lumiere_engine.learning.state import FitState
from lumiere_engine.learning.trainer import Keeping
from lumiere_engine.pretrained.space import Pixels
from lumiere_engine.pretrained.text import Text
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.checkpoint import write_safetensors
from lumiere_engine.stunet.image_params import InflatedParams, TemporalParams, frame_by_frame
from lumiere_engine.stunet.inflated import InflatedSTUNet
from lumiere_engine.stunet.lora import find_lora, merge_lora

from ..effects.conftest import IMAGE

PARAMS = LoraTraining(steps=30, batch=2, size=(8, 8), learning_rate=1e-2, warmup=1, rank=4)


def _network(*, moving: bool = False) -> InflatedSTUNet:
    temporal = TemporalParams((2,), heads=2) if moving else frame_by_frame(IMAGE)
    return InflatedSTUNet(InflatedParams(IMAGE, temporal), seed=1)


def _taught(folder: Path, keeping: Keeping | None = None) -> tuple[InflatedSTUNet, FitState]:
    """A network and the LoRA that one green picture has taught it."""
    torch.set_num_threads(1)
    green = np.zeros((1, 8, 8, 3), np.uint8)
    green[..., 1] = 200
    np.save(folder / "green.npy", green)
    network = _network()
    lesson = Lesson(
        network,
        add_low_rank(network, PARAMS.rank, 0),
        DiscreteSchedule(prediction="v_prediction", zero_terminal=True),
        Pixels(),
        lambda prompt: Text(torch.ones(3, IMAGE.context)),
        [CaptionedClip("green", "a meadow", folder / "green.npy")],
        PARAMS,
    )
    return network, teach(lesson, keeping or Keeping())


def _inputs(frames: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    return (
        torch.randn(1, 3, frames, 8, 8, generator=generator),
        torch.tensor([500.0]),
        torch.ones(1, 3, IMAGE.context),
    )


@torch.no_grad()
def test_before_it_is_taught_nothing_has_changed() -> None:
    network = _network()
    before = network(*_inputs())
    halves = add_low_rank(network, 4, 0)
    assert halves
    assert torch.equal(network(*_inputs()), before)


def test_the_file_merged_answers_as_what_was_taught(tmp_path: Path) -> None:
    taught, state = _taught(tmp_path)
    assert np.mean(state.losses[-5:]) < 0.75 * np.mean(state.losses[:5])
    file = tmp_path / "lora.safetensors"
    write_safetensors(state.weights, file, {"format": "pt"})
    merged = _network()
    fresh = {name: value.clone() for name, value in merged.state_dict().items()}
    lora = find_lora(file, IMAGE)
    with torch.no_grad():
        merge_lora(merged, lora, 1.0)
        assert torch.allclose(merged(*_inputs()), taught(*_inputs()), atol=1e-5)
        merge_lora(merged, lora, -1.0)
    for name, value in merged.state_dict().items():
        assert torch.allclose(value, fresh[name], atol=1e-6), name
    for name, value in taught.state_dict().items():
        if name.endswith("original"):
            own = name.replace("parametrizations.weight.original", "weight")
            assert torch.equal(value, fresh[own]), own


def test_its_scale_leads_step_by_step_from_one_look_to_the_other_in_a_network_that_moves(
    tmp_path: Path,
) -> None:
    _, state = _taught(tmp_path)
    write_safetensors(state.weights, tmp_path / "lora.safetensors", {"format": "pt"})
    lora = find_lora(tmp_path / "lora.safetensors", IMAGE)
    answers = []
    with torch.no_grad():
        own = _network(moving=True)(*_inputs(4))
        for scale in (0.0, 0.25, 0.5, 0.75, 1.0):
            network = _network(moving=True)
            merge_lora(network, lora, scale)
            answers.append(float((network(*_inputs(4)) - own).abs().mean()))
    assert answers[0] == 0 < answers[1]
    assert answers == sorted(answers)


def test_an_interrupted_training_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    whole.mkdir()
    halves.mkdir()
    _, straight = _taught(whole)

    def stop(step: int, _: float) -> None:
        if step == 12:
            raise KeyboardInterrupt

    keeping = Keeping(halves / "state.safetensors", save_every=10, on_step=stop)
    with pytest.raises(KeyboardInterrupt):
        _taught(halves, keeping)
    _, resumed = _taught(halves, Keeping(halves / "state.safetensors", save_every=10))
    assert all(torch.equal(straight.average[name], resumed.average[name]) for name in straight.average)


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"frames": 4}, {"modes": ("first",)}])
def test_recipes_that_make_no_lora_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        LoraTraining(**wrong)  # type: ignore[arg-type]
