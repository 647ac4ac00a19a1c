"""Which image network a file or folder on disk holds, told from its headers alone, and under which names.

Known are folders as diffusers writes them (a `config.json` beside safetensors), and single safetensors files
as the Stable Diffusion family was published (`model.diffusion_model.…`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import SpecError

from .image_params import ImageUNetParams

PUBLISHED = "model.diffusion_model."
"""What every tensor of the U-Net begins with in a single file."""

Shapes = dict[str, tuple[int, ...]]

_ATTENTION = {
    "CrossAttnDownBlock2D": True,
    "DownBlock2D": False,
    "CrossAttnUpBlock2D": True,
    "UpBlock2D": False,
}
# What the network computes only with these values; a file that says otherwise is refused by the option's name.
_FIXED: dict[str, tuple[Any, ...]] = {
    "act_fn": ("silu", "swish"),
    "addition_embed_type": (None, "text_time"),
    "addition_embed_type_num_heads": (64,),
    "attention_type": ("default",),
    "center_input_sample": (False,),
    "class_embed_type": (None,),
    "class_embeddings_concat": (False,),
    "conv_in_kernel": (3,),
    "conv_out_kernel": (3,),
    "cross_attention_norm": (None,),
    "downsample_padding": (1,),
    "dual_cross_attention": (False,),
    "encoder_hid_dim": (None,),
    "encoder_hid_dim_type": (None,),
    "flip_sin_to_cos": (True,),
    "freq_shift": (0,),
    "mid_block_only_cross_attention": (None, False),
    "mid_block_scale_factor": (1, 1.0),
    "mid_block_type": ("UNetMidBlock2DCrossAttn",),
    "resnet_out_scale_factor": (1, 1.0),
    "resnet_skip_time_act": (False,),
    "resnet_time_scale_shift": ("default",),
    "reverse_transformer_layers_per_block": (None,),
    "time_cond_proj_dim": (None,),
    "time_embedding_act_fn": (None,),
    "time_embedding_dim": (None,),
    "time_embedding_type": ("positional",),
    "timestep_post_act": (None,),
}


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """What is refused inside, and names no file, is said of this one."""
    try:
        yield
    except SpecError as error:
        error.clip = error.clip or str(path)
        raise


def params_of_config(path: Path) -> ImageUNetParams:
    """The shape that a diffusers `config.json` describes.

    Raises:
        SpecError: it cannot be read, describes another kind of model, or an option that is not supported.
    """
    data = read_json(path)
    kind = data.get("_class_name", "UNet2DConditionModel")
    if kind != "UNet2DConditionModel":
        raise SpecError(f"that is a {kind}, not an image U-Net", clip=str(path))
    for name, allowed in _FIXED.items():
        if name in data and data[name] not in allowed:
            raise SpecError(f"its option '{name}' of {data[name]!r} is not supported", clip=str(path))
    try:
        with naming(path):
            return _params(data)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SpecError(f"that configuration cannot be read: {error!r}", clip=str(path)) from error


def _params(data: dict[str, Any]) -> ImageUNetParams:
    channels = tuple(data["block_out_channels"])
    levels = len(channels)
    down = [_ATTENTION[kind] for kind in data["down_block_types"]]
    if [_ATTENTION[kind] for kind in data["up_block_types"]] != down[::-1]:
        raise ValueError("the way up is no mirror of the way down")
    depths = _each(data.get("transformer_layers_per_block", 1), levels)
    heads = _each(data.get("num_attention_heads") or data.get("attention_head_dim", 8), levels)
    pooled = 0
    size_embedding = data.get("addition_time_embed_dim") or 256
    if data.get("addition_embed_type"):
        pooled = data["projection_class_embeddings_input_dim"] - 6 * size_embedding
    layers = _each(data.get("layers_per_block", 2), levels)
    if len(set(layers)) != 1:
        raise ValueError("levels with different numbers of layers")
    text_only = data.get("only_cross_attention", False)
    if text_only is True:  # one word for all levels would hold for the middle too
        raise SpecError("its option 'only_cross_attention' of True is not supported")
    text_only = text_only or (False,) * levels
    if len(text_only) != levels:
        raise ValueError(f"{text_only!r} for {levels} levels")
    return ImageUNetParams(
        in_channels=data.get("in_channels", 4),
        out_channels=data.get("out_channels", 4),
        channels=channels,
        layers=layers[0],
        depths=tuple(depth if has else 0 for depth, has in zip(depths, down, strict=True)),
        middle_depth=depths[-1],
        heads=heads,
        context=data.get("cross_attention_dim", 1280),
        pooled=pooled,
        size_embedding=size_embedding,
        groups=data.get("norm_num_groups", 32),
        norm_eps=data.get("norm_eps", 1e-5),
        text_only=tuple(level for level in range(levels) if text_only[level] and down[level]),
        noise_levels=data.get("num_class_embeds") or 0,
    )


def config_of_params(p: ImageUNetParams) -> dict[str, Any]:
    """The diffusers configuration of a network that this project made itself."""
    down = ["CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in p.depths]
    up = ["CrossAttnUpBlock2D" if depth else "UpBlock2D" for depth in reversed(p.depths)]
    return {
        "_class_name": "UNet2DConditionModel",
        "in_channels": p.in_channels,
        "out_channels": p.out_channels,
        "block_out_channels": list(p.channels),
        "layers_per_block": p.layers,
        "down_block_types": down,
        "up_block_types": up,
        "transformer_layers_per_block": [*(depth or 1 for depth in p.depths[:-1]), p.middle_depth],
        "attention_head_dim": list(p.heads),
        "cross_attention_dim": p.context,
        "norm_num_groups": p.groups,
        "norm_eps": p.norm_eps,
        "use_linear_projection": True,
        "only_cross_attention": [level in p.text_only for level in range(len(p.channels))],
        "num_class_embeds": p.noise_levels or None,
    }


def params_of_single_file(shapes: Shapes, clip: str) -> ImageUNetParams:
    """The shape of the U-Net in a published single file.

    Heads do not show in shapes: networks whose projections are convolutions (1.x), and those that enlarge, have
    8, the others (2.x, XL) one for every 64 channels.

    Args:
        shapes: of all tensors of the file.
        clip: names the file in errors.

    Raises:
        SpecError: the file holds another layout.
    """
    own = {name.removeprefix(PUBLISHED): s for name, s in shapes.items() if name.startswith(PUBLISHED)}
    try:
        return _single_file_params(own)
    except (KeyError, IndexError) as error:
        raise SpecError(f"its U-Net has an unknown layout: {error} is missing", clip=clip) from error


def _single_file_params(own: Shapes) -> ImageUNetParams:
    first = own["input_blocks.0.0.weight"]
    channels: list[int] = []
    depths: list[int] = []
    counts = [0]
    context = own["middle_block.1.transformer_blocks.0.attn2.to_k.weight"][1]
    index = 1
    while f"input_blocks.{index}.0.op.weight" in own or f"input_blocks.{index}.0.in_layers.2.weight" in own:
        if f"input_blocks.{index}.0.op.weight" in own:
            counts.append(0)
        else:
            if not counts[-1]:
                channels.append(own[f"input_blocks.{index}.0.in_layers.2.weight"][0])
                depths.append(_depth(own, f"input_blocks.{index}.1."))
            counts[-1] += 1
        index += 1
    levels = own.get("label_emb.weight", (0,))[0]
    by_64 = len(own["middle_block.1.proj_in.weight"]) == 2 and not levels
    embedding = own["label_emb.0.0.weight"][1] if "label_emb.0.0.weight" in own else 0
    return ImageUNetParams(
        in_channels=first[1],
        out_channels=own["out.2.weight"][0],
        channels=tuple(channels),
        layers=counts[0],
        depths=tuple(depths),
        middle_depth=_depth(own, "middle_block.1."),
        heads=tuple(width // 64 if by_64 else 8 for width in channels),
        context=context,
        pooled=embedding - 6 * 256 if embedding else 0,
        text_only=tuple(level for level in range(len(channels)) if _reads_text_twice(own, level, counts[0])),
        noise_levels=levels,
    )


def _reads_text_twice(own: Shapes, level: int, layers: int) -> bool:
    """Whether keys of a level's first attention have another width than the level; equal ones are taken as its own."""
    keys = own.get(f"input_blocks.{1 + (layers + 1) * level}.1.transformer_blocks.0.attn1.to_k.weight")
    return keys is not None and keys[0] != keys[1]


