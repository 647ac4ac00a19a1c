"""The models that the user has registered: names, kinds, places, fingerprints. The files stay where they are."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..protocol.errors import OutputError, SpecError
from ..protocol.places import state_folder
from ..protocol.wire import decode, encode, labelled

KINDS = ("image", "temporal", "motion", "upscale", "lora", "style")


@dataclass(frozen=True)
class Model:
    """One registered model.

    Attributes:
        name: what the user calls it.
        kind: "image": a text-to-image model; "temporal": Lumiere's temporal layers; "motion": an AnimateDiff
            adapter; "upscale": a super-resolution model; "lora"; "style": what stylising a shot has taught Lumiere's
            own network.
        path: file or folder.
        fingerprint: SHA-256 over its weights.
        shape: names the shape of the image network that it is, or is for; equal shapes fit. Of a style, the
            weights that it is a difference to.
        size_bytes: of its weights.
        like: of a single file, the registered folder whose text encoders and VAE it uses.
        trained_with: of temporal layers, fingerprint of the image network that they were trained with.
        about: of a style, what it was learned from, and whose terms hold.
        preview: of a style, a picture in the style, a file.
    """

    name: str
    kind: str
    path: str
    fingerprint: str
    shape: str
    size_bytes: int
    like: Optional[str] = None
    trained_with: Optional[str] = None
    about: Optional[str] = None
    preview: Optional[str] = None


@labelled("Models.1")
@dataclass(frozen=True)
class _Register:
    models: "tuple[Model, ...]" = ()


def models() -> "tuple[Model, ...]":
    """All registered models, by name.

    Raises:
        SpecError: the register is damaged.
    """
    path = _file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"the register of models cannot be read: {error}", clip=str(path)) from error
    try:
        register = decode(_Register, json.loads(text))
    except ValueError as error:
        raise SpecError(
            "the register of models is damaged", clip=str(path), remedy="delete it and add the models again"
        ) from error
    return register.models


def find(name: str) -> Model:
    """The model of that name.

    Raises:
        SpecError: there is none.
    """
    for model in models():
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models())
    raise SpecError(
        f"no model '{name}' is registered",
        remedy=f"choose {known}" if known else "add it: lumiere models add PATH",
    )


def add(model: Model, *, replace: bool = False) -> None:
    """Put a model into the register.

    Raises:
        SpecError: its name is taken, or no name.
        OutputError: the register cannot be written.
    """
    if not model.name or any(c in model.name for c in "=,\n\r\t/\\"):
        raise SpecError(f"'{model.name}' is no name for a model", remedy="use letters, digits, - and _")
    others = tuple(one for one in models() if one.name != model.name)
    if len(others) != len(models()) and not replace:
        raise SpecError(f"a model '{model.name}' is registered already", remedy="choose another --name")
    _write(_Register(tuple(sorted((*others, model), key=lambda one: one.name))))


def remove(name: str) -> Model:
    """Take a model out of the register; its files stay. Returns it.

    Raises:
        SpecError: there is none.
        OutputError: the register cannot be written.
    """
    gone = find(name)
    left = tuple(one for one in models() if one.name != name)
    _write(_Register(left))
    if gone.preview is not None and all(one.preview != gone.preview for one in left):
        Path(gone.preview).unlink(missing_ok=True)
    return gone


def keep_preview(fingerprint: str, jpeg: bytes) -> Path:
    """Keep the picture that shows a style; its file.

    Raises:
        OutputError: it cannot be written.
    """
    path = state_folder() / "previews" / f"{fingerprint[:16]}.jpg"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg)
    except OSError as error:
        raise OutputError(f"the preview cannot be written: {error.strerror}", clip=str(path)) from error
    return path


def to_wire(model: Model) -> "dict[str, Any]":
    """For `--json`."""
    return dict(encode(model))


def _file() -> Path:
    return state_folder() / "models.json"


def _write(register: _Register) -> None:
    path = _file()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(encode(register), indent=2) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"the register of models cannot be written: {error.strerror}", clip=str(path)
        ) from error
    finally:
        part.unlink(missing_ok=True)
