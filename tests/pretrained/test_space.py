"""Pictures as latents and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from lumiere_engine.pretrained.space import Latents, Pixels, open_space
from lumiere_engine.protocol.errors import SpecError

from .conftest import write_vae


def test_pictures_become_latents_and_latents_pictures(tmp_path: Path) -> None:
    vae = write_vae(tmp_path / "vae")
    space = open_space(tmp_path)
    assert isinstance(space, Latents) and (space.factor, space.channels) == (4, 4)
    clip = torch.rand(3, 2, 32, 48) * 2 - 1
    latents = space.encode(clip)
    assert latents.shape == (4, 2, 8, 12)
    with torch.no_grad():
        expected = vae.encode(clip[None, :, 1]).latent_dist.mode()[0] * vae.config.scaling_factor
        decoded = vae.decode(latents[None, :, 1] / vae.config.scaling_factor).sample[0]
    assert torch.allclose(latents[:, 1], expected, atol=1e-5)
    weights = tmp_path / "vae" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert torch.equal(open_space(tmp_path).encode(clip), latents)
    frames = list(space.decode(latents))
    assert len(frames) == 2 and torch.allclose(frames[1], decoded, atol=1e-5)


def test_large_frames_are_decoded_in_tiles(tmp_path: Path) -> None:
    """The decoder never sees more than a tile, so that its memory does not grow with the picture."""
    write_vae(tmp_path)
    space = Latents(tmp_path, tile=16)
    seen: list[int] = []
    space._vae.decoder.register_forward_pre_hook(lambda _, given: seen.append(max(given[0].shape[2:])))
    frame = next(space.decode(torch.randn(4, 1, 40, 24)))
    assert frame.shape == (3, 160, 96) and torch.isfinite(frame).all()
    assert len(seen) > 4 and max(seen) <= 16


def test_a_model_without_a_vae_works_in_pixels(tmp_path: Path) -> None:
    space = open_space(tmp_path)
    clip = torch.rand(3, 2, 8, 8)
    assert isinstance(space, Pixels)
    assert torch.equal(torch.stack(list(space.decode(space.encode(clip))), 1), clip)


def test_a_damaged_vae_is_refused_by_name(tmp_path: Path) -> None:
    write_vae(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(SpecError, match="not whole"):
        Latents(tmp_path)


def test_a_vae_with_numbers_that_are_none_is_refused_by_its_tensor(tmp_path: Path) -> None:
    vae = write_vae(tmp_path)
    with torch.no_grad():
        vae.decoder.conv_out.bias[1] = float("inf")
    vae.save_pretrained(str(tmp_path))
    with pytest.raises(SpecError, match=r"'decoder.conv_out.bias' holds values that are no finite numbers"):
        Latents(tmp_path)
