"""LoRA files under the names of both worlds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.image_layout import PUBLISHED, published_name
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, frame_by_frame
from lumiere_engine.stunet.inflated import InflatedSTUNet
from lumiere_engine.stunet.lora import find_lora, merge_lora
from safetensors.torch import load_file, save_file

IMAGE = ImageUNetParams(channels=(16, 32), layers=1, depths=(1, 1), heads=(2, 2), context=24, groups=8)
QUERY = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
OUT = "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0"
CONV = "up_blocks.1.resnets.0.conv1"


def _network() -> InflatedSTUNet:
    return InflatedSTUNet(InflatedParams(IMAGE, frame_by_frame(IMAGE)))


def _halves(name: str, rank: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    shape = _network().state_dict()[f"{name}.weight"].shape
    generator = torch.Generator().manual_seed(len(name))
    down = torch.randn(rank, *shape[1:], generator=generator)
    return down, torch.randn(shape[0], rank, *(1,) * (len(shape) - 2), generator=generator)


def _file(path: Path, style: str) -> Path:
    tensors: dict[str, torch.Tensor] = {}
    for name in (QUERY, OUT, CONV):
        down, up = _halves(name)
        if style == "kohya":
            stem = "lora_unet_" + name.replace(".", "_")
        elif style == "published":
            own = published_name(f"{name}.weight", IMAGE).removeprefix(PUBLISHED).removesuffix(".weight")
            stem = "lora_unet_" + own.replace(".", "_")
        else:
            stem = f"unet.{name}"
        ends = {
            "peft": (".lora_A.weight", ".lora_B.weight"),
            "old": (".lora.down.weight", ".lora.up.weight"),
            "processor": ("_lora.down.weight", "_lora.up.weight"),
        }.get(style, (".lora_down.weight", ".lora_up.weight"))
        if style == "processor":
            head, _, tail = name.removesuffix(".0").rpartition(".")
            stem = f"unet.{head}.processor.{tail}"
            if name == CONV:
                continue
        tensors |= {stem + ends[0]: down, stem + ends[1]: up}
        if style in ("kohya", "published"):
            tensors[f"{stem}.alpha"] = torch.tensor(1.5)
    if style == "kohya":
        tensors["lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight"] = torch.zeros(3, 4)
    save_file(tensors, path)
    return path


@pytest.mark.parametrize("style", ["kohya", "published", "peft", "old", "processor"])
def test_a_lora_adds_its_product_times_its_scale(style: str, tmp_path: Path) -> None:
    network, before = _network(), _network().state_dict()
    lora = find_lora(_file(tmp_path / "lora.safetensors", style), IMAGE)
    merge_lora(network, lora, 0.8)
    factor = 0.8 * (1.5 / 3 if style in ("kohya", "published") else 1.0)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    names = (QUERY, OUT) if style == "processor" else (QUERY, OUT, CONV)
    assert changed == {f"{name}.weight" for name in names}
    for name in names:
        down, up = _halves(name)
        change = torch.einsum("or,r...->o...", up.flatten(1), down)
        expected = before[f"{name}.weight"] + factor * change
        assert torch.allclose(network.state_dict()[f"{name}.weight"], expected, atol=1e-5)
    assert lora.text_tensors == (1 if style == "kohya" else 0)
    merge_lora(network, lora, -0.8)
    assert all(torch.allclose(v, before[n], atol=1e-5) for n, v in network.state_dict().items())


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"unet.somewhere.lora_A.weight": torch.zeros(3, 8)}, "belongs to no layer"),
        ({f"unet.{QUERY}.lora_A.weight": torch.zeros(3, 16)}, "one half"),
        (
            {
                f"unet.{QUERY}.lora_A.weight": torch.zeros(3, 17),
                f"unet.{QUERY}.lora_B.weight": torch.zeros(16, 3),
            },
            "and the layer",
        ),
        ({"lora_te_text_model.lora_down.weight": torch.zeros(3, 8)}, "no layer of an image network"),
    ],
)
def test_a_lora_of_another_network_is_refused_by_name(
    tensors: dict[str, torch.Tensor], said: str, tmp_path: Path
) -> None:
    save_file(tensors, tmp_path / "lora.safetensors")
    with pytest.raises(SpecError, match=said):
        find_lora(tmp_path / "lora.safetensors", IMAGE)


def test_a_lora_with_numbers_that_are_none_changes_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path / "lora.safetensors", "peft")
    tensors = load_file(path)
    name = f"unet.{CONV}.lora_B.weight"
    tensors[name].view(-1)[5] = float("nan")
    save_file(tensors, path)
    with pytest.raises(SpecError, match=re.escape(f"'{name}' holds values that are no finite numbers")):
        merge_lora(_network(), find_lora(path, IMAGE), 1.0)
