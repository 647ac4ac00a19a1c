"""`lumiere queue`: what waits, what runs, what is done."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Optional

import typer
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import FrameRange, Job, JobState, RemoveParams, WorkOrder
from lumiere_engine.protocol.engine import Estimate
from lumiere_engine.protocol.errors import SpecError, from_wire
from lumiere_engine.protocol.messages import STAGE_WORDS
from lumiere_engine.protocol.wire import encode

from .console import Console, Json, duration

_HOW_FAR = 34  # characters of a line that say how far a job is
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Number = Annotated[int, typer.Argument(help="The job's number.", metavar="JOB")]
Maybe = Annotated[
    Optional[int],  # noqa: UP045
    typer.Argument(help="The job's number; without it, the whole queue.", metavar="[JOB]"),
]


@app.callback()
def queue() -> None:
    """What waits, what runs, what is done."""


@app.command("list")
def list_jobs(
    state: Annotated[
        Optional[list[JobState]],  # noqa: UP045
        typer.Option(help="Only jobs of this state. Repeatable."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 30,
    before: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Only finished jobs with a smaller number, for the next page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List jobs: what runs and waits in the order of the line, then what is over, newest first."""
    console = Console(as_json)
    with console.failures():
        jobs = EngineClient().jobs(state or (), before=before, limit=limit)
        lines = [_line(job) for job in jobs.jobs]
        if jobs.more:
            lines.append(f"… and more: --before {jobs.jobs[-1].id}")
        console.answer(encode(jobs), "\n".join(lines) or "the queue is empty")


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show all that is known about a job."""
    console = Console(as_json)
    with console.failures():
        job = EngineClient().job(number)
        console.answer(encode(job), _page(job))


@app.command()
def cancel(number: Number, as_json: Json = False) -> None:
    """Cancel a job; its finished chunks are kept for another try."""
    _do(as_json, lambda client: client.cancel(number))


@app.command()
def pause(number: Maybe = None, as_json: Json = False) -> None:
    """Pause a job, also one that runs; or start no further job at all."""
    if number is None:
        console = Console(as_json)
        with console.failures():
            console.answer(encode(EngineClient().pause_queue()), "the queue is paused")
    else:
        _do(as_json, lambda client: client.pause(number))


@app.command()
def resume(number: Maybe = None, as_json: Json = False) -> None:
    """Let a paused job or a draft go on; or the whole queue."""
    if number is None:
        console = Console(as_json)
        with console.failures():
            console.answer(encode(EngineClient().resume_queue()), "the queue goes on")
    else:
        _do(as_json, lambda client: client.resume(number))


@app.command()
def retry(number: Number, as_json: Json = False) -> None:
    """Try again what failed, was cancelled or is lost, as a new job that goes on from the finished chunks."""
    _do(as_json, lambda client: client.retry(number))


@app.command()
def duplicate(
    number: Number,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "-o", "--out", help="The duplicate's result. [default: the first free NAME_2, NAME_3, …]"
        ),
    ] = None,
    matte: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(help="Another matte than the job's. Repeatable; several are united."),
    ] = None,
    revise: Annotated[
        bool,
        typer.Option(
            help="Where the job kept its work: render only frames whose plate or matte changed since, so that the "
            "others stay as they are."
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Make a draft of the same job into another file; `lumiere queue resume` lets it go."""

    def ask(client: EngineClient) -> Job:
        for path in matte or ():
            client.allow(path.absolute() if path.is_dir() else path.absolute().parent)
        return client.duplicate(number, out, mattes=matte or (), revise=revise)

    _do(as_json, ask)


