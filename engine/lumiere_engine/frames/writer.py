"""One door for results: the name picks the format."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ..protocol.errors import OutputError
from ..protocol.ranges import FrameRange
from .animation_writer import ANIMATION_SUFFIXES, AnimationWriter
from .encoding import MOVIE_SUFFIXES
from .movie_writer import MovieWriter
from .picture import FrameFormat, Picture
from .sequence_writer import SequenceWriter
from .still_writer import STILL_SUFFIXES


class FrameWriter(Protocol):
    """Frames into a file. As a context manager it commits, or after an error leaves nothing behind.

    Attributes:
        path: the final name.
        notes: what a user should know about the result, one sentence each.
    """

    path: Path
    notes: list[str]

    def write(self, picture: Picture) -> None:
        """Append one frame of the writer's format."""
        ...

    def finish(self) -> None:
        """Bring everything to the disk under a temporary name: what can fail, fails here."""
        ...

    def commit(self) -> None:
        """Finish, and give the result its final name."""
        ...

    def abort(self) -> None:
        """Leave nothing behind."""
        ...

    def __enter__(self) -> FrameWriter: ...

    def __exit__(self, kind: object, *_: object) -> None: ...


def open_writer(
    path: Path | str,
    fmt: FrameFormat,
    *,
    overwrite: bool = False,
    audio_from: Path | None = None,
    audio_range: FrameRange | None = None,
    aside: Path | None = None,
) -> FrameWriter:
    """Start a result.

    Args:
        path: `.mov` ProRes 422 HQ (4444 with alpha), `.mkv` FFV1 (exactly the plate's samples), `.mp4` H.264,
            `.nut` Ut Video (8-bit R'G'B' alone, quick: for previews),
            an animated picture that plays for ever: `.gif`, `.webp`, `.apng`,
            or a sequence: `name.%06d.png`, `.tif`, `.exr`.
        fmt: the format of the pictures to come. For a part of a plate use `fmt.starting_at(first)`.
        overwrite: replace what has that name.
        audio_from: a movie whose sound is copied into a movie.
        audio_range: the frames of it that are written; all by default.
        aside: a folder on the same disk for what is not finished; the result's own by default.

    Raises:
        OutputExistsError: the name is taken.
        OutputError: the name's suffix is not known, or the folder cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in MOVIE_SUFFIXES:
        return MovieWriter(
            path, fmt, overwrite=overwrite, audio_from=audio_from, audio_range=audio_range, aside=aside
        )
    if suffix in ANIMATION_SUFFIXES:
        return AnimationWriter(path, fmt, overwrite=overwrite, aside=aside)
    if suffix in STILL_SUFFIXES:
        return SequenceWriter(path, fmt, overwrite=overwrite, aside=aside)
    raise OutputError(
        f"'{suffix}' is no format that can be written",
        clip=str(path),
        remedy=f"use one of {', '.join((*MOVIE_SUFFIXES, *ANIMATION_SUFFIXES, *STILL_SUFFIXES))}",
    )
