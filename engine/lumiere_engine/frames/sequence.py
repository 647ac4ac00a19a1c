"""Numbered picture files as one clip."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..protocol.errors import MissingMediaError, UnreadableMediaError
from ..protocol.patterns import is_pattern, pattern_regex
from ..protocol.ranges import FrameRange
from .picture import FrameFormat, Picture, PixelLayout
from .still import is_still, read_still
from .timecode import format_timecode, parse_timecode

DEFAULT_RATE = Fraction(24)
_LAST_NUMBER = re.compile(r"(.*?)(\d+)(\D*)")


@dataclass(frozen=True)
class FileSequence:
    """The files of a clip, in order.

    Attributes:
        files: one per frame.
        first_number: the number of the first; None if the files are not numbered.
    """

    files: Sequence[Path]
    first_number: int | None


def find_sequence(path: Path) -> FileSequence:
    """The files of a folder, a pattern or a single picture.

    Raises:
        MissingMediaError: nothing there.
        UnreadableMediaError: a number is missing, or a folder holds more than one sequence.
    """
    if is_pattern(str(path)) and not path.exists():
        return _numbered(_matching(path), path)
    if path.is_dir():
        return _in_folder(path)
    return FileSequence([path], None)


def _matching(path: Path) -> dict[int, Path]:
    if not path.parent.is_dir():
        raise MissingMediaError("no such folder", clip=str(path.parent))
    regex = pattern_regex(path.name)
    found: dict[int, Path] = {}
    for file in sorted(path.parent.iterdir()):
        if match := regex.fullmatch(file.name):
            found.setdefault(int(match[1]), file)
    if not found:
        raise MissingMediaError("no files have such names", clip=str(path))
    return found


def _in_folder(folder: Path) -> FileSequence:
    files = [
        f for f in sorted(folder.iterdir()) if not f.name.startswith(".") and f.is_file() and is_still(f)
    ]
    if not files:
        raise MissingMediaError("there are no pictures in the folder", clip=str(folder))
    groups: dict[tuple[str, str], dict[int, Path]] = {}
    unnumbered: list[Path] = []
    for file in files:
        # the last digits of the name count; what stands around them names the sequence
        if match := _LAST_NUMBER.fullmatch(file.stem):
            key = (match[1], match[3] + file.suffix.lower())
            number = int(match[2])
            if number in groups.setdefault(key, {}):
                raise UnreadableMediaError(
                    f"two files have the number {number}: {groups[key][number].name} and {file.name}",
                    clip=str(folder),
                )
            groups[key][number] = file
        else:
            unnumbered.append(file)
    sequences = {key: group for key, group in groups.items() if len(group) > 1}
    if len(sequences) == 1 and len(files) == len(next(iter(sequences.values()))):
        return _numbered(next(iter(sequences.values())), folder)
    if not sequences:
        return FileSequence(sorted(files, key=_natural), None)
    names = ", ".join(sorted(f"{a}{'#' * 4}{b}" for a, b in groups) + [f.name for f in unnumbered][:2])
    raise UnreadableMediaError(
        f"the folder holds more than one sequence: {names}",
        clip=str(folder),
        remedy="name one with a pattern, for example name.%04d.png",
    )


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key: digits by value, so that 9 comes before 10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def _numbered(files: dict[int, Path], path: Path) -> FileSequence:
    numbers = sorted(files)
    for place, number in enumerate(numbers):
        missing = numbers[0] + place
        if number != missing:
            raise UnreadableMediaError(
                f"the file of number {missing} is missing (there are {numbers[0]} to {numbers[-1]})",
                clip=str(path),
                frame=place,
                remedy="render or copy the missing frame",
            )
    return FileSequence([files[number] for number in numbers], numbers[0])


class SequenceSource:
    """Picture files, or a single one, as a `FrameSource`."""

    def __init__(self, path: Path, *, rate: Fraction | None = None) -> None:
        """Open a folder, a pattern or a single picture.

        Args:
            path: which.
            rate: frames per second; without it what the first file says (EXR), else 24.

        Raises:
            MissingMediaError, UnreadableMediaError: see `find_sequence`; the first file cannot be read.
        """
        self.path = path
        self._lock = threading.Lock()
        self._sequence = find_sequence(path)
        self.frame_count = len(self._sequence.files)
        first, info = read_still(self._sequence.files[0], 0)
        self.notes = info.left_out
        self._last: tuple[int, Picture] | None = (0, first)
        rate = rate or info.rate or DEFAULT_RATE
        parsed = parse_timecode(info.timecode, rate) if info.timecode else None
        start, drop = parsed or (0, False)
        self.format = FrameFormat(
            width=first.width,
            height=first.height,
            rate=rate,
            layout=first.layout,
            color=info.color,
            pixel_aspect=info.pixel_aspect,
            timecode=format_timecode(start, rate, drop) if parsed else None,
            start_frame=start,
            drop_frame=drop,
            first_number=self._sequence.first_number,
        )

    def read(self, index: int) -> Picture:
        """Frame `index`, counted from 0.

        Raises:
            IndexError: there is no such frame.
            UnreadableMediaError: it cannot be read, or has another size or other samples than the first.
        """
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of {self.frame_count}")
        with self._lock:
            if self._last is not None and self._last[0] == index:
                return self._last[1]
        file = self._sequence.files[index]
        picture = _as_layout(read_still(file, index)[0], self.format.layout)
        if (picture.width, picture.height) != (self.format.width, self.format.height):
            problem = f"{picture.width}x{picture.height} pixels, not {self.format.width}x{self.format.height}"
        elif picture.layout != self.format.layout:
            problem = f"{picture.layout}, not {self.format.layout}"
        else:
            with self._lock:
                self._last = (index, picture)
            return picture
        raise UnreadableMediaError(
            f"it is {problem} like the first", clip=str(file), frame=index, remedy="replace the file"
        )

    def iter(self, frames: FrameRange) -> Iterator[Picture]:
        """The frames of a range, one after the other."""
        for index in frames:
            yield self.read(index)

    def close(self) -> None:
        """Forget the picture that is kept."""
        self._last = None

    def __enter__(self) -> SequenceSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _as_layout(picture: Picture, layout: PixelLayout) -> Picture:
    """Gray as rgb where the sequence is rgb: savers shrink a black frame to gray, and no value changes."""
    mine = picture.layout
    if mine.family != "gray" or replace(mine, family="rgb") != layout:
        return picture
    gray = picture.planes[0]
    return Picture((np.stack([gray, gray, gray, *picture.planes[1:]], axis=-1),), layout)
