"""The command `lumiere`. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from . import bench, engine_cli, generate_cli, models_cli, queue_cli, train
from .cinemagraph_cli import cinemagraph
from .console import Console, Json, begins_anew, counted
from .install_cli import install, uninstall
from .options import (
    Alternate,
    Clip,
    Conform,
    Frames,
    Handles,
    MatteCovers,
    MatteCoversOption,
    ModelOption,
    MotionOption,
    Network,
    Output,
    Overwrite,
    Priority,
    Quality,
    QualityOption,
    Queue,
    Rate,
    Relink,
    Seed,
    Source,
    rate_of,
)
from .stylize import stylize

if TYPE_CHECKING:
    from lumiere_engine.protocol import Weights

    from .preparing import Outcome

app = typer.Typer(
    help="Generative effects for an editor's timeline, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing help with Rich would take longer than everything else together
)
app.add_typer(bench.app, name="bench")
app.add_typer(train.app, name="train")
app.add_typer(engine_cli.app, name="engine")
app.add_typer(queue_cli.app, name="queue")
app.add_typer(models_cli.app, name="models")


def main() -> None:
    """Run the command line."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from lumiere_engine import __version__

        print(f"lumiere {__version__}")
        raise typer.Exit


@app.callback()
def lumiere(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Generative effects for an editor's timeline, on your own machine."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("lumiere-demo"),
    as_json: Json = False,
) -> None:
    """The whole way on bundled footage: timeline in, object gone, new track out."""
    from .demo import run

    console = Console(as_json)
    with console.failures():
        report = run(out, console)
        console.answer(report.to_wire(), report.text())


@app.command()
def remove(
    source: Source,
    matte: Annotated[
        list[Path],
        typer.Option(
            help="White is what is removed: movie, picture, sequence, folder or .roto.json. Repeatable."
        ),
    ],
    out: Output = None,
    clip: Clip = None,
    quality: QualityOption = Quality.STANDARD,
    seed: Seed = 0,
    frames: Frames = None,
    matte_covers: MatteCoversOption = MatteCovers.USED,
    grow: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Pixels that the matte grows by. [default: a 60th of the height, at least 6]"),
    ] = None,
    feather: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Pixels over which the matte fades out. [default: half of the default growth]"),
    ] = None,
    imagine: Annotated[
        bool, typer.Option(help="Let the network fill what no frame shows; without, a smooth fill.")
    ] = True,
    structure: Annotated[
        float,
        typer.Option(min=0, max=1, help="How far what no frame shows is made of pieces of the picture."),
    ] = 0.0,
    regrain: Annotated[bool, typer.Option(help="Give imagined pixels the plate's grain.")] = True,
    prompt: Annotated[
        str, typer.Option(help="What stands where no frame shows anything; needs a model (`lumiere models`).")
    ] = "",
    model: ModelOption = None,
    motion: MotionOption = None,
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Frames the model makes in one pass. [default: as it learned, or as fit]"),
    ] = None,
    handles: Handles = 48,
    relink: Relink = None,
    alternate: Alternate = False,
    rate: Rate = None,
    conform: Conform = False,
    keep_work: Annotated[
        bool,
        typer.Option("--keep-work", help="Keep the work beside the result, so that the next try is fast."),
    ] = False,
    revise: Annotated[
        bool,
        typer.Option("--revise", help="Render only frames whose plate or matte changed since --keep-work."),
    ] = False,
    chunk_frames: Annotated[int, typer.Option(min=1, help="Frames imagined at a time.")] = 16,
    network: Network = None,
    save_network: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Keep what the network learned, for other shots of the scene (.safetensors)."),
    ] = None,
    overwrite: Overwrite = False,
    queue: Queue = False,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Remove what a matte shows; the result stands on a new track, or in a new file."""
    from lumiere_engine.protocol import FrameRange, RemoveParams

    from .carrying_out import carry_out
    from .choosing import Choice, choose
    from .preparing import Request, prepare

    console = Console(as_json)
    with console.failures():
        weights: tuple[Weights, ...] = ()
        if prompt:
            weights = choose(
                Choice(model, motion), moving=True, without="`lumiere remove` without --prompt needs none"
            )
        request = Request(
            source=source,
            mattes=tuple(matte),
            output=out,
            clip=clip,
            frames=None if frames is None else FrameRange.parse_inclusive(frames),
            whole_mattes=matte_covers is MatteCovers.MEDIA,
            handles=handles,
            relink=tuple(relink or ()),
            alternate=alternate,
            rate=rate_of(rate),
            conform=conform,
            params=RemoveParams(
                quality.value, grow, feather, imagine, structure, regrain, prompt, weights, window
            ),
            seed=seed,
            overwrite=overwrite,
            keep_work=keep_work,
            revise=revise,
            chunk_frames=chunk_frames,
            network=network,
            save_network=save_network,
        )
        prepared = prepare(request)
        outcome = carry_out(console, prepared, queue=queue, priority=priority)
        if outcome is not None:
            console.answer(outcome.to_wire(), _told(outcome))


app.command()(cinemagraph)
app.command()(stylize)
app.command()(generate_cli.generate)


@app.command()
def track(
    source: Annotated[Path, typer.Argument(help="Movie or image sequence.")],
    matte: Annotated[
        list[Path],
        typer.Option(help="White is the object: a picture, or a matte of all frames. One per --frame."),
    ],
    frame: Annotated[list[int], typer.Option(min=0, help="The frame it is drawn in, counted from 0.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The tracked matte, such as matte.mkv.")],
    to: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="A-B", help="Frames to track, both included. [default: up to the cuts]"),
    ] = None,
    rate: Rate = None,
    conform: Conform = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Follow an object through its shot, from a mask drawn in one frame or in several."""
    from lumiere_engine.protocol import FrameRange

    from .tracking import run

    console = Console(as_json)
    with console.failures():
        wanted = None if to is None else FrameRange.parse_inclusive(to)
        with console.progress() as show, begins_anew():
            tracking = run(
                source, matte, frame, wanted, out, overwrite, show, conform=conform, rate=rate_of(rate)
            )
        console.answer(tracking.to_wire(), tracking.text())


