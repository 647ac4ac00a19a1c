"""Weights of image networks, motion modules and Lumiere's own temporal layers: checked by header, then read.

Nothing here executes what a file holds, and nothing is allocated before all headers agree with the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lumiere_engine.protocol.errors import SpecError, UnknownVersionError
from lumiere_engine.protocol.weights import read_weights_header

from .checkpoint import write_safetensors
from .finite import refuse_unfinite
from .image_layout import (
    PUBLISHED,
    naming,
    params_of_config,
    params_of_single_file,
    published_name,
    read_json,
)
from .image_params import ImageUNetParams, InflatedParams, MotionParams, TemporalParams, frame_by_frame
from .inflated import InflatedSTUNet, is_motion, is_temporal

TEMPORAL_LABEL = "TemporalLayers.1"
_STEM = "diffusion_pytorch_model"
_KINDS = {"F64", "F32", "F16", "BF16"}


@dataclass(frozen=True)
class Tensors:
    """A part of a network on disk: found and checked, not read."""

    clip: Path
    """Names it in errors."""
    files: tuple[Path, ...]
    """Its safetensors files."""
    names: Mapping[str, str]
    """Name in the network → name in the files."""


@dataclass(frozen=True)
class ImageFiles:
    """An image network on disk."""

    params: ImageUNetParams
    tensors: Tensors


def find_image(path: Path) -> ImageFiles:
    """The image network of a diffusers folder (or its `unet` folder), or of a single safetensors file.

    Raises:
        SpecError: an unknown layout, an incomplete or foreign file, tensors missing or of another shape.
    """
    if path.is_dir():
        folder = path / "unet" if (path / "unet").is_dir() else path
        if not (folder / "config.json").is_file():
            raise SpecError(
                "no image network of a known layout is in that folder",
                clip=str(path),
                remedy="name a diffusers folder (with unet/config.json) or a .safetensors file",
            )
        params, files = params_of_config(folder / "config.json"), weight_files(folder)
        expected = _shapes(InflatedParams(params, frame_by_frame(params)))
        tensors = Tensors(path, files, {name: name for name in expected})
        _check(tensors, expected, others=False)
        return ImageFiles(params, tensors)
    header = read_weights_header(str(path))
    shapes = header.shapes
    if header.metadata.get("label", "").startswith("TemporalLayers."):
        raise SpecError("that file holds temporal layers, and no image network", clip=str(path))
    if not any(name.startswith(PUBLISHED) for name in shapes):
        raise SpecError(
            f"its tensors have names of no known image network, such as '{next(iter(shapes))[:80]}'",
            clip=str(path),
            remedy="name a Stable Diffusion 1.x, 2.x or XL file",
        )
    params = params_of_single_file(shapes, str(path))
    expected = _shapes(InflatedParams(params, frame_by_frame(params)))
    tensors = Tensors(path, (path,), {name: published_name(name, params) for name in expected})
    _check(tensors, expected)
    return ImageFiles(params, tensors)


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a diffusers folder: one, one in half precision, or several that an index names.

    Raises:
        SpecError: there are none, or not all.
    """
    index = folder / f"{_STEM}.safetensors.index.json"
    if index.is_file():
        named = read_json(index).get("weight_map")
        if not isinstance(named, dict) or not all(isinstance(n, str) for n in named.values()):
            raise SpecError("the index names no files", clip=str(index))
        files = tuple(folder / Path(name).name for name in sorted(set(named.values())))
        for file in files:
            if not file.is_file():
                raise SpecError("the index names a file that is not there", clip=str(file))
        return files
    for name in (f"{_STEM}.safetensors", f"{_STEM}.fp16.safetensors"):
        if (folder / name).is_file():
            return (folder / name,)
    raise SpecError(
        "no safetensors weights are in that folder",
        clip=str(folder),
        remedy="weights in .bin and .ckpt files are not read, since they can hold programs",
    )


