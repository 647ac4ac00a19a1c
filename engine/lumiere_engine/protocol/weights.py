"""Weights are named by role and fingerprint; their files are safetensors, recognised by their headers."""

from __future__ import annotations

import json
import math
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SpecError

ROLES = ("image", "like", "temporal", "motion", "upscale", "upscale_like", "upscale_temporal", "lora")
_MOST_HEADER_BYTES = 100_000_000
_POINTER = b"version https://git-lfs"
_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


@dataclass(frozen=True)
class Weights:
    """A file or folder of weights that a job is done with.

    Attributes:
        role: "image": the text-to-image model; "like": the folder whose text encoders and VAE a single file uses;
            "temporal": Lumiere's temporal layers; "motion": an AnimateDiff adapter; "upscale": a super-resolution
            model that enlarges the clip; "upscale_like" and "upscale_temporal": what belongs to that one; "lora".
        path: on this machine.
        fingerprint: SHA-256 over its weights.
        scale: of a LoRA, how much of it is added.
    """

    role: str
    path: str
    fingerprint: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise SpecError(
                f"'{self.role}' is nothing that weights can be", remedy=f"choose {', '.join(ROLES)}"
            )
        if not -4 <= self.scale <= 4:
            raise SpecError(f"a scale of {self.scale} is out of range", remedy="choose -4 to 4")


@dataclass(frozen=True)
class WeightsHeader:
    """What a safetensors file says of itself.

    Attributes:
        metadata: its free text entries.
        shapes: of each tensor.
        kinds: of each tensor, such as "F16".
    """

    metadata: dict[str, str]
    shapes: dict[str, tuple[int, ...]]
    kinds: dict[str, str]


def check_weights(path: str) -> None:
    """Refuse what is no whole safetensors file; errors as `read_weights_header`."""
    read_weights_header(path)


def read_weights_header(path: str) -> WeightsHeader:
    """What the file says of itself; nothing is allocated by what it claims.

    Raises:
        SpecError: its header cannot be parsed, or declares other sizes than the file has.
    """
    place = Path(path)
    try:
        about = place.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for
            raise _no_weights(path, "it is no file")
        size = about.st_size
        with place.open("rb") as file:
            start = file.read(len(_POINTER))
            if start == _POINTER:
                raise SpecError(
                    "that is a pointer of Git LFS, not the file", clip=path, remedy="fetch it: git lfs pull"
                )
            file.seek(8)
            header_bytes = int.from_bytes(start[:8], "little")
            if not 2 <= header_bytes <= min(_MOST_HEADER_BYTES, size - 8):
                raise _no_weights(path, "it has no header of that format")
            header = json.loads(file.read(header_bytes))
    except OSError as error:
        raise SpecError(f"the weights cannot be read: {error.strerror}", clip=path) from error
    except (ValueError, RecursionError):
        raise _no_weights(path, "its header is no JSON") from None
    if not isinstance(header, dict):
        raise _no_weights(path, "its header is no object")
    _check_tensors(path, header, size - 8 - header_bytes)
    metadata = header.pop("__metadata__", None)
    return WeightsHeader(
        {str(k): str(v) for k, v in metadata.items()} if isinstance(metadata, dict) else {},
        {name: tuple(tensor["shape"]) for name, tensor in header.items()},
        {name: tensor["dtype"] for name, tensor in header.items()},
    )


def _check_tensors(path: str, header: dict[str, Any], data_bytes: int) -> None:
    spans = []
    for name, tensor in header.items():
        if name != "__metadata__":
            spans.append(_span(path, name, tensor))
    reached = 0
    for begin, end in sorted(spans):
        if begin != reached:
            raise _no_weights(path, "its tensors overlap or leave gaps")
        reached = end
    if reached > data_bytes:
        raise SpecError(
            f"that file is not whole: of {reached} bytes of tensors it holds {data_bytes}",
            clip=path,
            remedy="download or copy it again",
        )
    if not spans or reached != data_bytes:
        raise _no_weights(path, f"it declares {reached} bytes of tensors and holds {data_bytes}")


def _span(path: str, name: str, tensor: Any) -> tuple[int, int]:
    try:
        bits, shape, (begin, end) = _BITS[tensor["dtype"]], tensor["shape"], tensor["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise _no_weights(path, f"it describes the tensor '{name[:80]}' in no known way") from None
    numbers = [begin, end, *shape] if isinstance(shape, list) else [None]
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**48 for n in numbers):
        raise _no_weights(path, f"the tensor '{name[:80]}' has no sizes")
    if math.prod(shape) * bits != 8 * (end - begin):
        raise _no_weights(path, f"the tensor '{name[:80]}' has another size than it declares")
    return begin, end


def _no_weights(path: str, why: str) -> SpecError:
    return SpecError(f"that is no safetensors file: {why}", clip=path, remedy="name a .safetensors file")
