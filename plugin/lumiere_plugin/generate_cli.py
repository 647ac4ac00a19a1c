"""`lumiere generate`: its options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .console import Console, Json, counted
from .options import (
    ModelOption,
    MotionOption,
    Output,
    Overwrite,
    Priority,
    Quality,
    Queue,
    Seed,
    rate_of,
)

if TYPE_CHECKING:
    from .preparing import Outcome


class Sampler(StrEnum):
    """How a clip is found in the noise."""

    DPM = "dpm++"
    EULER = "euler"
    DDIM = "ddim"


def generate(
    prompt: Annotated[str, typer.Option(help="What is to be seen.")] = "",
    image: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A picture that becomes the first frame."),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="How many.")] = 80,
    model: ModelOption = None,
    motion: MotionOption = None,
    lora: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME[=SCALE]", help="A registered LoRA. Repeatable."),
    ] = None,
    upscale: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="A registered super-resolution model that makes the clip larger in the end."),
    ] = None,
    plate: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A clip that is changed, instead of one made from nothing."),
    ] = None,
    matte: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(help="Where the plate is changed: white is generated. Repeatable."),
    ] = None,
    only: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="A-B", help="Frames of the plate, counted from 0, both included."),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0.01, max=1, help="How far the plate is taken back into noise.")
    ] = 1.0,
    negative: Annotated[str, typer.Option(help="What is not to be seen.")] = "",
    out: Output = None,
    quality: Annotated[Quality, typer.Option(help="12, 25 or 50 steps.")] = Quality.STANDARD,
    steps: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=1000, help="Instead of the quality's."),
    ] = None,
    guidance: Annotated[float, typer.Option(min=0, max=50, help="How strongly the prompt leads.")] = 7.5,
    sampler: Annotated[Sampler, typer.Option(help="How the clip is found in the noise.")] = Sampler.DPM,
    terminal_snr: Annotated[
        bool, typer.Option("--terminal-snr", help="Start from pure noise; the model must predict velocity.")
    ] = False,
    width: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=8, help="Pixels. [default: what the model was trained at]"),
    ] = None,
    height: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=8, help="Pixels. [default: what the model was trained at]"),
    ] = None,
    rate: Annotated[str, typer.Option(help="Frames per second.")] = "16",
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1, help="Frames in one pass. [default: as the layers learned, or as fit into memory]"
        ),
    ] = None,
    overlap: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Frames that windows share. [default: a quarter]"),
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    queue: Queue = False,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Generate a clip from words, from a picture, or from a clip, with a model of your own (`lumiere models`)."""
    from lumiere_engine.protocol import FrameRange, GenerateParams

    from .carrying_out import carry_out
    from .choosing import Choice
    from .generating import GenerateRequest, prepare

    console = Console(as_json)
    with console.failures():
        params = GenerateParams(
            quality=quality.value,
            prompt=prompt,
            negative=negative,
            frames=frames,
            rate=rate_of(rate) or GenerateParams.rate,
            width=width,
            height=height,
            strength=strength,
            guidance=guidance,
            sampler=sampler.value,
            steps=steps,
            terminal_snr=terminal_snr,
            window=window,
            overlap=overlap,
        )
        prepared = prepare(
            GenerateRequest(
                params=params,
                image=image,
                clip=plate,
                mattes=tuple(matte or ()),
                frames=None if only is None else FrameRange.parse_inclusive(only),
                output=out,
                choice=Choice(model, motion, tuple(lora or ()), upscale),
                seed=seed,
                overwrite=overwrite,
            )
        )
        outcome = carry_out(console, prepared, queue=queue, priority=priority)
        if outcome is not None:
            console.answer(outcome.to_wire(), told(outcome))


def told(outcome: Outcome) -> str:
    """The result, for people."""
    result = outcome.result
    return f"{outcome.output}: {counted(result.frame_count, 'frame')} in {sum(result.seconds.values()):.0f} s"
