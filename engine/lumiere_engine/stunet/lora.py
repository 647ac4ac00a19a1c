"""LoRA files (Hu et al., arXiv 2106.09685): W ← W + scale · (α/r) · B·A, merged before anything is computed.

Known are the names of kohya's scripts (`lora_unet_down_blocks_0_…_to_q.lora_down.weight`, also after published
single files) and of diffusers (`unet.….to_q.lora_A.weight`, `.lora.down.weight`, `.processor.to_q_lora.down.weight`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.weights import read_weights_header

from .finite import refuse_unfinite
from .image_layout import PUBLISHED, published_name
from .image_params import ImageUNetParams, InflatedParams, frame_by_frame
from .inflated import InflatedSTUNet

_ENDS = {
    ".lora_down.weight": "down",
    ".lora_up.weight": "up",
    ".lora_A.weight": "down",
    ".lora_B.weight": "up",
    ".lora.down.weight": "down",
    ".lora.up.weight": "up",
    "_lora.down.weight": "down",
    "_lora.up.weight": "up",
    ".alpha": "alpha",
}
_TEXT = ("lora_te", "text_encoder")


@dataclass
class _Pair:
    """The names of one layer's tensors in the file."""

    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoraFile:
    """A LoRA that fits an image network, found and not read."""

    path: Path
    pairs: Mapping[str, Mapping[str, str]]
    """Weight's name in the network → "down", "up", "alpha" → name in the file."""
    text_tensors: int
    """How many of its tensors belong to text encoders: they are not used."""


def find_lora(path: Path, image: ImageUNetParams) -> LoraFile:
    """The LoRA in a safetensors file, checked against the network that it is for.

    Raises:
        SpecError: no LoRA, or one of another network.
    """
    header = read_weights_header(str(path))
    with torch.device("meta"):
        network = InflatedSTUNet(InflatedParams(image, frame_by_frame(image)))
    shapes = {name: tuple(v.shape) for name, v in network.state_dict().items() if name.endswith(".weight")}
    layers = _names_of_layers(shapes, image)
    pairs: dict[str, _Pair] = {}
    text = 0
    for name in header.shapes:
        if name.startswith(_TEXT):
            text += 1
            continue
        layer, part = _split(name)
        own = layers.get(layer)
        if own is None or part is None:
            raise SpecError(
                f"its tensor '{name[:100]}' belongs to no layer of this image network", clip=str(path)
            )
        pairs.setdefault(own, _Pair()).names[part] = name
    if not pairs:
        raise SpecError("it changes no layer of an image network", clip=str(path))
    for own, pair in pairs.items():
        _check_pair(own, pair, shapes[own], header.shapes, path)
    return LoraFile(path, {own: pair.names for own, pair in pairs.items()}, text)


def merge_lora(network: InflatedSTUNet, lora: LoraFile, scale: float) -> None:
    """Add the LoRA to the network's weights, in place; 0 changes nothing, −s takes back what s added.

    Raises:
        SpecError: the file cannot be read, or holds no finite numbers.
    """
    weights = dict(network.named_parameters())
    try:
        with safe_open(lora.path, "pt") as file, torch.no_grad():
            for own, names in lora.pairs.items():
                down, up = (file.get_tensor(names[part]).float() for part in ("down", "up"))
                alpha = float(file.get_tensor(names["alpha"])) if "alpha" in names else down.shape[0]
                refuse_unfinite([(names["down"], down), (names["up"], up)], lora.path)
                weight = weights[own]
                change = _product(up, down).reshape(weight.shape) * (scale * alpha / down.shape[0])
                weight.copy_((weight.float() + change).to(weight.dtype))
    except (OSError, SafetensorError) as error:
        raise SpecError(f"the LoRA cannot be read: {error}", clip=str(lora.path)) from error


def _product(up: Tensor, down: Tensor) -> Tensor:
    """B·A; of convolutions, A looks at the neighbourhood and B mixes."""
    return up.flatten(1) @ down.flatten(1)


def _split(name: str) -> tuple[str, str | None]:
    """The layer that a tensor belongs to, with underscores throughout, and which of its tensors it is."""
    for end, part in _ENDS.items():
        if name.endswith(end):
            stem = name.removesuffix(end)
            stem = (
                re.sub(r"^(unet\.|lora_unet_)", "", stem)
                .replace(".processor.", ".")
                .replace(".processor", "")
            )
            return re.sub(r"\W", "_", stem), part
    return name, None


def _names_of_layers(shapes: Mapping[str, object], image: ImageUNetParams) -> dict[str, str]:
    """All names that files know a layer by, with underscores throughout → the weight's own."""
    names: dict[str, str] = {}
    for own in shapes:
        stem = own.removesuffix(".weight")
        published = published_name(own, image).removeprefix(PUBLISHED).removesuffix(".weight")
        for known in (stem, published, stem.removesuffix(".0") if stem.endswith("to_out.0") else stem):
            names[known.replace(".", "_")] = own
    return names


def _check_pair(
    own: str, pair: _Pair, shape: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]], path: Path
) -> None:
    names = pair.names
    if not {"down", "up"} <= names.keys():
        raise SpecError(f"it holds only one half of the change to '{own}'", clip=str(path))
    down, up = shapes[names["down"]], shapes[names["up"]]
    count = 1
    for length in down[1:]:
        count *= length
    wanted = 1
    for length in shape[1:]:
        wanted *= length
    if not up or not down or up[0] != shape[0] or count != wanted or down[0] != up[1]:
        raise SpecError(f"its change to '{own}' is {up} · {down}, and the layer {shape}", clip=str(path))
    if "alpha" in names and shapes[names["alpha"]] not in ((), (1,)):
        raise SpecError(f"its alpha of '{own}' is no single number", clip=str(path))
