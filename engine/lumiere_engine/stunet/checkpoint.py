"""Checkpoints: safetensors files whose header says what network they hold. Nothing in them is ever executed.

The header's metadata holds `label` = "STUNetCheckpoint.1", `params` (JSON of `STUNetParams`), and free text
entries (what it was trained on, by which recipe, under which licence).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor

from lumiere_engine.protocol.errors import OutputError, SpecError, UnknownVersionError

from .finite import refuse_unfinite
from .network import STUNet
from .params import STUNetParams

LABEL = "STUNetCheckpoint.1"
_MOST_HEADER_BYTES = 16 * 2**20
_ITEM_BYTES = {"F32": 4, "F16": 2}


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself, read without its weights."""

    params: STUNetParams
    metadata: dict[str, str]
    """The free text entries."""
    tensors: dict[str, tuple[int, ...]]
    """Shape of each tensor; they are float32 or float16."""


def save(
    network: STUNet, path: Path, metadata: Mapping[str, str] | None = None, *, half: bool = False
) -> None:
    """Write a checkpoint; under its name stands the old file or the whole new one, never a part.

    Args:
        network: on any device.
        path: its folder exists.
        metadata: free text entries; not `label` or `params`.
        half: in float16: half the bytes, eleven bits of each weight.

    Raises:
        SpecError: `metadata` uses a reserved name.
        OutputError: it cannot be written.
    """
    entries = dict(metadata or {})
    if {"label", "params"} & set(entries):
        raise SpecError("'label' and 'params' of a checkpoint are not free to set")
    entries |= {"label": LABEL, "params": json.dumps(network.params.to_wire(), sort_keys=True)}
    tensors = {
        name: value.detach().cpu().to(torch.float16 if half else torch.float32).contiguous()
        for name, value in network.state_dict().items()
    }
    write_safetensors(tensors, path, entries)


def write_safetensors(tensors: Mapping[str, Tensor], path: Path, entries: Mapping[str, str]) -> None:
    """Write a safetensors file with its header sorted; under its name stands the old file or the whole new one.

    Args:
        tensors: on any device, in any layout.
        path: its folder exists.
        entries: free text entries of its header.

    Raises:
        OutputError: it cannot be written.
    """
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(_canonical(to_bytes(plain, dict(entries))))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"the weights '{path}' cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def load(path: Path, device: torch.device | str = "cpu") -> STUNet:
    """The network of a checkpoint, in evaluation mode.

    Raises:
        UnknownVersionError: a label other than `LABEL`.
        SpecError: no checkpoint, damaged, or tensors that do not fit its own parameters; found from the
            header, before any weight is allocated. Or weights that are no finite numbers, found when read.
    """
    header = read_header(path)
    with torch.device("meta"):
        expected = {name: tuple(value.shape) for name, value in STUNet(header.params).state_dict().items()}
    if header.tensors != expected:
        odd = sorted(
            name
            for name in header.tensors.keys() | expected.keys()
            if header.tensors.get(name) != expected.get(name)
        )
        raise SpecError(f"the checkpoint '{path}' does not fit its own parameters, first at '{odd[0]}'")
    network = STUNet(header.params)
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise SpecError(f"the checkpoint '{path}' cannot be read: {error}") from error
    refuse_unfinite(network.state_dict().items(), path)
    return network.to(device).eval()


def read_header(path: Path) -> Header:
    """What the checkpoint says of itself.

    Raises:
        UnknownVersionError: a label other than `LABEL`.
        SpecError: missing, no checkpoint, or a size that does not agree with its header.
    """
    header = _raw_header(path)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or "label" not in metadata:
        raise SpecError(f"'{path}' is no checkpoint of a Space-Time U-Net")
    if metadata["label"] != LABEL:
        raise UnknownVersionError(
            f"'{path}' is labelled '{metadata['label']}'; this version reads {LABEL}",
            remedy="update Lumiere, or make the checkpoint again",
        )
    try:
        params = STUNetParams.from_wire(json.loads(metadata.get("params", "null")))
    except ValueError as error:
        raise SpecError(f"the parameters of '{path}' cannot be read") from error
    entries = {str(k): str(v) for k, v in metadata.items() if k not in ("label", "params")}
    return Header(params, entries, {name: _shape(path, name, entry) for name, entry in header.items()})


def fingerprint(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal: what a JobSpec remembers of the network that it used."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _canonical(data: bytes) -> bytes:
    """The same file with its header's entries sorted.

    Equal networks then give equal bytes; the library writes metadata in any order.
    """
    length = int.from_bytes(data[:8], "little")
    text = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def _raw_header(path: Path) -> dict[str, Any]:
    """The JSON object at the file's start (safetensors: its length in 8 little-endian bytes, then itself)."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_MOST_HEADER_BYTES, size - 8):
                raise SpecError(f"'{path}' is no checkpoint, or only a part of one")
            header = json.loads(file.read(length))
    except OSError as error:
        raise SpecError(f"the checkpoint '{path}' cannot be opened: {error.strerror}") from error
    except ValueError as error:
        raise SpecError(f"'{path}' is no checkpoint: its header is not JSON") from error
    if not isinstance(header, dict):
        raise SpecError(f"'{path}' is no checkpoint: its header is not an object")
    ends = [v["data_offsets"][1] for k, v in header.items() if k != "__metadata__" and _is_entry(v)]
    if 8 + length + max(ends, default=0) != size:
        raise SpecError(f"the checkpoint '{path}' is cut short or has bytes too many")
    return header


def _is_entry(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("shape"), list):
        return False
    offsets = value.get("data_offsets")
    numbers = [*value["shape"], *(offsets if isinstance(offsets, list) else [None])]
    return len(numbers) == len(value["shape"]) + 2 and all(type(n) is int and n >= 0 for n in numbers)


def _shape(path: Path, name: str, entry: Any) -> tuple[int, ...]:
    """The shape of one tensor, whose kind and bytes agree with it."""
    if not _is_entry(entry) or entry.get("dtype") not in _ITEM_BYTES:
        raise SpecError(f"the tensor '{name}' of '{path}' is not described as float32 or float16")
    count = 1
    for length in entry["shape"]:
        count *= length
    first, end = entry["data_offsets"]
    if end - first != count * _ITEM_BYTES[entry["dtype"]]:
        raise SpecError(f"the tensor '{name}' of '{path}' has another size than its shape")
    return tuple(entry["shape"])
