"""Options that several commands have in common."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Optional

import typer

Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace results that exist; of a sequence, all its files.")
]
Output = Annotated[
    Optional[Path],  # noqa: UP045 - Typer reads the annotation
    typer.Option(
        "-o",
        "--out",
        help="Result: .mov (ProRes), .mkv (lossless), .mp4, .gif, .webp, .apng, name.%06d.png|tif|exr; "
        "of a timeline .otio.",
    ),
]
Network = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Weights that the network starts from. [default: the prior that ships with Lumiere]"),
]
Clip = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Of a timeline: the clip's name, or #N as `lumiere clips` counts."),
]
Frames = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(metavar="A-B", help="Frames of a media file, counted from 0, both included."),
]
Handles = Annotated[int, typer.Option(min=0, help="Of a timeline: frames kept around the visible ones.")]
Relink = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(help="Folder to search for missing media. Repeatable."),
]
Alternate = Annotated[
    bool,
    typer.Option(
        "--alternate", help="Of an .otio: the clip gets the result as a second media reference as well."
    ),
]
Rate = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Frames per second of an image sequence, such as 24 or 24000/1001."),
]
Conform = Annotated[bool, typer.Option("--conform", help="Give a movie of variable rate a constant one.")]
Queue = Annotated[
    bool, typer.Option("--queue", help="Queue it and return; `lumiere queue` tells how it goes.")
]
Priority = Annotated[int, typer.Option(min=-100, max=100, help="With --queue: higher goes first.")]
Source = Annotated[Path, typer.Argument(help="Movie, image sequence, or timeline (.otio, …).")]
Seed = Annotated[int, typer.Option(min=0, help="Of all randomness; same seed, same bytes.")]
ModelOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--model", help="A registered text-to-image model. [default: the only one]"),
]
MotionOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--motion", help="Registered temporal layers or motion adapter; none. [default: the only one]"
    ),
]


class Quality(StrEnum):
    """How much time to spend."""

    DRAFT = "draft"
    STANDARD = "standard"
    BEST = "best"


class MatteCovers(StrEnum):
    """Which frames a matte has."""

    USED = "used"
    MEDIA = "media"


QualityOption = Annotated[Quality, typer.Option("--quality", help="How much time to spend.")]
MatteCoversOption = Annotated[
    MatteCovers,
    typer.Option(
        "--matte-covers", help="Whether the matte has a frame for each used frame, or for all of the media."
    ),
]


def rate_of(text: str | None) -> Fraction | None:
    """The rate that `--rate` names.

    Raises:
        SpecError: it is none.
    """
    from lumiere_engine.protocol.errors import SpecError

    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise SpecError(f"'{text}' is no frame rate", remedy="write it as 24 or 24000/1001")
    return rate
