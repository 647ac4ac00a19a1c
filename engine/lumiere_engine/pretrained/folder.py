"""A text-to-image model on disk: what there is of it, told without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.image_layout import naming, read_json
from lumiere_engine.stunet.image_params import ImageUNetParams
from lumiere_engine.stunet.image_weights import ImageFiles, find_image

from .small_picture import MOST_LEVEL, SmallPicture
from .space import Space, open_space
from .text import refuse_unsafe

_LARGEST_VOCABULARY = 2**26
# What latents of networks that enlarge are multiplied by, whatever their VAE's configuration says: so diffusers'
# pipeline has it, since the first of them were published with a configuration that says nothing.
_ENLARGING_SCALE = 0.08333
_SCHEDULE = {
    "num_train_timesteps": "levels",
    "beta_start": "beta_start",
    "beta_end": "beta_end",
    "beta_schedule": "betas",
    "prediction_type": "prediction",
    "rescale_betas_zero_snr": "zero_terminal",
}


@dataclass(frozen=True)
class ImageModel:
    """An image network, and the folder whose text encoders, VAE and schedule belong to it."""

    image: ImageFiles
    folder: Path
    """In diffusers' layout."""
    schedule: DiscreteSchedule
    empty_is_zero: bool
    """Whether an empty prompt is read as zeros."""
    side: int
    """Rows and columns that the network was trained at, in its own space."""
    small: SmallPicture | None = None
    """How it is shown small pictures, if it enlarges them."""

    def space(self, device: torch.device | str = "cpu") -> Space:
        """Where the network works; errors as `open_space`."""
        return open_space(self.folder, device, scale=None if self.small is None else _ENLARGING_SCALE)


def find_model(path: Path, like: Path | None = None) -> ImageModel:
    """The model at a path, complete and checked by its headers.

    Args:
        path: a diffusers folder, or a single safetensors file.
        like: for a single file, the diffusers folder of a model of its kind, whose text encoders, VAE and
            schedule are used.

    Raises:
        SpecError: what is wrong with it, in one line.
    """
    folder = path if path.is_dir() else like
    if not path.exists():
        raise SpecError("no such file or folder", clip=str(path))
    image = find_image(path)
    if folder is None:
        raise SpecError(
            "a single file holds no tokenizer",
            clip=str(path),
            remedy="name with --like a registered model of its kind in diffusers' layout",
        )
    if like is not None and path is not folder and find_image(folder).params != image.params:
        raise SpecError(
            "its network has another shape than the model that it is said to be like", clip=str(path)
        )
    _check_parts(folder, image.params)
    index = folder / "model_index.json"
    return ImageModel(
        image,
        folder,
        _schedule(folder / "scheduler" / "scheduler_config.json"),
        bool(read_json(index).get("force_zeros_for_empty_prompt")) if index.is_file() else False,
        _side(folder / "unet" / "config.json"),
        _small_picture(folder, image.params) if image.params.enlarges else None,
    )


def _check_parts(folder: Path, params: ImageUNetParams) -> None:
    """Refuse a folder that lacks a part which the network needs, or has one that does not fit it."""
    suffixes = ("", "_2") if params.pooled else ("",)
    widths = []
    for suffix in suffixes:
        encoder = folder / f"text_encoder{suffix}"
        about = _about(encoder)
        widths.append(about.get("hidden_size"))
        if suffix and about.get("projection_dim") != params.pooled:
            raise SpecError(
                f"its pooled text is {about.get('projection_dim')} wide, and the network reads {params.pooled}",
                clip=str(encoder),
            )
        _check_tokenizer(folder / f"tokenizer{suffix}")
    width = sum(one for one in widths if type(one) is int)
    if width != params.context:
        raise SpecError(
            f"its text is {width} wide, and the network reads {params.context}",
            clip=str(folder / "text_encoder"),
        )
    if params.out_channels == 3:
        return
    channels = _about(folder / "vae").get("latent_channels")
    if channels != params.out_channels:
        raise SpecError(
            f"its latents have {channels} channels, and those of the network {params.out_channels}",
            clip=str(folder / "vae"),
        )


def _about(part: Path) -> dict[str, Any]:
    """The configuration of a part that is there, with whole weights."""
    if not part.is_dir():
        raise SpecError(f"the model has no folder '{part.name}'", clip=str(part.parent))
    refuse_unsafe(part)
    return read_json(part / "config.json")


def _check_tokenizer(part: Path) -> None:
    if not part.is_dir():
        raise SpecError(f"the model has no folder '{part.name}'", clip=str(part.parent))
    whole, words = part / "tokenizer.json", part / "vocab.json"
    if not whole.is_file() and not (words.is_file() and (part / "merges.txt").is_file()):
        raise SpecError("that tokenizer has no tokenizer.json, nor vocab.json and merges.txt", clip=str(part))
    for file in (part / "tokenizer_config.json", whole, words):
        if file.is_file():
            read_json(file, _LARGEST_VOCABULARY)


def _small_picture(folder: Path, params: ImageUNetParams) -> SmallPicture:
    """The small picture lies on the grid of the latents, or, enlarged, on that of the pixels."""
    index = folder / "model_index.json"
    said = read_json(index) if index.is_file() else {}
    levels = _about(folder / "vae").get("block_out_channels") if (folder / "vae").is_dir() else None
    factor: Any = 2 ** (len(levels) - 1) if isinstance(levels, list) else said.get("factor")
    noise = None
    if params.noise_levels:
        noise = _schedule(folder / "low_res_scheduler" / "scheduler_config.json")
    most = said.get("max_noise_level", MOST_LEVEL)
    with naming(folder):
        if noise is not None and noise.levels > params.noise_levels:
            raise SpecError(
                f"its small picture has {noise.levels} levels of noise, and the network knows {params.noise_levels}"
            )
        return SmallPicture(factor, noise, 0 if noise is None else most)


def _side(config: Path) -> int:
    side = read_json(config).get("sample_size")
    return side if type(side) is int and 8 <= side <= 1024 else 64


def _schedule(path: Path) -> DiscreteSchedule:
    if not path.is_file():
        raise SpecError("the model has no scheduler_config.json", clip=str(path.parent))
    data = read_json(path)
    fields: dict[str, Any] = {
        ours: data[theirs] for theirs, ours in _SCHEDULE.items() if data.get(theirs) is not None
    }
    if fields.get("zero_terminal") and fields.get("prediction", "epsilon") == "epsilon":
        raise SpecError("its schedule ends in pure noise, and its network predicts noise", clip=str(path))
    try:
        with naming(path):
            return DiscreteSchedule(**fields)
    except TypeError as error:
        raise SpecError(f"its schedule cannot be read: {error}", clip=str(path)) from error
