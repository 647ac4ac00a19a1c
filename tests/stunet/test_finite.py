"""Weights that are no numbers are refused when they are read, by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.finite import refuse_unfinite, refuse_unfinite_file
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams
from lumiere_engine.stunet.image_weights import find_image, load_inflated, save_temporal
from lumiere_engine.stunet.inflated import InflatedSTUNet
from safetensors.torch import load_file, save_file

from .conftest import reference

WRONG = [float("nan"), float("inf"), -float("inf")]
KINDS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@pytest.mark.parametrize("kind", KINDS)
def test_one_value_among_many_is_found_in_every_kind_of_number(kind: torch.dtype) -> None:
    values = {"empty": torch.zeros(0), "steps": torch.tensor([1, 2]), "w": torch.randn(7, 9, 3).to(kind)}
    refuse_unfinite(values.items(), Path("here"))
    for wrong in WRONG:
        values["w"][3, 4, 1] = wrong
        with pytest.raises(SpecError, match=r"here: its tensor 'w' holds values that are no finite numbers"):
            refuse_unfinite(values.items(), Path("here"))


def test_an_image_network_is_refused_by_the_name_in_its_file(tmp_path: Path) -> None:
    reference("sd1").save_pretrained(tmp_path)
    file = tmp_path / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors["mid_block.resnets.0.conv1.weight"][0, 0, 0, 0] = float("nan")
    save_file(tensors, file, {"format": "pt"})
    found = find_image(tmp_path)  # headers are as they should be
    with pytest.raises(SpecError, match=r"safetensors: its tensor 'mid_block.resnets.0.conv1.weight' holds"):
        load_inflated(found)


def test_layers_that_are_loaded_late_can_be_looked_through_before(tmp_path: Path) -> None:
    image, layers = ImageUNetParams(channels=(32, 32), depths=(0, 1), heads=(2, 2)), TemporalParams((2,), 2)
    added = dict(InflatedSTUNet(InflatedParams(image, layers)).temporal_parameters())
    file = tmp_path / "enlarge.safetensors"
    save_temporal(added, layers, file)
    refuse_unfinite_file(file)
    name = sorted(added)[1]
    with torch.no_grad():
        added[name].fill_(float("nan"))
    save_temporal(added, layers, file)
    with pytest.raises(SpecError, match=name):
        refuse_unfinite_file(file)
