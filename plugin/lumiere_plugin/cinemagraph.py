"""`lumiere cinemagraph`: from what the user names to a request, and what is told of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lumiere_engine.protocol import CinemagraphParams, MotionHints
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.hints import HINTS_LABEL, PRESETS
from lumiere_engine.protocol.wire import parse_json

from .preparing import Outcome


def params(
    *,
    quality: str,
    method: str,
    still: int | None,
    period: int | None,
    repeats: int,
    stabilise: bool,
    freeze: bool,
    grain: str,
    feather: float | None,
    alpha: bool,
    hints: str | None,
) -> CinemagraphParams:
    """The parameters, the hints read from their file.

    Raises:
        SpecError: they make no sense.
    """
    return CinemagraphParams(
        quality=quality,
        method=method,
        still=still,
        period=period,
        repeats=repeats,
        stabilise=stabilise,
        freeze=freeze,
        grain=grain,
        feather=feather,
        alpha=alpha,
        hints=None if hints is None else read_hints(hints),
    )


def read_hints(named: str) -> MotionHints:
    """Hints from a file, or those of a preset that is named instead.

    Raises:
        SpecError: no such file or preset, or the file makes no sense.
    """
    if named in PRESETS:
        return MotionHints(preset=named)
    path = Path(named)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SpecError(
            f"the hints cannot be read: {error.strerror}",
            clip=named,
            remedy=f"name a file, or one of {', '.join(PRESETS)}",
        ) from error
    try:
        data = parse_json(text)
        # written by hand, a file may leave out what is the only thing it can be
        return MotionHints.from_wire({"label": HINTS_LABEL, **data} if isinstance(data, dict) else data)
    except SpecError as error:
        raise SpecError(error.message, clip=named, remedy=error.remedy) from error


def told(outcome: Outcome) -> str:
    """The result, for people."""
    result = outcome.result
    loop: dict[str, Any] = result.recipe["loop"]
    seconds = sum(result.seconds.values())
    natural: int | None = loop["natural_period"]
    repeats = f"; the region repeats by itself every {natural} frames" if natural else ""
    return (
        f"{outcome.output}: {result.frame_count} frames in {seconds:.0f} s; a loop of {loop['period']} frames "
        f"around frame {loop['still']}{repeats}"
    )
