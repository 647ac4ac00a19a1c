"""The command `lumiere`. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer

from . import bench, engine_cli, generate_cli, models_cli, queue_cli, train
from .console import Console, Json
from .options import Output, Overwrite, Quality, rate_of

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
app.command()(generate_cli.generate)

Network = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Weights that the network starts from. [default: the prior that ships with Lumiere]"),
]


class MatteCovers(StrEnum):
    """Which frames a matte has."""

    USED = "used"
    MEDIA = "media"


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
    source: Annotated[Path, typer.Argument(help="Movie, image sequence, or timeline (.otio, …).")],
    matte: Annotated[
        list[Path],
        typer.Option(
            help="White is what is removed: movie, picture, sequence, folder or .roto.json. Repeatable."
        ),
    ],
    out: Output = None,
    clip: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Of a timeline: the clip's name, or #N as `lumiere clips` counts."),
    ] = None,
    quality: Annotated[Quality, typer.Option(help="How much time to spend.")] = Quality.STANDARD,
    seed: Annotated[int, typer.Option(min=0, help="Of all randomness; same seed, same bytes.")] = 0,
    frames: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="A-B", help="Frames of a media file, counted from 0, both included."),
    ] = None,
    matte_covers: Annotated[
        MatteCovers,
        typer.Option(help="Whether the matte has a frame for each used frame, or for all of the media."),
    ] = MatteCovers.USED,
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
    regrain: Annotated[bool, typer.Option(help="Give imagined pixels the plate's grain.")] = True,
    handles: Annotated[
        int, typer.Option(min=0, help="Of a timeline: frames kept around the visible ones.")
    ] = 48,
    relink: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(help="Folder to search for missing media. Repeatable."),
    ] = None,
    rate: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Frames per second of an image sequence, such as 24 or 24000/1001."),
    ] = None,
    conform: Annotated[
        bool, typer.Option("--conform", help="Give a movie of variable rate a constant one.")
    ] = False,
    keep_work: Annotated[
        bool, typer.Option("--keep-work", help="Keep what was borrowed, so that the next try is fast.")
    ] = False,
    chunk_frames: Annotated[int, typer.Option(min=1, help="Frames imagined at a time.")] = 16,
    network: Network = None,
    save_network: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Keep what the network learned, for other shots of the scene (.safetensors)."),
    ] = None,
    overwrite: Overwrite = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Queue it and return; `lumiere queue` tells how it goes.")
    ] = False,
    priority: Annotated[int, typer.Option(min=-100, max=100, help="With --queue: higher goes first.")] = 0,
    as_json: Json = False,
) -> None:
    """Remove what a matte shows; the result stands on a new track, or in a new file."""
    from lumiere_engine.protocol import FrameRange, RemoveParams
    from lumiere_engine.protocol.wire import encode

    from .performing import enqueue, through_engine
    from .preparing import Request, prepare

    console = Console(as_json)
    with console.failures():
        request = Request(
            source=source,
            mattes=tuple(matte),
            output=out,
            clip=clip,
            frames=None if frames is None else FrameRange.parse_inclusive(frames),
            whole_mattes=matte_covers is MatteCovers.MEDIA,
            handles=handles,
            relink=tuple(relink or ()),
            rate=None if rate is None else rate_of(rate),
            conform=conform,
            params=RemoveParams(quality.value, grow, feather, imagine, regrain),
            seed=seed,
            overwrite=overwrite,
            keep_work=keep_work,
            chunk_frames=chunk_frames,
            network=network,
            save_network=save_network,
        )
        prepared = prepare(request)
        if queue:
            job = enqueue(prepared, priority)
            console.answer(encode(job), queue_cli.told(job))
            return
        with console.progress() as show:
            outcome = through_engine(prepared, show)
        console.answer(outcome.to_wire(), _told(outcome.output, outcome.result))


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
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Follow an object through its shot, from a mask drawn in one frame or in several."""
    from lumiere_engine.protocol import FrameRange

    from .tracking import run

    console = Console(as_json)
    with console.failures():
        wanted = None if to is None else FrameRange.parse_inclusive(to)
        with console.progress() as show:
            tracking = run(source, matte, frame, wanted, out, overwrite, show)
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
        console.answer(outcome.to_wire(), _told(outcome.output, outcome.result))


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
        raise typer.Exit(run(source))


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


def _told(output: Path, result: object) -> str:
    from lumiere_engine.protocol import JobResult

    assert isinstance(result, JobResult)
    seconds = sum(result.seconds.values())
    return (
        f"{output}: {result.frame_count} frames in {seconds:.0f} s; of what was removed "
        f"{result.borrowed:.0%} is borrowed from other frames, {result.imagined:.0%} imagined"
    )