def _depth(own: Shapes, prefix: str) -> int:
    pattern = re.compile(re.escape(prefix) + r"transformer_blocks\.(\d+)\.norm1\.weight")
    return sum(1 for name in own if pattern.fullmatch(name))


_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "class_embedding": "label_emb",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}


def published_name(name: str, p: ImageUNetParams) -> str:
    """The name that a tensor of the image network has in a single file."""
    stem, _, kind = name.rpartition(".")
    if stem in _ENDS:
        return f"{PUBLISHED}{_ENDS[stem]}.{kind}"
    parts = name.split(".")
    if parts[0] == "mid_block":
        part, number, rest = parts[1], int(parts[2]), ".".join(parts[3:])
        place = f"middle_block.{2 * number if part == 'resnets' else 1}"
    else:
        level, part, number, rest = int(parts[1]), parts[2], int(parts[3]), ".".join(parts[4:])
        place = _place(parts[0], level, part, number, p)
    if part == "resnets":
        inner, _, kind = rest.rpartition(".")
        rest = f"{_RESNET[inner]}.{kind}"
    if part == "downsamplers":
        rest = rest.replace("conv", "op", 1)
    return f"{PUBLISHED}{place}.{rest}"


def _place(way: str, level: int, part: str, number: int, p: ImageUNetParams) -> str:
    group = p.layers + 1
    if way == "down_blocks":
        index = group * (level + 1) if part == "downsamplers" else 1 + group * level + number
        return f"input_blocks.{index}.{1 if part == 'attentions' else 0}"
    if part == "upsamplers":
        attends = p.depths[len(p.channels) - 1 - level] > 0
        return f"output_blocks.{group * level + p.layers}.{2 if attends else 1}"
    return f"output_blocks.{group * level + number}.{1 if part == 'attentions' else 0}"


def read_json(path: Path, most: int = 2**20) -> dict[str, Any]:
    """The object of a small JSON file, of at most so many bytes.

    Raises:
        SpecError: missing, too large, or no JSON object.
    """
    try:
        if path.stat().st_size > most:
            raise SpecError("a configuration is not that large", clip=str(path))
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"the configuration cannot be read: {error.strerror}", clip=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise SpecError("the configuration is no JSON", clip=str(path)) from error
    if not isinstance(data, dict):
        raise SpecError("the configuration is no object", clip=str(path))
    return data


def _each(value: Any, levels: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, (list, tuple)) else (value,) * levels
    if len(values) != levels or not all(type(v) is int for v in values):
        raise ValueError(f"{value!r} for {levels} levels")
    return values
