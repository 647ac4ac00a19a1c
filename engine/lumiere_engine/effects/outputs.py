"""Whether a job's results can be written, asked before the work and not after it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..frames.animation_writer import ANIMATION_SUFFIXES
from ..frames.encoding import MOVIE_SUFFIXES
from ..frames.picture import FrameFormat
from ..frames.sequence import find_sequence
from ..frames.writer import open_writer
from ..protocol.errors import OutputError, OutputExistsError
from ..protocol.jobs import WorkOrder
from ..protocol.patterns import files_named, is_pattern


def refuse_taken_names(order: WorkOrder) -> None:
    """Refuse names that existing results have, unless they may be replaced, and names of inputs always.

    Raises:
        OutputExistsError: a result's name is taken.
        OutputError: a result would replace its own input; weights would not be called `.safetensors`.
    """
    for path in filter(None, (order.output, order.origin)):
        refuse_taken_name(path, order.spec.media, overwrite=order.overwrite)
    weights = order.save_network
    # weights are kept before the result is done: the same command again, after an interruption, finds its own
    if weights is not None and Path(weights).suffix != ".safetensors":
        raise OutputError("weights are kept as .safetensors", clip=weights, remedy="choose such a name")


def refuse_taken_name(path: str, inputs: Iterable[str], *, overwrite: bool) -> None:
    """Refuse the name of an existing result, unless it may be replaced, and that of an input always.

    Args:
        path: a result, or a pattern of results.
        inputs: media that the result is made from.
        overwrite: replace what has that name.

    Raises:
        OutputExistsError: the name is taken.
        OutputError: the result would replace an input.
    """
    there = files_named(path)
    if there and not overwrite:
        raise OutputExistsError(
            "the output exists already", clip=path, remedy="choose another name or use --overwrite"
        )
    for source in inputs if there else ():
        if any(file.samefile(mine) for mine in _files_of(source) if mine.exists() for file in there):
            raise OutputError(
                "it is an input, which is never changed", clip=path, remedy="choose another name"
            )


def refuse_unwritable(path: str, fmt: FrameFormat, frame_count: int, *, overwrite: bool) -> None:
    """Start a result of this name and format, and throw it away again.

    Raises:
        OutputError: it cannot be written: its suffix, its format, its folder.
    """
    open_writer(path, fmt, overwrite=overwrite).abort()
    movie = Path(path).suffix.lower() in (*MOVIE_SUFFIXES, *ANIMATION_SUFFIXES)
    if frame_count > 1 and not movie and not is_pattern(path):
        raise OutputError(
            f"that is the name of a single picture, and there are {frame_count} frames",
            clip=path,
            remedy=f"use a pattern, for example {Path(path).stem}.%06d{Path(path).suffix}",
        )


def _files_of(source: str) -> list[Path]:
    """The files that an input is made of."""
    place = Path(source)
    if place.is_dir() or (is_pattern(source) and not place.exists()):
        return list(find_sequence(place).files)
    return [place]
