"""`lumiere models`: text-to-image models, temporal layers, motion adapters, LoRAs and styles that the user has."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from lumiere_engine.client import ask
from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.protocol.errors import SpecError

from .console import Console, Json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_KINDS = {
    "image": "text-to-image model",
    "temporal": "temporal layers",
    "motion": "motion adapter",
    "lora": "LoRA",
    "style": "style",
}


@app.callback()
def models() -> None:
    """Register models that are on this machine; nothing is ever downloaded."""


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Say which models are registered."""
    console = Console(as_json)
    with console.failures():
        found = register.models()
        lines = [_line(model) for model in found] or ["no models; add one: lumiere models add PATH"]
        console.answer(
            {"label": "Models.1", "models": [register.to_wire(model) for model in found]}, "\n".join(lines)
        )


@app.command()
def add(
    path: Annotated[
        Path,
        typer.Argument(help="A folder in diffusers' layout, or a .safetensors file; it stays where it is."),
    ],
    name: Annotated[Optional[str], typer.Option(help="[default: the file's or folder's]")] = None,  # noqa: UP045
    like: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Of a single image file: a registered model whose text encoders and VAE it uses."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check weights by their headers, hash them, and give them a name."""
    console = Console(as_json)
    with console.failures():
        base = None if like is None else _image_folder(like)
        known = [m for m in register.models() if m.kind == "image"]
        answer = ask(
            "inspect_model",
            path=str(path.absolute()),
            like=base,
            images=[{"path": m.path, "like": m.like} for m in known],
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
        console.answer(register.to_wire(model), _line(model))


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="As `lumiere models list` says it.")], as_json: Json = False
) -> None:
    """Forget a model; its files stay."""
    console = Console(as_json)
    with console.failures():
        gone = register.remove(name)
        console.answer(register.to_wire(gone), f"{gone.name} is forgotten; {gone.path} stays")


def _image_folder(name: str) -> str:
    model = register.find(name)
    if model.kind != "image" or model.like is not None:
        raise SpecError(f"'{name}' is no image model in diffusers' layout")
    return model.path


def _preview(answer: dict[str, Any]) -> str | None:
    jpeg = b64decode(answer.get("preview", ""))
    return str(register.keep_preview(answer["fingerprint"], jpeg)) if jpeg else None


def _line(model: Model) -> str:
    gigabytes = model.size_bytes / 1e9
    line = f"{model.name}: {_KINDS[model.kind]}, {gigabytes:.2f} GB, {model.fingerprint[:12]}, {model.path}"
    line += "" if model.preview is None else f"; it looks like {model.preview}"
    return line if model.about is None else f"{line}; {model.about}"
