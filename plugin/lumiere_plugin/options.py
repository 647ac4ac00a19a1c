"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Optional

import typer

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
Output = Annotated[
    Optional[Path],  # noqa: UP045 - Typer reads the annotation
    typer.Option(
        "-o",
        "--out",
        help="Result: .mov (ProRes), .mkv (lossless), .mp4, name.%06d.png|tif|exr; of a timeline .otio.",
    ),
]


class Quality(StrEnum):
    """How much time to spend."""

    DRAFT = "draft"
    STANDARD = "standard"
    BEST = "best"


def rate_of(text: str) -> Fraction:
    """A frame rate as people write it.

    Raises:
        SpecError: it is none.
    """
    from lumiere_engine.protocol.errors import SpecError

    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise SpecError(f"'{text}' is no frame rate", remedy="write it as 24 or 24000/1001")
    return rate
