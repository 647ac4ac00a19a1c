"""`lumiere cinemagraph`: from what the user names to a request, and what is told of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lumiere_engine.client import ask
from lumiere_engine.protocol import CinemagraphParams, MotionHints
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.hints import HINTS_LABEL, PRESETS
from lumiere_engine.protocol.wire import parse_json

from .console import counted
from .preparing import Outcome


def params(
    *,
    quality: str,
    method: str,
    still: int | None,
    start: int | None,
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
        start=start,
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


def sizes(outcome: Outcome) -> dict[str, int | None]:
    """Suffix → bytes that one turn of the loop would have in such a file; None where it cannot hold it.

    Raises:
        LumiereError: the result cannot be read.
    """
    frames = outcome.result.recipe["loop"]["period"]
    answer = ask("loop_sizes", path=str(outcome.media), frames=min(frames, outcome.result.frame_count))
    return dict(answer["bytes"])


def refuse_sizes(output: Path | None) -> None:
    """Refuse to estimate sizes from a result that is itself coarser than what they would be of.

    Raises:
        SpecError: a GIF or WebP.
    """
    if output is not None and output.suffix.lower() in (".gif", ".webp"):
        raise SpecError(
            "sizes are estimated from the result, and this one has lost too much",
            clip=str(output),
            remedy="say --sizes with .mkv, .mov, .mp4 or .apng",
        )


def told(outcome: Outcome, estimated: dict[str, int | None]) -> str:
    """The result, for people."""
    result = outcome.result
    loop: dict[str, Any] = result.recipe["loop"]
    seconds = sum(result.seconds.values())
    natural: int | None = loop["natural_period"]
    repeats = f"; the region repeats by itself every {natural} frames" if natural else ""
    shares = ", ".join(
        f"{suffix} {size / 1e6:.1f} MB" for suffix, size in estimated.items() if size is not None
    )
    return (
        f"{outcome.output}: {counted(result.frame_count, 'frame')} in {seconds:.0f} s; "
        f"a loop of {loop['period']} frames around frame {loop['still']}{repeats}"
        + (f"; once around as {shares}, about" if shares else "")
    )
