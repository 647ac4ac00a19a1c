"""Weights that are no numbers: a header does not tell them, and a clip made with them is black or noise."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lumiere_engine.protocol.errors import SpecError


def refuse_unfinite(tensors: Iterable[tuple[str, Tensor]], clip: Path) -> None:
    """Refuse weights with a NaN or an infinity among them.

    Args:
        tensors: name and values, any shape and kind; each is read once and not copied.
        clip: their file or folder, named in the error.

    Raises:
        SpecError: names the first such tensor.
    """
    for name, value in tensors:
        # the smallest and the largest tell it: a NaN anywhere makes both of them NaN
        if value.is_floating_point() and value.numel() and not _finite(torch.stack(torch.aminmax(value))):
            raise SpecError(
                f"its tensor '{name[:100]}' holds values that are no finite numbers",
                clip=str(clip),
                remedy="the file is damaged, or comes from a training that went wrong: use another copy",
            )


def refuse_unfinite_file(path: Path) -> None:
    """Refuse a safetensors file with a NaN or an infinity in it, one tensor in memory at a time.

    Raises:
        SpecError: names the first such tensor; or the file cannot be read.
    """
    try:
        with safe_open(path, "pt") as file:
            refuse_unfinite(((name, file.get_tensor(name)) for name in sorted(file.keys())), path)
    except (OSError, SafetensorError) as error:
        raise SpecError(f"the weights cannot be read: {error}", clip=str(path)) from error


def _finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())