@app.command()
def replay(
    recipe: Annotated[Path, typer.Argument(help="The .lumiere.json beside a result.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The new result, a media file.")],
    network: Network = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make a result again from its recipe: the same job, the same bytes."""
    from .replay import run

    console = Console(as_json)
    with console.failures():
        with console.progress() as show:
            outcome = run(recipe, out, network, overwrite, show)
        console.answer(outcome.to_wire(), _told(outcome))


@app.command()
def clips(
    timeline: Annotated[Path, typer.Argument(help="A timeline (.otio, …).")], as_json: Json = False
) -> None:
    """List the clips of a timeline."""
    from dataclasses import asdict

    from lumiere_otio import list_clips, read_timeline

    console = Console(as_json)
    with console.failures():
        found = list_clips(read_timeline(timeline))
        console.answer(
            {"label": "Clips.1", "clips": [asdict(clip) for clip in found]},
            "\n".join(str(clip) for clip in found) or "no clips",
        )


@app.command()
def panel(
    source: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(help="A timeline, movie or image sequence.", metavar="[TIMELINE]"),
    ] = None,
    clip: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="The clip that is selected at once: its name, or #N as `lumiere clips` counts."),
    ] = None,
    action: Annotated[str, typer.Option(help="The action whose settings are taken.")] = "remove",
) -> None:
    """Open the panel: select a clip, draw a mask, remove, compare."""
    console = Console(False)
    with console.failures():
        try:
            from .panel import run
        except ImportError as error:
            from lumiere_engine.protocol.errors import SpecError

            raise SpecError(
                f"the panel needs Qt, which cannot be loaded: {error}",
                remedy="pip install 'lumiere-plugin[ui]'; on Debian also the packages that README.md names",
            ) from error
        raise typer.Exit(run(source, clip, action))


app.command()(install)
app.command()(uninstall)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine has for Lumiere, what it lacks, and what to do about it."""
    from .doctor import examine, healthy, text, to_wire

    console = Console(as_json)
    with console.failures():
        findings = examine()
        console.answer(to_wire(findings), text(findings))
        if not healthy(findings):
            raise typer.Exit(1)


def _told(outcome: Outcome) -> str:
    result = outcome.result
    return (
        f"{outcome.output}: {counted(result.frame_count, 'frame')} in {sum(result.seconds.values()):.0f} s; "
        f"of what was removed {result.borrowed:.0%} is borrowed from other frames, {result.imagined:.0%} imagined"
    )
