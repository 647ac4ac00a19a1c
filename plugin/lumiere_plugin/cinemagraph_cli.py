"""`lumiere cinemagraph`: its options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer

from .console import Console, Json
from .options import (
    Clip,
    Conform,
    Frames,
    Handles,
    MatteCovers,
    MatteCoversOption,
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


class LoopMethod(StrEnum):
    """How a loop is closed."""

    AUTO = "auto"
    NETWORK = "network"
    LIAO = "liao"
    CROSSFADE = "crossfade"
    BOUNCE = "bounce"
    REPEAT = "repeat"


class LoopGrain(StrEnum):
    """Whether the region's grain moves."""

    ALIVE = "alive"
    FROZEN = "frozen"


def cinemagraph(
    source: Source,
    matte: Annotated[
        list[Path],
        typer.Option(help="White is what lives: picture, movie, sequence, folder or .roto.json. Repeatable."),
    ],
    still: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0,
            help="The frame that all else shows, from 0 in the media or the clip. [default: the sharpest]",
        ),
    ] = None,
    start: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0, help="The frame at which the loop begins, as --still. [default: the best one is searched]"
        ),
    ] = None,
    out: Output = None,
    clip: Clip = None,
    period: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=2, max=1000, help="Frames of the loop. [default: the best one is searched]"),
    ] = None,
    hints: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="HINTS.json|PRESET",
            help="Motion for a photograph: arrows in a file, or water, smoke, clouds, flag, flame.",
        ),
    ] = None,
    method: Annotated[LoopMethod, typer.Option(help="How the loop is closed.")] = LoopMethod.AUTO,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="Of media: how often the loop runs.")] = 1,
    stabilise: Annotated[bool, typer.Option(help="Take the camera's shake out of the region.")] = True,
    freeze: Annotated[bool, typer.Option(help="Freeze what stands still inside the region as well.")] = True,
    grain: Annotated[LoopGrain, typer.Option(help="Whether the region's grain moves.")] = LoopGrain.ALIVE,
    feather: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Pixels inside the region over which it fades into the still. [default: a 60th]"),
    ] = None,
    alpha: Annotated[bool, typer.Option("--alpha", help="Transparent outside the region.")] = False,
    sizes: Annotated[
        bool, typer.Option("--sizes", help="Estimate how large the loop is as MP4, GIF, WebP and APNG.")
    ] = False,
    quality: QualityOption = Quality.STANDARD,
    seed: Seed = 0,
    frames: Frames = None,
    matte_covers: MatteCoversOption = MatteCovers.USED,
    handles: Handles = 48,
    relink: Relink = None,
    rate: Rate = None,
    conform: Conform = False,
    overwrite: Overwrite = False,
    queue: Queue = False,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Bring a region of a still to life in a loop, from a shot or from a photograph."""
    from lumiere_engine.protocol import FrameRange

    from .carrying_out import carry_out
    from .cinemagraph import params, refuse_sizes, told
    from .cinemagraph import sizes as loop_sizes
    from .preparing import Request, prepare

    console = Console(as_json)
    with console.failures():
        if sizes:
            refuse_sizes(out)
        request = Request(
            source=source,
            mattes=tuple(matte),
            output=out,
            clip=clip,
            frames=None if frames is None else FrameRange.parse_inclusive(frames),
            whole_mattes=matte_covers is MatteCovers.MEDIA,
            handles=handles,
            relink=tuple(relink or ()),
            rate=rate_of(rate),
            conform=conform,
            params=params(
                quality=quality.value,
                method=method.value,
                still=still,
                start=start,
                period=period,
                repeats=repeats,
                stabilise=stabilise,
                freeze=freeze,
                grain=grain.value,
                feather=feather,
                alpha=alpha,
                hints=hints,
            ),
            seed=seed,
            overwrite=overwrite,
        )
        prepared = prepare(request)
        outcome = carry_out(console, prepared, queue=queue, priority=priority)
        if outcome is not None:
            estimated = loop_sizes(outcome) if sizes else {}
            wire = {**outcome.to_wire(), "loop": outcome.result.recipe["loop"], "size_bytes": estimated}
            console.answer(wire, told(outcome, estimated))