def load_inflated(
    image: ImageFiles,
    temporal: Path | TemporalParams | None = None,
    motion: Path | None = None,
    *,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> InflatedSTUNet:
    """An image network with what is added to it over time, in evaluation mode.

    Args:
        image: the network.
        temporal: file of trained temporal layers, or the shape of untrained ones; None adds none.
        motion: folder of an AnimateDiff adapter; None has none.
        dtype: of all weights.
        seed: of untrained layers.

    Raises:
        SpecError: files that do not fit each other; found before anything is allocated. Or a tensor that holds
            no finite numbers, which is found when it is read.
    """
    params = inflated_params(image.params, temporal, motion)
    parts = [image.tensors]
    if isinstance(temporal, Path):
        parts.append(_part(temporal, (temporal,), params, is_temporal))
    if motion is not None:
        parts.append(_part(motion, weight_files(motion), params, is_motion))
    with torch.device("meta"):
        network = InflatedSTUNet(params)
    network.start_temporal(dtype, seed)
    shapes = _shapes(params)
    for part in parts:
        network.load_state_dict(_read(part, shapes, dtype), strict=False, assign=True)
    return network.channels_last().eval()


def inflated_params(
    image: ImageUNetParams, temporal: Path | TemporalParams | None, motion: Path | None
) -> InflatedParams:
    """The shape of the network that `load_inflated` makes, from headers alone; arguments and errors as there."""
    added = temporal_params(temporal) if isinstance(temporal, Path) else temporal
    return InflatedParams(image, added or frame_by_frame(image), motion_params(motion) if motion else None)


def temporal_params(path: Path) -> TemporalParams:
    """The shape of the temporal layers in a file that Lumiere wrote.

    Raises:
        SpecError: no such file.
        UnknownVersionError: another version's.
    """
    metadata = read_weights_header(str(path)).metadata
    label = metadata.get("label", "")
    if not label.startswith("TemporalLayers."):
        raise SpecError("that file holds no temporal layers", clip=str(path))
    if label != TEMPORAL_LABEL:
        raise UnknownVersionError(
            f"it is labelled '{label[:80]}'; this version reads {TEMPORAL_LABEL}", clip=str(path)
        )
    try:
        with naming(path):
            return TemporalParams.from_wire(json.loads(metadata.get("params", "null")))
    except (ValueError, RecursionError) as error:
        raise SpecError("the parameters in its header cannot be read", clip=str(path)) from error


def motion_params(folder: Path) -> MotionParams:
    """The shape of an AnimateDiff adapter in a diffusers folder.

    Raises:
        SpecError: it is none, or one whose options are not supported.
    """
    if not (folder / "config.json").is_file():
        raise SpecError(
            "no motion adapter of a known layout is there",
            clip=str(folder),
            remedy="name a diffusers folder with config.json and safetensors",
        )
    data = read_json(folder / "config.json")
    if data.get("_class_name") != "MotionAdapter":
        raise SpecError(f"that is a {data.get('_class_name')}, not a motion adapter", clip=str(folder))
    if data.get("conv_in_channels") is not None:
        raise SpecError("its option 'conv_in_channels' is not supported", clip=str(folder))
    depth = data.get("motion_transformer_layers_per_block", 1)
    heads, frames = data.get("motion_num_attention_heads", 8), data.get("motion_max_seq_length", 32)
    if not all(type(v) is int for v in (depth, heads, frames)):
        raise SpecError(
            "its motion modules differ from level to level, which is not supported", clip=str(folder)
        )
    with naming(folder):
        return MotionParams(heads, depth, frames, bool(data.get("use_motion_mid_block", True)))


def check_motion(folder: Path, image: ImageUNetParams) -> MotionParams:
    """The shape of an AnimateDiff adapter that belongs to this image network.

    Raises:
        SpecError: it does not.
    """
    motion = motion_params(folder)
    with naming(folder):
        params = InflatedParams(image, frame_by_frame(image), motion)
    _part(folder, weight_files(folder), params, is_motion)
    return motion


def check_temporal(path: Path, image: ImageUNetParams) -> TemporalParams:
    """The shape of temporal layers that belong to this image network.

    Raises:
        SpecError: they do not.
    """
    temporal = temporal_params(path)
    with naming(path):
        params = InflatedParams(image, temporal)
    _part(path, (path,), params, is_temporal)
    return temporal


def _part(
    clip: Path, files: tuple[Path, ...], params: InflatedParams, wanted: Callable[[str], bool]
) -> Tensors:
    """The tensors of that kind, named in the files as in the network; checked."""
    expected = {name: shape for name, shape in _shapes(params).items() if wanted(name)}
    part = Tensors(clip, files, {name: name for name in expected})
    _check(part, expected)
    return part


def _shapes(params: InflatedParams) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        network = InflatedSTUNet(params)
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def _check(part: Tensors, expected: Mapping[str, tuple[int, ...]], *, others: bool = True) -> None:
    """Refuse files that lack a tensor or hold it in another shape, or, unless allowed, hold others beside."""
    found: dict[str, tuple[int, ...]] = {}
    for file in part.files:
        header = read_weights_header(str(file))
        for name, kind in header.kinds.items():
            if kind not in _KINDS and name in part.names.values():
                raise SpecError(
                    f"its tensor '{name[:80]}' holds {kind}, not numbers as weights are", clip=str(file)
                )
        found |= header.shapes
    for name, own in part.names.items():
        shape = found.get(own)
        if shape is None:
            raise SpecError(f"its tensor '{own}' is missing", clip=str(part.clip))
        if _squeezed(shape, len(expected[name])) != expected[name]:
            raise SpecError(
                f"its tensor '{own}' is {shape}, and {expected[name]} is needed", clip=str(part.clip)
            )
    strange = sorted(found.keys() - set(part.names.values()))
    if strange and not others:
        raise SpecError(
            f"it holds the tensor '{strange[0][:80]}', which no known network has", clip=str(part.clip)
        )


def _squeezed(shape: tuple[int, ...], dimensions: int) -> tuple[int, ...]:
    """A 1 × 1 convolution is a matrix: files of 1.x keep the transformers' projections so."""
    return shape[:2] if dimensions == 2 and len(shape) == 4 and shape[2:] == (1, 1) else shape


def _read(part: Tensors, shapes: Mapping[str, tuple[int, ...]], dtype: torch.dtype) -> dict[str, Tensor]:
    owners = {own: name for name, own in part.names.items()}
    out: dict[str, Tensor] = {}
    for path in part.files:
        try:
            with safe_open(path, "pt") as file:
                for own in owners.keys() & set(file.keys()):
                    value = file.get_tensor(own).to(dtype)
                    refuse_unfinite([(own, value)], path)
                    out[owners[own]] = value.reshape(shapes[owners[own]])
        except (OSError, SafetensorError) as error:
            raise SpecError(f"the weights cannot be read: {error}", clip=str(path)) from error
    return out


def save_temporal(
    tensors: Mapping[str, Tensor],
    params: TemporalParams,
    path: Path,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write temporal layers; under the name stands the old file or the whole new one.

    Args:
        tensors: by name, as `InflatedSTUNet.temporal_parameters` names them; on any device.
        params: their shape.
        path: of the safetensors file.
        metadata: free text entries beside label and parameters.

    Raises:
        OutputError: it cannot be written.
    """
    entries = {
        **(metadata or {}),
        "label": TEMPORAL_LABEL,
        "params": json.dumps(params.to_wire(), sort_keys=True),
    }
    write_safetensors(tensors, path, entries)


def fingerprint_of(image: ImageFiles) -> str:
    """SHA-256 over the image network's files: what temporal layers remember of what they were trained with."""
    digest = hashlib.sha256()
    for file in image.tensors.files:
        with file.open("rb") as data:
            digest.update(hashlib.file_digest(data, "sha256").digest())
    return digest.hexdigest()
