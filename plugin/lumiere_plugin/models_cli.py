"""`lumiere models`: the user's text-to-image models, upscalers, temporal layers, motion adapters, LoRAs and styles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer
from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model

from .console import Console, Json
from .registering import register_model

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_KINDS = {
    "image": "text-to-image model",
    "temporal": "temporal layers",
    "motion": "motion adapter",
    "upscale": "super-resolution model",
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
        model = register_model(path, name, like)
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


def _line(model: Model) -> str:
    gigabytes = model.size_bytes / 1e9
    line = f"{model.name}: {_KINDS[model.kind]}, {gigabytes:.2f} GB, {model.fingerprint[:12]}, {model.path}"
    line += "" if model.preview is None else f"; it looks like {model.preview}"
    return line if model.about is None else f"{line}; {model.about}"
