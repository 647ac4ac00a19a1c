"""Image networks of every supported family with random weights: the true shapes, narrower."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

FAMILIES: dict[str, dict[str, Any]] = {
    "sd1": {
        "block_out_channels": (32, 64, 96, 96),
        "attention_head_dim": 8,
        "cross_attention_dim": 24,
    },
    "sd2": {
        "block_out_channels": (64, 128, 192, 192),
        "attention_head_dim": (1, 2, 3, 3),
        "cross_attention_dim": 40,
        "use_linear_projection": True,
        "upcast_attention": True,
    },
    "sdxl": {
        "block_out_channels": (64, 128, 192),
        "attention_head_dim": (1, 2, 3),
        "cross_attention_dim": 32,
        "use_linear_projection": True,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": (1, 2, 3),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 16 + 6 * 256,
    },
    "x4": {
        "in_channels": 7,
        "block_out_channels": (32, 64, 64, 96),
        "attention_head_dim": 8,
        "cross_attention_dim": 40,
        "use_linear_projection": True,
        "down_block_types": ("DownBlock2D", *["CrossAttnDownBlock2D"] * 3),
        "up_block_types": (*["CrossAttnUpBlock2D"] * 3, "UpBlock2D"),
        "only_cross_attention": (True, True, True, False),
        "num_class_embeds": 1000,
    },
    "inpainting": {
        "in_channels": 9,
        "block_out_channels": (32, 64, 96, 96),
        "attention_head_dim": 8,
        "cross_attention_dim": 24,
    },
}


def reference(family: str, **more: Any) -> Any:
    """A `UNet2DConditionModel` of the family, its weights random and all of them heard."""
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(3)
    network = diffusers.UNet2DConditionModel(**{"norm_num_groups": 32, **FAMILIES[family], **more})
    return loud(network).eval()


def loud(network: torch.nn.Module) -> Any:
    """Biases and norms start at values that hide mistakes; move them."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return network


def inputs(family: str, frames: int, size: tuple[int, int] = (16, 24)) -> dict[str, torch.Tensor]:
    """A noisy clip and its conditions, for a batch of 2."""
    config = FAMILIES[family]
    generator = torch.Generator().manual_seed(2)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    out = {
        "x": draw(2, config.get("in_channels", 4), frames, *size),
        "timestep": torch.tensor([17.0, 801.0]),
        "context": draw(2, 7, config["cross_attention_dim"]),
    }
    if "num_class_embeds" in config:
        out["level"] = torch.tensor([20, 350])
    if "addition_embed_type" in config:
        out["pooled"] = draw(2, 16)
        out["sizes"] = torch.tensor([[512.0, 512, 0, 0, 512, 512], [640, 320, 8, 4, 512, 512]])
    return out


def frame_answers(network: Any, given: dict[str, torch.Tensor]) -> torch.Tensor:
    """What the reference says of every frame, b c t h w."""
    added = {"text_embeds": given["pooled"], "time_ids": given["sizes"]} if "pooled" in given else None
    with torch.no_grad():
        frames = [
            network(
                given["x"][:, :, t],
                given["timestep"],
                given["context"],
                class_labels=given.get("level"),
                added_cond_kwargs=added,
            ).sample
            for t in range(given["x"].shape[2])
        ]
    return torch.stack(frames, 2)


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    """The name of a supported family."""
    return str(request.param)


@pytest.fixture
def saved(family: str, tmp_path: Path) -> tuple[Any, Path]:
    """The family's reference network, and the folder that diffusers wrote it to."""
    network = reference(family)
    network.save_pretrained(tmp_path / "model" / "unet")
    return network, tmp_path / "model"
