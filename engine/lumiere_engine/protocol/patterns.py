"""Names of numbered files: `name.%06d.png`, `name.####.exr`. What exists under such a name is that file, no pattern."""

import re
from pathlib import Path
from typing import List, Union

_PRINTF = re.compile(r"%0?(\d*)d")
_HASHES = re.compile(r"#+")
_LAST = re.compile(r"[._-]*(?:%0?\d*d|#+)(?=\.|$)")


def is_pattern(path: Union[Path, str]) -> bool:
    """Whether the last part of a path has a place for a number."""
    name = Path(path).name
    return bool(_PRINTF.search(name) or _HASHES.search(name))


def pattern_regex(name: str) -> "re.Pattern[str]":
    """A pattern's file name as a regular expression whose one group is the number.

    A width means at least so many digits, as in printf: frame 10000 of `%04d` has five.
    """
    match, width = _place(name)
    return re.compile(f"{re.escape(name[: match.start()])}(\\d{{{width},}}){re.escape(name[match.end() :])}")


def pattern_name(name: str, number: int) -> str:
    """The file name of frame `number` of a pattern."""
    match, width = _place(name)
    return f"{name[: match.start()]}{number:0{width}d}{name[match.end() :]}"


def without_number(name: str) -> str:
    """A pattern's name without the place for the number: `plate.%04d.exr` → `plate.exr`, `plate.%04d` → `plate`."""
    return _LAST.sub("", name)


def files_named(path: Union[Path, str]) -> List[Path]:
    """The file of that name, or the files of the pattern in the order of their names; none if there are none."""
    place = Path(path)
    if place.exists() or not is_pattern(place):
        return [place] if place.exists() else []
    if not place.parent.is_dir():
        return []
    regex = pattern_regex(place.name)
    return sorted(file for file in place.parent.iterdir() if regex.fullmatch(file.name))


def _place(name: str) -> "tuple[re.Match[str], int]":
    """Where the number stands, and its least digits."""
    match = _PRINTF.search(name)
    if match is not None:
        return match, int(match[1] or 1)
    match = _HASHES.search(name)
    if match is None:
        raise ValueError(f"'{name}' is no pattern")
    return match, len(match[0])
