"""`lumiere train`: what the network knows before it sees a shot."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Optional

import typer
from lumiere_engine.client import ask

from .choosing import taught
from .console import Console, Json, begins_anew
from .options import Network, Overwrite, Quality, QualityOption, Seed
from .stylize import Keyframes, Reference, key_picture

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def train() -> None:
    """Teach the network."""


Folder = Annotated[
    Path,
    typer.Argument(
        help="Captioned material: NAME.mp4 (or a picture) beside NAME.txt, or WebDataset .tar files."
    ),
]
ModelToTeach = Annotated[str, typer.Option(help="The image model: a registered name, or its folder.")]
Recipe = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="A TOML file, as assets/prior/recipe.toml; what it does not say is the default."),
]
Steps = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="Optimiser steps, instead of the recipe's."),
]


@app.command()
def prior(
    folder: Annotated[Path, typer.Argument(help="Clips and pictures, with their LICENCES.tsv.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the prior; a training there is gone on with.")
    ] = Path("lumiere-prior"),
    recipe: Recipe = None,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Train the prior from licence-clean material; what it has reached can be used at any moment."""
    console = Console(as_json)
    with console.failures():
        with console.progress() as show:
            answer = ask("train_prior", show, **_asked(folder, out, recipe, steps))
        console.answer(
            {"label": "Prior.1", **answer},
            f"{answer['prior']}: {answer['steps']} steps, {answer['gain_db']:+.2f} dB against a smooth fill",
        )


@app.command()
def image(
    folder: Folder,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the model; a training there is gone on with.")
    ],
    recipe: Recipe = None,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Train a small text-to-image model from pictures with captions; for experiments, not for films."""
    _teach("image", "model", "ImageModel.1", as_json, _asked(folder, out, recipe, steps))


@app.command()
def temporal(
    folder: Folder,
    model: ModelToTeach,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the layers; a training there is gone on with.")
    ],
    start: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", help="Temporal layers to start from; their shape is kept."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="How many share each batch: one per GPU (torch's own launcher).")
    ] = 1,
    recipe: Recipe = None,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Train the temporal layers that turn an image model into one of clips; its own weights stay as they are."""
    question = {
        **taught(model),
        "start": None if start is None else str(start.absolute()),
        "processes": processes,
        **_asked(folder, out, recipe, steps),
    }
    _teach("temporal", "temporal", "TemporalLayers.1", as_json, question)


@app.command()
def lora(
    folder: Folder,
    model: ModelToTeach,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the LoRA; a training there is gone on with.")
    ],
    rank: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Size of the change to each layer, instead of the recipe's. [default: 16]"),
    ] = None,
    recipe: Recipe = None,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Teach an image model a look or a thing from captioned pictures: `lumiere generate --lora NAME=0.7`."""
    question = {**taught(model), "rank": rank, **_asked(folder, out, recipe, steps)}
    _teach("lora", "lora", "Lora.1", as_json, question)


def _teach(what: str, made: str, label: str, as_json: bool, question: dict[str, object]) -> None:
    """Do the task `train_WHAT`, and say where it is that it `made`."""
    console = Console(as_json)
    with console.failures():
        with console.progress() as show:
            answer = ask(f"train_{what}", show, **question)
        console.answer(
            {"label": label, **answer}, f"{answer[made]}: {answer['steps']} steps, loss {answer['loss']}"
        )


def _asked(folder: Path, out: Path, recipe: Path | None, steps: int | None) -> dict[str, object]:
    return {
        "folder": str(folder.absolute()),
        "out": str(out.absolute()),
        "recipe": None if recipe is None else str(recipe.absolute()),
        "steps": steps,
    }


@app.command()
def style(
    source: Annotated[Path, typer.Argument(help="Movie or image sequence whose shot is painted.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The style file (.safetensors).")],
    reference: Reference = None,
    keyframe: Keyframes = None,
    quality: QualityOption = Quality.STANDARD,
    seed: Seed = 0,
    network: Network = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Learn a style on a shot and keep it for others: `lumiere stylize --style`."""
    from lumiere_engine.protocol import StylizeParams
    from lumiere_engine.protocol.errors import OutputExistsError

    from .performing import here
    from .preparing import Request, prepare

    console = Console(as_json)
    with console.failures():
        if out.exists() and not overwrite:
            raise OutputExistsError("the output exists already", clip=str(out), remedy="use --overwrite")
        params = StylizeParams(
            quality=quality.value,
            reference=None if reference is None else str(reference.absolute()),
            keyframes=tuple(map(key_picture, keyframe or ())),
        )
        with TemporaryDirectory(prefix=".", dir=out.absolute().parent) as folder, console.progress() as show:
            request = Request(
                source,
                (),
                Path(folder) / "shot.mkv",
                params=params,
                seed=seed,
                network=network,
                save_network=out,
            )
            with begins_anew():
                outcome = here(prepare(request), show)
        seconds = sum(outcome.result.seconds.values())
        console.answer(
            {"label": "Style.1", "style": str(out), "seconds": round(seconds, 1)}, f"{out}: {seconds:.0f} s"
        )