@app.command()
def move(
    number: Number,
    before: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="The waiting job that it goes before, whose priority it takes."),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="To the end of the line.")] = False,
    priority: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=-100, max=100, help="Give it this priority instead; higher goes first."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give a waiting job another place in the line."""
    if [before is not None, last, priority is not None].count(True) != 1:
        with Console(as_json).failures():
            raise SpecError("give one of --before JOB, --last, --priority N")
    if priority is not None:
        _do(as_json, lambda client: client.prioritise(number, priority))
    else:
        _do(as_json, lambda client: client.move(number, before))


@app.command()
def plan(
    source: Annotated[str, typer.Argument(help="A job's number; or a movie, sequence or timeline.")],
    matte: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(help="Of media or a timeline: as for `lumiere remove`."),
    ] = None,
    clip: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Of a timeline: the clip."),
    ] = None,
    quality: Annotated[str, typer.Option(help="draft, standard or best.")] = "standard",
    frames: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="A-B", help="Of media: the frames."),
    ] = None,
    imagine: Annotated[bool, typer.Option(help="As for `lumiere remove`.")] = True,
    as_json: Json = False,
) -> None:
    """Say how long a removal will take and how much memory and disk it needs, before it starts."""
    console = Console(as_json)
    with console.failures():
        client = EngineClient()
        if source.isdigit() and not Path(source).exists():
            order = client.job(int(source)).order
        else:
            order = _planned(
                client, Path(source), matte, clip, RemoveParams(quality, imagine=imagine), frames
            )
        estimate = client.plan(order)
        console.answer(encode(estimate), _forecast(estimate))


def told(job: Job) -> str:
    """One job in a line, for the one who has just asked something of it."""
    where = f", number {job.position} in the line" if job.position else ""
    wish = f" (to {job.wish})" if job.wish else ""
    return f"job {job.id}: {job.title}: {job.state.value}{wish}{where}"


def _do(as_json: bool, ask: Callable[[EngineClient], Job]) -> None:
    console = Console(as_json)
    with console.failures():
        job = ask(EngineClient())
        console.answer(encode(job), told(job))


def _planned(
    client: EngineClient,
    source: Path,
    mattes: list[Path] | None,
    clip: str | None,
    params: RemoveParams,
    frames: str | None,
) -> WorkOrder:
    from .performing import allow
    from .preparing import Request, prepare

    if not mattes:
        raise SpecError("a plan needs the matte", remedy="name it with --matte")
    request = Request(
        source=source,
        mattes=tuple(mattes),
        clip=clip,
        frames=None if frames is None else FrameRange.parse_inclusive(frames),
        params=params,
        overwrite=True,  # nothing is written
    )
    prepared = prepare(request)
    allow(client, prepared)
    return prepared.order


def _forecast(estimate: Estimate) -> str:
    basis = (
        f"learned from {estimate.samples} jobs of this machine"
        if estimate.basis == "history"
        else "a first guess: this machine has no history yet"
    )
    waits = f"after {duration(estimate.waiting_s)} of waiting, " if estimate.waiting_s else ""
    return (
        f"{estimate.frames} frames of {estimate.width}x{estimate.height}: {waits}"
        f"{duration(estimate.seconds)} ({duration(estimate.seconds_low)} to {duration(estimate.seconds_high)}), "
        f"{estimate.memory_bytes / 1e9:.1f} GB of memory "
        f"({estimate.memory_low_bytes / 1e9:.1f} to {estimate.memory_high_bytes / 1e9:.1f}), "
        f"{estimate.disk_bytes / 1e9:.1f} GB of disk while it works; {basis}"
    )


def _line(job: Job) -> str:
    return f"{job.id:>6}  {job.state.value:<9}  {_how_far(job):<{_HOW_FAR}}  {job.title}"


def _how_far(job: Job) -> str:
    if job.state is JobState.RUNNING and job.progress is not None:
        step = job.progress
        left = "" if step.left_s is None else f", {duration(step.left_s)} left"
        return f"{STAGE_WORDS.get(step.stage, step.stage)} {step.done}/{step.total}{left}"
    if job.state is JobState.QUEUED and job.position is not None:
        return f"number {job.position} in the line" + (f", priority {job.priority}" if job.priority else "")
    if job.state is JobState.FAILED and job.error is not None:
        return shorten(from_wire(job.error).message, _HOW_FAR, placeholder=" …")
    if job.finished_s is not None:
        return datetime.datetime.fromtimestamp(job.finished_s).strftime("%Y-%m-%d %H:%M")
    return ""


def _page(job: Job) -> str:
    spec, lines = job.order.spec, [told(job)]
    lines.append(f"  from    {spec.plate}")
    lines += [f"  matte   {matte}" for matte in spec.mattes]
    lines.append(f"  to      {job.order.output}")
    lines.append(
        f"  asked   {spec.effect}, {spec.params.quality}, seed {spec.seed}, priority {job.priority}"
        + (f", retry of job {job.retry_of}" if job.retry_of else "")
    )
    lines.append(
        f"  tried   {'once' if job.attempt == 1 else f'{job.attempt} times'}, now {job.chunk_frames} frames at a time"
    )
    if _how_far(job) and job.error is None:
        lines.append(f"  state   {_how_far(job)}")
    if job.error is not None:
        lines.append(f"  error   {from_wire(job.error)}")
    if job.state is JobState.LOST:
        lines.append(f"  lost    its files are gone or changed; lumiere queue retry {job.id}")
    return "\n".join(lines)
