"""Models of every layout, tiny and with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("diffusers")

WORDS = ["a", "red", "blue", "disk", "square", "rests", "on", "grey"]


def write_vae(folder: Path) -> Any:
    """A VAE of factor 4 in diffusers' layout."""
    import diffusers

    torch.manual_seed(0)
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        norm_num_groups=4,
        sample_size=32,
    )
    vae.save_pretrained(str(folder))
    return vae.eval()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small networks are slower on more."""
    torch.set_num_threads(1)
