"""`lumiere generate`: its options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer

from . import queue_cli
from .console import Console, Json
from .options import Output, Overwrite, Quality, rate_of


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
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="A registered text-to-image model. [default: the only one]"),
    ] = None,
    motion: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Registered temporal layers or motion adapter; none. [default: the only one]"),
    ] = None,
    lora: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME[=SCALE]", help="A registered LoRA. Repeatable."),
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
        typer.Option(min=1, help="Frames in one pass. [default: what the layers were trained with]"),
    ] = None,
    overlap: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Frames that windows share. [default: a quarter]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all randomness; same seed, same bytes.")] = 0,
    overwrite: Overwrite = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Queue it and return; `lumiere queue` tells how it goes.")
    ] = False,
    priority: Annotated[int, typer.Option(min=-100, max=100, help="With --queue: higher goes first.")] = 0,
    as_json: Json = False,
) -> None:
    """Generate a clip from words, from a picture, or from a clip, with a model of your own (`lumiere models`)."""
    from lumiere_engine.protocol import FrameRange, GenerateParams
    from lumiere_engine.protocol.wire import encode

    from .generating import GenerateRequest, prepare
    from .performing import enqueue, through_engine

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
                model=model,
                motion=motion,
                loras=tuple(lora or ()),
                seed=seed,
                overwrite=overwrite,
            )
        )
        if queue:
            job = enqueue(prepared, priority)
            console.answer(encode(job), queue_cli.told(job))
            return
        with console.progress() as show:
            outcome = through_engine(prepared, show)
        seconds = sum(outcome.result.seconds.values())
        console.answer(
            outcome.to_wire(), f"{outcome.output}: {outcome.result.frame_count} frames in {seconds:.0f} s"
        )
