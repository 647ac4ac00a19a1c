"""One door to all media: a movie, a folder, a pattern or a picture becomes a `FrameSource`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from ..protocol.errors import MissingMediaError
from ..protocol.media import MediaInfo
from ..protocol.patterns import is_pattern
from ..protocol.ranges import FrameRange
from .movie import MovieSource
from .picture import FrameFormat, Picture
from .sequence import SequenceSource
from .still import is_still


class FrameSource(Protocol):
    """Frames of one size and layout, each by its number, or in order.

    Attributes:
        path: as it was opened.
        format: what all frames have in common.
        frame_count: how many there are.
        notes: what a user should know about the media, one sentence each.
    """

    path: Path
    format: FrameFormat
    frame_count: int
    notes: tuple[str, ...]

    def read(self, index: int) -> Picture:
        """Frame `index`, counted from 0."""
        ...

    def iter(self, frames: FrameRange) -> Iterator[Picture]:
        """The frames of a range in order: the fast way."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...

    def __enter__(self) -> FrameSource: ...

    def __exit__(self, *_: object) -> None: ...


def open_source(path: Path | str, *, conform: bool = False, rate: Fraction | None = None) -> FrameSource:
    """Open media by its content, whatever its name ends in.

    Args:
        path: a movie, a folder with one sequence, a picture, or a pattern (`name.%06d.png`, `name.####.exr`).
        conform: give a movie of variable rate a constant one, by the frame nearest in time.
        rate: frames per second of a sequence (default: what its files say, else 24), or the rate that a
            movie is conformed to.

    Raises:
        MissingMediaError: nothing there.
        UnreadableMediaError: not decodable, truncated, or a sequence with a gap.
        VariableRateError: a movie without one rate, and `conform` is off.
    """
    path = Path(path)
    if path.is_dir() or (is_pattern(str(path)) and not path.exists()):
        return SequenceSource(path, rate=rate)
    if not path.exists():
        raise MissingMediaError("no such file or folder", clip=str(path))
    if is_still(path):
        return SequenceSource(path, rate=rate)
    return MovieSource(path, conform=conform, rate=rate)


def probe(path: Path | str, *, conform: bool = False, rate: Fraction | None = None) -> MediaInfo:
    """What there is to know about media before it is used; the first frame is decoded.

    Takes and raises what `open_source` does.
    """
    with open_source(path, conform=conform, rate=rate) as source:
        fmt = source.format
        movie = isinstance(source, MovieSource)
        return MediaInfo(
            path=str(path),
            kind="movie" if movie else ("still" if Path(path).is_file() else "sequence"),
            width=fmt.width,
            height=fmt.height,
            frame_count=source.frame_count,
            rate=fmt.rate,
            start_frame=fmt.start_frame,
            timecode=fmt.timecode,
            drop_frame=fmt.drop_frame,
            bits=fmt.layout.bits,
            layout=str(fmt.layout),
        )
