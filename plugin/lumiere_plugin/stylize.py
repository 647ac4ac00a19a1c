"""`lumiere stylize`: a shot in the style of a picture, of frames that an artist painted, or of a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .console import Console, Json, counted
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

if TYPE_CHECKING:
    from lumiere_engine.protocol import GenerateParams, KeyPicture, StyleShare, StylizeParams

    from .choosing import Choice
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
    prompt: Annotated[
        str,
        typer.Option(help="The style in words, instead of a reference; needs a model (`lumiere models`)."),
    ] = "",
    model: ModelOption = None,
    motion: MotionOption = None,
    strength: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            min=0,
            max=1,
            help="α: 0.5 a hint, 1 all of the style; of a prompt, how much of the shot is made anew. "
            "[default: 1; of a prompt 0.6]",
        ),
    ] = None,
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
    alternate: Alternate = False,
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
    """Give a shot the style of a picture, of key frames that were painted, or of a prompt."""
    from lumiere_engine.protocol import FrameRange, StylizeParams
    from lumiere_engine.protocol.errors import SpecError

    from .carrying_out import carry_out
    from .choosing import Choice
    from .generate_cli import told as told_generated
    from .preparing import Request, prepare

    console = Console(as_json)
    with console.failures():
        painted = StylizeParams(
            quality=quality.value,
            reference=None if reference is None else str(reference.absolute()),
            keyframes=tuple(map(key_picture, keyframe or ())),
            styles=style_shares(style or []),
            strength=1.0 if strength is None else strength,
            scale=scale,
            colour=colour,
            edges=edges,
            outside=outside,
            feather=feather,
        )
        if not prompt and not painted.media:
            raise SpecError(
                "no style is named",
                remedy="give --reference PICTURE, --keyframe FRAME=PICTURE, --style FILE or --prompt TEXT",
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
            alternate=alternate,
            rate=rate_of(rate),
            conform=conform,
            params=_prompted(painted, prompt, strength, Choice(model, motion)) if prompt else painted,
            seed=seed,
            overwrite=overwrite,
            keep_work=keep_work,
            network=network,
            save_network=save_style,
        )
        prepared = prepare(request)
        outcome = carry_out(console, prepared, queue=queue, priority=priority)
        if outcome is not None:
            console.answer(outcome.to_wire(), (told_generated if prompt else told)(outcome))


def _prompted(painted: StylizeParams, prompt: str, strength: float | None, choice: Choice) -> GenerateParams:
    """The shot, taken back into noise and from there to the prompt, all frames at once (SDEdit).

    Raises:
        SpecError: what only a painted style knows was chosen as well, or no model is registered.
    """
    from lumiere_engine.protocol import GenerateParams, StylizeParams
    from lumiere_engine.protocol.errors import SpecError

    from .choosing import choose

    known = StylizeParams(painted.quality, strength=painted.strength, feather=painted.feather)
    if painted != known:
        raise SpecError(
            "a prompt takes the place of a reference and of all that says how it is painted",
            remedy="leave out --prompt, or everything but --strength, --matte and --feather",
        )
    return GenerateParams(
        quality=painted.quality,
        prompt=prompt,
        plate_as="clip",
        strength=0.6 if strength is None else strength,
        feather=painted.feather,
        weights=choose(
            choice, moving=True, without="`lumiere stylize` with --reference or --keyframe needs none"
        ),
    )


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
    text = f"{outcome.output}: {counted(result.frame_count, 'frame')} in {seconds:.0f} s"
    if not keys:
        return text
    return (
        f"{text}; key frames {', '.join(map(str, keys))}; "
        f"{result.borrowed:.0%} of the paint is carried along the motion"
    )
