"""`lumiere stylize`: a shot in the style of a picture, or of frames that an artist painted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .console import Console, Json
from .options import (
    Clip,
    Conform,
    Frames,
    Handles,
    MatteCovers,
    MatteCoversOption,
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

if TYPE_CHECKING:
    from lumiere_engine.protocol import KeyPicture, StyleShare

    from .preparing import Outcome


Reference = Annotated[
    Optional[Path],  # noqa: UP045 - Typer reads the annotation
    typer.Option(help="Picture whose style the shot gets."),
]
Keyframes = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--keyframe",
        metavar="FRAME=PICTURE",
        help="A frame that was painted over, counted from 0 in the media or the clip. Repeatable.",
    ),
]


def stylize(
    source: Source,
    reference: Reference = None,
    keyframe: Keyframes = None,
    style: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="FILE[=WEIGHT]",
            help="A style file, or a registered style's name; instead of a reference. Repeatable: mixes.",
        ),
    ] = None,
    strength: Annotated[float, typer.Option(min=0, max=1, help="α: 0.5 a hint, 1 all of the style.")] = 1.0,
    out: Output = None,
    matte: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(
            help="White gets the style: movie, picture, sequence, folder or .roto.json. Repeatable."
        ),
    ] = None,
    outside: Annotated[
        bool, typer.Option("--outside", help="Everything but the matte gets the style.")
    ] = False,
    scale: Annotated[float, typer.Option(min=0.25, max=4, help="Size of the strokes.")] = 1.0,
    colour: Annotated[float, typer.Option(min=0, max=1, help="Share of the reference's colours.")] = 1.0,
    edges: Annotated[float, typer.Option(min=0, max=4, help="How strongly the shot's edges are kept.")] = 1.0,
    feather: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Pixels inside the matte over which the style fades out. [default: a 60th]"),
    ] = None,
    clip: Clip = None,
    quality: QualityOption = Quality.STANDARD,
    seed: Seed = 0,
    frames: Frames = None,
    matte_covers: MatteCoversOption = MatteCovers.USED,
    handles: Handles = 48,
    relink: Relink = None,
    rate: Rate = None,
    conform: Conform = False,
    keep_work: Annotated[
        bool,
        typer.Option(
            "--keep-work", help="Keep what was learned beside the result: another strength is fast."
        ),
    ] = False,
    save_style: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Keep what was learned, for other shots (.safetensors)."),
    ] = None,
    network: Network = None,
    overwrite: Overwrite = False,
    queue: Queue = False,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Give a shot the style of a picture, or of key frames that were painted."""
    from lumiere_engine.protocol import FrameRange, StylizeParams
    from lumiere_engine.protocol.errors import SpecError

    from .carrying_out import carry_out
    from .preparing import Request, prepare

    console = Console(as_json)
    with console.failures():
        if reference is None and not keyframe and not style:
            raise SpecError(
                "no style is named",
                remedy="give --reference PICTURE, --keyframe FRAME=PICTURE or --style FILE",
            )
        request = Request(
            source=source,
            mattes=tuple(matte or ()),
            output=out,
            clip=clip,
            frames=None if frames is None else FrameRange.parse_inclusive(frames),
            whole_mattes=matte_covers is MatteCovers.MEDIA,
            handles=handles,
            relink=tuple(relink or ()),
            rate=rate_of(rate),
            conform=conform,
            params=StylizeParams(
                quality=quality.value,
                reference=None if reference is None else str(reference.absolute()),
                keyframes=tuple(map(key_picture, keyframe or ())),
                styles=style_shares(style or []),
                strength=strength,
                scale=scale,
                colour=colour,
                edges=edges,
                outside=outside,
                feather=feather,
            ),
            seed=seed,
            overwrite=overwrite,
            keep_work=keep_work,
            network=network,
            save_network=save_style,
        )
        prepared = prepare(request)
        outcome = carry_out(console, prepared, queue=queue, priority=priority)
        if outcome is not None:
            console.answer(outcome.to_wire(), told(outcome))


def key_picture(text: str) -> KeyPicture:
    """What `--keyframe FRAME=PICTURE` names.

    Raises:
        SpecError: it is not written so.
    """
    from lumiere_engine.protocol import KeyPicture
    from lumiere_engine.protocol.errors import SpecError

    number, _, picture = text.partition("=")
    if not number.isdecimal() or not picture:
        raise SpecError(f"'{text}' is no key frame", remedy="write it as 12=painted.png; frames count from 0")
    return KeyPicture(int(number), str(Path(picture).absolute()))


def style_shares(texts: list[str]) -> tuple[StyleShare, ...]:
    """What `--style FILE[=WEIGHT]` names; without weights all count alike.

    Raises:
        SpecError: a weight that is no number or out of range, or some with and some without.
    """
    from lumiere_engine.client.models import models
    from lumiere_engine.protocol import StyleShare
    from lumiere_engine.protocol.errors import SpecError

    # a file's name may hold = as well
    named = [(text, "") if "=" not in text or Path(text).exists() else _split(text) for text in texts]
    if len({bool(weight) for _, weight in named}) > 1:
        raise SpecError("some styles have a weight and some have none", remedy="give a weight to each")
    try:
        weights = [float(weight) if weight else 1 / len(texts) for _, weight in named]
    except ValueError:
        raise SpecError(
            f"'{texts[0]}' is no style and its weight", remedy="write it as a.safetensors=0.5"
        ) from None
    registered = {model.name: model.path for model in models() if model.kind == "style"}
    return tuple(
        StyleShare(registered.get(file) or str(Path(file).absolute()), weight)
        for (file, _), weight in zip(named, weights, strict=True)
    )


def _split(text: str) -> tuple[str, str]:
    file, _, weight = text.rpartition("=")
    return file, weight


def told(outcome: Outcome) -> str:
    """The result, for people."""
    result = outcome.result
    keys, seconds = result.recipe["style"]["keys"], sum(result.seconds.values())
    text = f"{outcome.output}: {result.frame_count} frames in {seconds:.0f} s"
    if not keys:
        return text
    return (
        f"{text}; key frames {', '.join(map(str, keys))}; "
        f"{result.borrowed:.0%} of the paint is carried along the motion"
    )
