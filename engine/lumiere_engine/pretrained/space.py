"""Where a network works: in latents of a VAE, or, as the paper's own, in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.finite import refuse_unfinite

from .extra import package
from .text import refuse_unsafe, variant_of


class Space(Protocol):
    """Pictures on one side, what the network sees on the other.

    Attributes:
        factor: rows and columns of a picture for each of the other side.
        channels: on the other side.
    """

    factor: int
    channels: int

    def encode(self, pictures: Tensor) -> Tensor:
        """3 t H W in [-1, 1] → channels t H/factor W/factor."""
        ...

    def decode(self, latents: Tensor) -> Iterator[Tensor]:
        """Channels t h w → each frame, 3 H W, about [-1, 1]."""
        ...

    def rest(self) -> None:
        """Leave the device to others until the next picture."""
        ...


class Pixels:
    """No latents: what the network sees is the picture."""

    factor = 1
    channels = 3

    def encode(self, pictures: Tensor) -> Tensor:
        """See `Space`."""
        return pictures

    def decode(self, latents: Tensor) -> Iterator[Tensor]:
        """See `Space`."""
        yield from latents.transpose(0, 1)

    def rest(self) -> None:
        """See `Space`."""


class Latents:
    """The VAE of a folder in diffusers' layout, frame by frame; large pictures in tiles that overlap.

    Args:
        folder: with `config.json` and safetensors.
        tile: rows and columns of latents above which a frame is decoded in tiles.
        device: where it computes.
        scale: of the latents; None is what the configuration says.

    Raises:
        SpecError: a part is missing, damaged, or in a format that could hold programs.
    """

    def __init__(
        self, folder: Path, *, tile: int = 64, device: torch.device | str = "cpu", scale: float | None = None
    ) -> None:
        diffusers = package("diffusers")
        refuse_unsafe(folder)
        try:
            vae: Any = diffusers.AutoencoderKL.from_pretrained(
                str(folder),
                local_files_only=True,
                use_safetensors=True,
                variant=variant_of(folder),
                torch_dtype=torch.float32,
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            message = " ".join(str(error).split())[:300]
            raise SpecError(f"its VAE cannot be loaded: {message}", clip=str(folder)) from error
        refuse_unfinite(vae.state_dict().items(), folder)
        self._vae = vae.eval()
        self._device = device
        self._scale = float(vae.config.scaling_factor) if scale is None else scale
        self._shift = float(getattr(vae.config, "shift_factor", None) or 0.0)
        self.factor = 2 ** (len(vae.config.block_out_channels) - 1)
        self.channels = int(vae.config.latent_channels)
        self._vae.enable_tiling()
        self._vae.tile_latent_min_size = tile
        self._vae.tile_sample_min_size = tile * self.factor

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """See `Space`; the mean of what the encoder says."""
        self._vae.to(self._device)
        frames = [
            self._vae.encode(frame[None].to(self._device)).latent_dist.mode()[0]
            for frame in pictures.unbind(1)
        ]
        return (torch.stack(frames, 1) - self._shift) * self._scale

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Iterator[Tensor]:
        """See `Space`."""
        for frame in latents.unbind(1):
            self._vae.to(self._device)  # nothing to do where it is there
            yield self._vae.decode(frame[None].to(self._device) / self._scale + self._shift).sample[0]

    def rest(self) -> None:
        """See `Space`."""
        self._vae.to("cpu")


def open_space(model: Path, device: torch.device | str = "cpu", *, scale: float | None = None) -> Space:
    """Latents if the model has a VAE, pixels if not."""
    return Latents(model / "vae", device=device, scale=scale) if (model / "vae").is_dir() else Pixels()
