"""`lumiere train`: what the network knows before it sees a shot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer
from lumiere_engine.client import ask

from .console import Console, Json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def train() -> None:
    """Teach the network."""


@app.command()
def prior(
    folder: Annotated[Path, typer.Argument(help="Clips and pictures, with their LICENCES.tsv.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the prior; a training there is gone on with.")
    ] = Path("lumiere-prior"),
    recipe: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A TOML file, such as the shipped one's assets/prior/recipe.toml."),
    ] = None,
    steps: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Optimiser steps, instead of the recipe's."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train the prior from licence-clean material; what it has reached can be used at any moment."""
    console = Console(as_json)
    with console.failures():
        with console.progress() as show:
            answer = ask(
                "train_prior",
                show,
                folder=str(folder.absolute()),
                out=str(out.absolute()),
                recipe=None if recipe is None else str(recipe.absolute()),
                steps=steps,
            )
        console.answer(
            {"label": "Prior.1", **answer},
            f"{answer['prior']}: {answer['steps']} steps, {answer['gain_db']:+.2f} dB against a smooth fill",
        )
