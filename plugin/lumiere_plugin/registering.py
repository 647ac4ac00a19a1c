"""A model of the user's into the register: looked at by a worker, hashed, named; it stays where it is."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

from lumiere_engine.client import ask
from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.protocol.errors import SpecError

_NETWORKS = ("image", "upscale")


def register_model(path: Path, name: str | None = None, like: str | None = None) -> Model:
    """Check weights by their headers, hash them, and give them a name.

    Args:
        path: a folder in diffusers' layout, or a .safetensors file.
        name: None takes the file's or folder's.
        like: of a single image file, a registered model whose text encoders and VAE it uses.

    Raises:
        LumiereError: they are nothing that is known, or the name is taken.
    """
    base = None if like is None else _image_folder(like)
    known = [m for m in register.models() if m.kind in _NETWORKS and m.trained_with is None]
    answer = ask(
        "inspect_model",
        path=str(path.absolute()),
        like=base,
        images=[{"path": m.path, "like": m.like, "fingerprint": m.fingerprint} for m in known],
    )
    model = Model(
        name=name or path.absolute().name.removesuffix(".safetensors"),
        kind=answer["kind"],
        path=str(path.absolute()),
        fingerprint=answer["fingerprint"],
        shape=answer["shape"],
        size_bytes=answer["size_bytes"],
        like=base,
        trained_with=answer["trained_with"],
        about=answer["note"] or None,
        preview=_preview(answer),
    )
    register.add(model)
    return model


def _preview(answer: dict[str, Any]) -> str | None:
    jpeg = b64decode(answer.get("preview", ""))
    return str(register.keep_preview(answer["fingerprint"], jpeg)) if jpeg else None


def _image_folder(name: str) -> str:
    model = register.find(name)
    if model.kind not in _NETWORKS or model.like is not None:
        raise SpecError(f"'{name}' is no image model in diffusers' layout")
    return model.path
