"""Style files: what a network learned of a style, as the difference of its weights to those that it began with.

A safetensors file of float16; its metadata holds `label` = "StyleFile.1", `base` (fingerprint of the weights that the
difference is to), `preview` (a JPEG of a painted frame, base64) and `about`: what it was learned from, in words, so
that whoever gets the file knows whose picture it is. Nothing in it is ever executed.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from lumiere_engine.protocol.errors import OutputError, SpecError, UnknownVersionError
from lumiere_engine.stunet import STUNet
from lumiere_engine.stunet.finite import refuse_unfinite

from .brush import Weights

LABEL = "StyleFile.1"
_PREVIEW_WIDTH = 256


@dataclass(frozen=True)
class StyleNote:
    """What a style file says of itself."""

    base: str
    """Fingerprint of the weights that it is a difference to."""
    about: str
    """What it was learned from, and under which terms."""
    preview: str = ""
    """A painted frame, a JPEG in base64; written by `save_style` itself."""


def save_style(path: Path, base: STUNet, style: Weights, note: StyleNote, preview: np.ndarray) -> None:
    """Write a style; under its name stands the old file or the whole new one.

    Args:
        path: its folder exists.
        base: the network that learning began with.
        style: what it became.
        note: see there.
        preview: a painted frame, h w 3 float in 0..1.

    Raises:
        OutputError: it cannot be written.
    """
    before = base.state_dict()
    change = {name: (value - before[name]).half().contiguous() for name, value in style.items()}
    height = max(1, round(_PREVIEW_WIDTH * preview.shape[0] / preview.shape[1]))
    small = cv2.resize(np.clip(preview, 0, 1)[..., ::-1] * 255, (_PREVIEW_WIDTH, height))
    _, jpeg = cv2.imencode(".jpg", np.rint(small).astype(np.uint8))
    shown = base64.b64encode(jpeg.tobytes()).decode()
    part = path.with_name(f".{path.name}.part")
    try:
        entries = {"label": LABEL, "base": note.base, "about": note.about, "preview": shown}
        part.write_bytes(to_bytes(change, entries))
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"the style cannot be written: {error}", clip=str(path)) from error
    finally:
        part.unlink(missing_ok=True)


def load_styles(shares: Sequence[tuple[Path, float]], base: STUNet, base_name: str) -> Weights:
    """The weights that style files make of `base` together: W_base + Σ wᵢ · (Wᵢ − W_base).

    Args:
        shares: files, and what each counts.
        base: the network to begin with.
        base_name: fingerprint of its weights.

    Raises:
        UnknownVersionError: a label other than `LABEL`.
        SpecError: no style file, damaged, or a difference to other weights.
    """
    mixed = dict(base.state_dict())
    for path, weight in shares:
        for name, value in _change(path, base, base_name).items():
            mixed[name] = mixed[name] + weight * value.to(torch.float32)
    return mixed


def _change(path: Path, base: STUNet, base_name: str) -> Weights:
    """The difference to `base` that a style file holds."""
    note = read_note(path)
    try:
        with safe_open(path, "pt") as file:
            change = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise SpecError(f"the style cannot be read: {error}", clip=str(path)) from error
    refuse_unfinite(change.items(), path)
    shapes = {name: value.shape for name, value in base.state_dict().items()}
    if note.base != base_name or {n: v.shape for n, v in change.items()} != shapes:
        raise SpecError(
            "the style was learned from other weights",
            clip=str(path),
            remedy="name those with --network, or learn the style again",
        )
    return change


def read_note(path: Path) -> StyleNote:
    """What a style file says of itself; its weights are not read.

    Raises:
        UnknownVersionError: a label other than `LABEL`.
        SpecError: no style file, or damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        if cv2.haveImageReader(str(path)):
            raise SpecError(
                "it is a picture, not a style file", clip=str(path), remedy="give it with --reference"
            ) from error
        raise SpecError(f"the style cannot be read: {error}", clip=str(path)) from error
    if metadata.get("label") != LABEL:
        raise UnknownVersionError(
            f"it is labelled '{metadata.get('label')}'; this version reads {LABEL}", clip=str(path)
        )
    return StyleNote(metadata.get("base", ""), metadata.get("about", ""), metadata.get("preview", ""))
