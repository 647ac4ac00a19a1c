"""`lumiere bench`: how good the results are, where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Optional

import typer
from lumiere_engine.protocol import (
    CinemagraphParams,
    FrameRange,
    JobResult,
    Progress,
    RemoveParams,
    StylizeParams,
)
from lumiere_engine.protocol.errors import SpecError, WorkerError

from . import performing, preparing
from .console import Console, Json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def bench() -> None:
    """Measure how good the results are."""


@app.command()
def quality(
    footage: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of shots, see docs/benchmarks.md. [default: the bundled film]"),
    ] = None,
    shots: Annotated[str, typer.Option(metavar="A,B", help="Only these shots. [default: all]")] = "",
    methods: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Of copy, telea, ns, dis, borrow, draft, standard, best and peers. [default: all but best]",
        ),
    ] = "",
    masks: Annotated[
        str, typer.Option(metavar="A,B", help="Of stationary, moving, object, removal.")
    ] = "stationary,moving,object,removal",
    sizes: Annotated[str, typer.Option(metavar="A,B", help="WIDTHxHEIGHT or native.")] = "432x240",
    frames: Annotated[int, typer.Option(min=2, help="Most frames of a shot.")] = 70,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("lumiere-bench"),
    seed: Annotated[int, typer.Option(min=0, help="Of masks and jobs.")] = 0,
    peer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME=COMMAND", help="Another program, with {plate} {matte} {out}. Repeatable."),
    ] = None,
    network: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Weights that Lumiere starts from. [default: the prior that ships with it]"),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget earlier results in the folder.")] = False,
    as_json: Json = False,
) -> None:
    """Fill holes whose truth is known, by Lumiere and by others, and compare: quality.md, quality.json, pictures.

    A run that was interrupted goes on where it stopped.
    """
    console = Console(as_json)
    with console.failures():
        from lumiere_bench.quality import Plan, run
        from lumiere_bench.tables import markdown

        plan = Plan(
            footage=footage,
            shots=_names(shots),
            methods=_names(methods),
            kinds=_names(masks),
            sizes=_names(sizes),
            frames=frames,
            out=out,
            seed=seed,
            peers=tuple(peer or ()),
            fresh=fresh,
        )
        with console.progress() as show:
            report = run(plan, _Remover(network), lambda text: show(Progress("note", 0, 0, text)), show)
        console.answer(report.data, markdown(report))
        failed = report.data["failed"]
        if failed:
            raise WorkerError(f"failed: {', '.join(failed)}; see {report.path.with_suffix('.md')}")


@app.command()
def tracking(
    footage: Annotated[Path, typer.Option(help="Folder of shots with mattes, see docs/benchmarks.md.")],
    shots: Annotated[str, typer.Option(metavar="A,B", help="Only these shots. [default: all]")] = "",
    frames: Annotated[int, typer.Option(min=2, help="Most frames of a shot.")] = 100,
    corrections: Annotated[
        int, typer.Option(min=0, help="How often the worst frame's true mask is given.")
    ] = 3,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("lumiere-bench"),
    as_json: Json = False,
) -> None:
    """Track objects whose true masks are known, from the first of them: tracking.md, tracking.json, pictures."""
    console = Console(as_json)
    with console.failures():
        from lumiere_bench.tracking import Plan, markdown, run

        with console.progress() as show:
            report = run(Plan(footage, _names(shots), frames, corrections, out), show)
        console.answer(report, markdown(report))


@app.command()
def cinemagraph(
    footage: Annotated[Path, typer.Option(help="Folder of shots, see docs/benchmarks.md.")],
    shots: Annotated[str, typer.Option(metavar="A,B", help="Only these shots. [default: all]")] = "",
    methods: Annotated[
        str,
        typer.Option(metavar="A,B", help="Of bounce, crossfade, repeat, liao, network, auto. [default: all]"),
    ] = "",
    quality: Annotated[str, typer.Option(help="draft, standard or best.")] = "standard",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("lumiere-bench"),
    as_json: Json = False,
) -> None:
    """Make loops of known shots by every method and judge their seams: loops.md, loops.json, pictures."""
    console = Console(as_json)
    with console.failures():
        from lumiere_bench.loops import Plan, markdown, run

        with console.progress() as show:
            report = run(Plan(footage, _names(shots), _names(methods), quality, out), _looped, show)
        console.answer(report, markdown(report))


@app.command()
def style(
    footage: Annotated[Path, typer.Option(help="Folder with style/ and shots, see docs/benchmarks.md.")],
    shots: Annotated[str, typer.Option(metavar="A,B", help="Only these shots. [default: all]")] = "",
    references: Annotated[
        str, typer.Option(metavar="A,B", help="Only these style pictures. [default: all]")
    ] = "",
    size: Annotated[str, typer.Option(help="Width x height, or native.")] = "432x240",
    frames: Annotated[int, typer.Option(min=3, help="Most frames per shot.")] = 70,
    methods: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Of identity, transfer, alone, strengths, painted; peers always. [default: all]",
        ),
    ] = "",
    alone: Annotated[int, typer.Option(min=2, help="Frames that are painted one by one.")] = 6,
    keys: Annotated[str, typer.Option(metavar="N,M", help="Frames that are painted by hand.")] = "0",
    peer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME=COMMAND", help="Another program, with {plate} {keys} {out}. Repeatable."),
    ] = None,
    quality: Annotated[str, typer.Option(help="draft, standard or best.")] = "standard",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("lumiere-bench"),
    as_json: Json = False,
) -> None:
    """Give known shots known styles and judge style, content, coherence: styles.md, styles.json, pictures."""
    console = Console(as_json)
    with console.failures():
        from lumiere_bench.clips import Size
        from lumiere_bench.styles import Plan, markdown, run

        plan = Plan(
            footage=footage,
            shots=_names(shots),
            references=_names(references),
            size=Size.parse(size),
            frames=frames,
            quality=quality,
            out=out,
            methods=_names(methods),
            peers=tuple(peer or ()),
            keys=_numbers(keys),
            alone=alone,
        )
        with console.progress() as show:
            report = run(plan, _styled, show)
        console.answer(report, markdown(report))


def _styled(
    plate: Path,
    output: Path,
    params: StylizeParams,
    frames: FrameRange | None,
    on_progress: preparing.OnProgress,
) -> JobResult:
    """A stylised shot as `lumiere stylize` makes it (`lumiere_bench.styles.Stylist`)."""
    request = preparing.Request(plate, (), output, params=params, frames=frames, keep_work=True)
    return performing.here(preparing.prepare(request), on_progress).result


def _looped(
    plate: Path, matte: Path, output: Path, params: CinemagraphParams, on_progress: preparing.OnProgress
) -> JobResult:
    """A loop as `lumiere cinemagraph` makes it (`lumiere_bench.loops.Looper`)."""
    request = preparing.Request(plate, (matte,), output, params=params)
    return performing.here(preparing.prepare(request), on_progress).result


@dataclass(frozen=True)
class _Remover:
    """Removes as `lumiere remove` does (`lumiere_bench.lumiere.Remover`)."""

    network: Path | None

    @cached_property
    def weights(self) -> str:
        """The fingerprint of the weights."""
        return preparing.fingerprint(preparing.weights(preparing.Request(Path(), (), network=self.network)))

    def __call__(
        self,
        plate: Path,
        matte: Path,
        output: Path,
        params: RemoveParams,
        seed: int,
        on_progress: preparing.OnProgress,
    ) -> JobResult:
        """The job, with its origin matte and its recipe beside the output."""
        request = preparing.Request(plate, (matte,), output, params=params, seed=seed, network=self.network)
        return performing.here(preparing.prepare(request), on_progress).result


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    """Frame numbers; a `SpecError` says how they are written."""
    names = _names(text)
    if not names or not all(name.isdecimal() for name in names) or len(set(names)) < len(names):
        raise SpecError(f"'{text}' is no list of frames", remedy="write it as 0,30")
    return tuple(int(name) for name in names)
