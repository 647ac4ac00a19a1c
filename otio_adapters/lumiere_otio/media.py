"""From a media reference to the file on this machine: URLs, paths of other systems, sequences, relinking."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

import opentimelineio as otio
from lumiere_engine.protocol.errors import MissingMediaError, TimelineError
from lumiere_engine.protocol.ranges import FrameRange

MOST_FILES = 200_000
"""How many files below the relink folders are looked at."""

PICTURE_SUFFIXES = frozenset(
    (".mov", ".mp4", ".m4v", ".mxf", ".mkv", ".avi", ".webm", ".mpg", ".mts", ".y4m", ".r3d", ".braw", ".ari")
)
"""Suffixes by which a clip without a path is looked for under its name."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_DRIVE = re.compile(r"/[A-Za-z][:|]($|[\\/])")
_NUMBERING = (
    re.compile(r"\[(?P<first>\d+)-\d+\]"),  # Resolve: plate.[1001-1099].exr
    re.compile(r"%0?(?P<width>\d*)d"),  # printf: plate.%04d.exr
    re.compile(r"(?P<hashes>#+)"),  # Nuke: plate.####.exr
)


@dataclass(frozen=True)
class MediaFile:
    """Media that is there.

    Attributes:
        path: a movie or picture file; for an image sequence its printf pattern, `folder/plate.%04d.exr`.
        first_number: of a sequence, the number in the name of its first frame; None for a file.
    """

    path: Path
    first_number: int | None = None

    def frame_path(self, frame: int) -> Path:
        """The file of a sequence's frame, counted from 0 at its first."""
        number = (self.first_number or 0) + frame
        return self.path.with_name(_with_number(self.path.name, number))


@dataclass(frozen=True)
class _Wanted:
    """What a reference asks for: the text to tell, where it may be, and the name to look for elsewhere."""

    text: str
    candidates: tuple[Path, ...]
    name: str
    first_number: int | None = None


def find_media(
    clip: otio.schema.Clip, folder: Path | None, relink: Sequence[Path], *, label: str
) -> MediaFile:
    """The media of a clip's active reference.

    It is looked for at the place that the reference names (a relative one counts from the timeline's
    `folder`), and if it is not there, below the `relink` folders by its file name: exactly, else whatever
    the letters' case.

    Args:
        clip: the clip.
        folder: where the timeline file lies; None if it is no file.
        relink: folders to search.
        label: the clip's name in errors.

    Raises:
        MissingMediaError: not found, or found several times (two of the places are named).
        TimelineError: a reference that is no media (a generator, an unknown kind, a sequence with a frame
            step).
    """
    reference = clip.media_reference
    if isinstance(reference, otio.schema.ExternalReference) and reference.target_url:
        wanted = _wanted_file(reference.target_url, folder)
    elif isinstance(reference, otio.schema.ImageSequenceReference):
        wanted = _wanted_sequence(reference, folder, label)
    elif reference is None or isinstance(
        reference, (otio.schema.MissingReference, otio.schema.ExternalReference)
    ):
        return _find_by_clip_name(clip, relink, label)
    else:
        kind = reference.schema_name()
        raise TimelineError(
            f"its media is a {kind}, not a movie or an image sequence",
            clip=label,
            remedy="render it to a movie first",
        )
    for path in wanted.candidates:
        if _is_there(path, wanted.first_number):
            return MediaFile(path, wanted.first_number)
    if relink:
        return MediaFile(_relinked(wanted, relink, label), wanted.first_number)
    raise MissingMediaError(
        f"its media {wanted.text} is not there",
        clip=label,
        remedy="name the folder that holds it with --relink FOLDER",
    )


def check_sequence(media: MediaFile, frames: FrameRange, *, label: str) -> None:
    """Refuses an image sequence that lacks a file of `frames` (counted from 0 at its first).

    Raises:
        MissingMediaError: the first file that is missing.
    """
    if media.first_number is None:
        return
    for frame in frames:
        path = media.frame_path(frame)
        if not path.is_file():
            raise MissingMediaError(f"the image sequence lacks {path}", clip=label, frame=frame)


def paths_of_url(url: str, folder: Path | None) -> list[Path]:
    """The places that a reference's `target_url` may mean, the likeliest first; none for a web address.

    Understood are bare and relative paths, `file:` URLs with percent-encoding, with or without a host, with
    Windows drives, and Windows paths, whose backslashes become slashes where the machine has none.
    """
    scheme = _SCHEME.fullmatch(url)
    if scheme and scheme[1].lower() == "file":
        texts = [_text_of_file_url(scheme[2])]
    elif scheme and scheme[2].startswith("//"):
        return []
    else:
        texts = [url, unquote(url)] if "%" in url else [url]
    places: list[Path] = []
    for text in texts:
        for spelling in (text, text.replace("\\", "/")):
            path = Path(spelling)
            if not path.is_absolute() and not PureWindowsPath(spelling).drive:
                path = (folder or Path()) / path
            if path not in places:
                places.append(path)
    return places


def file_url(target: str) -> str:
    """A reference's target as the XML formats want it: an absolute path as a URL, any other as it is."""
    for path in (Path(target), PureWindowsPath(target)):
        if path.is_absolute():
            return path.as_uri()
    return target


def _text_of_file_url(rest: str) -> str:
    """The path in what follows `file:`."""
    rest = unquote(rest)
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        rest = slash + path if host.lower() in ("", "localhost") else rest
    if len(rest) > 2 and rest.startswith("//") and rest[2:3] == "/":
        rest = rest.lstrip("/")
    return rest[1] + ":" + rest[3:] if _DRIVE.match(rest) else rest


def _wanted_file(url: str, folder: Path | None) -> _Wanted:
    places = paths_of_url(url, folder)
    text = str(places[0]) if places else f"{url} (a web address, which is not fetched)"
    name = file_name(text) if places else ""
    for style in _NUMBERING:
        match = style.search(name)
        if match and not any(_exists(path) for path in places):
            pattern, first = _pattern(name, match)
            if first is None:
                numbers = [_first_number(path.with_name(pattern)) for path in places]
                first = next((number for number in numbers if number is not None), None)
            candidates = tuple(path.with_name(pattern) for path in places)
            return _Wanted(text, candidates, pattern, 0 if first is None else first)
    return _Wanted(text, tuple(places), name)


def _wanted_sequence(
    reference: otio.schema.ImageSequenceReference, folder: Path | None, label: str
) -> _Wanted:
    if reference.frame_step != 1:
        raise TimelineError(f"its image sequence takes only every {reference.frame_step}th file", clip=label)
    prefix, suffix = (text.replace("%", "%%") for text in (reference.name_prefix, reference.name_suffix))
    name = f"{prefix}%0{max(1, reference.frame_zero_padding)}d{suffix}"
    base = reference.target_url_base
    places = paths_of_url(base, folder) if base else [folder or Path()]
    candidates = tuple(place / name for place in places)
    text = str(candidates[0]) if candidates else f"{base}{name} (a web address, which is not fetched)"
    return _Wanted(text, candidates, name, int(reference.start_frame))


def _pattern(name: str, match: re.Match[str]) -> tuple[str, int | None]:
    """The printf pattern for a name with another numbering, and the first number if the name tells it."""
    groups = match.groupdict()
    first = groups.get("first")
    width = len(first or groups.get("hashes") or "") or int(groups.get("width") or 1)
    head, tail = (part.replace("%", "%%") for part in (name[: match.start()], name[match.end() :]))
    return f"{head}%0{width}d{tail}", int(first) if first else None


def file_name(path: str) -> str:
    """The last part of a path of any system."""
    return PureWindowsPath(path.replace("/", "\\")).name


def _with_number(pattern: str, number: int) -> str:
    try:
        return pattern % number
    except (TypeError, ValueError):
        return pattern


def _first_number(pattern: Path) -> int | None:
    """The lowest number of the files that fit a pattern in its folder."""
    head, _, tail = re.split(r"(%0\d+d)", pattern.name, maxsplit=1)
    fits = re.compile(re.escape(head.replace("%%", "%")) + r"(\d+)" + re.escape(tail.replace("%%", "%")))
    try:
        found = [int(match[1]) for path in pattern.parent.iterdir() if (match := fits.fullmatch(path.name))]
    except (OSError, ValueError):
        return None
    return min(found, default=None)


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or has a zero byte
        return False


def _is_there(path: Path, first_number: int | None) -> bool:
    if first_number is None:
        return _exists(path)
    return _exists(MediaFile(path, first_number).frame_path(0)) or _first_number(path) is not None


def _find_by_clip_name(clip: otio.schema.Clip, relink: Sequence[Path], label: str) -> MediaFile:
    """A clip without a path: by the name of its reference, or its own, with a movie's suffix."""
    reference = clip.media_reference
    names = [name for name in (reference.name if reference else "", clip.name) if name]
    for name in names if relink else ():
        wanted = name if Path(name).suffix.lower() in PICTURE_SUFFIXES else f"{name}.*"
        found = _matches(file_name(wanted), relink)
        if found:
            return MediaFile(_only(found, name, label))
    raise MissingMediaError(
        "the timeline does not say where its media is",
        clip=label,
        remedy="no file in the --relink folders has its name"
        if relink
        else "name the folder that holds a movie of that name with --relink FOLDER",
    )


def _relinked(wanted: _Wanted, relink: Sequence[Path], label: str) -> Path:
    """The one file, or sequence, of the wanted name below the folders."""
    name = wanted.name if wanted.first_number is None else _with_number(wanted.name, wanted.first_number)
    found = _matches(name, relink) if name else []
    if not found:
        folders = ", ".join(str(folder) for folder in relink)
        raise MissingMediaError(
            f"its media {wanted.text} is not there, and no {name or 'file'} below {folders}",
            clip=label,
            remedy="name the folder that holds it with --relink FOLDER",
        )
    path = _only(found, name, label)
    if wanted.first_number is None:
        return path
    # the folder, and the letters' case, of the file that was found; the number becomes the pattern's again
    head, number, tail = re.split(r"(%0\d+d)", wanted.name, maxsplit=1)
    end = len(path.name) - len(tail.replace("%%", "%"))
    start = len(head.replace("%%", "%"))
    return path.with_name(path.name[:start].replace("%", "%%") + number + path.name[end:].replace("%", "%%"))


def _only(found: list[Path], name: str, label: str) -> Path:
    if len(found) > 1:
        raise MissingMediaError(
            f"{name} is there more than once: {found[0]} and {found[1]}",
            clip=label,
            remedy="name a smaller folder with --relink FOLDER",
        )
    return found[0]


def _matches(name: str, folders: Sequence[Path]) -> list[Path]:
    """Files of that name below the folders, by exact name, else whatever the case; `stem.*` is any movie."""
    exact: dict[Path, Path] = {}
    loose: dict[Path, Path] = {}
    plain = unicodedata.normalize("NFC", name)
    for path in _files(folders):
        spelt = unicodedata.normalize("NFC", path.name)
        if plain.endswith(".*"):
            spelt = path.stem + ".*" if path.suffix.lower() in PICTURE_SUFFIXES else ""
        if spelt == plain:
            exact.setdefault(path.resolve(), path)
        elif spelt.casefold() == plain.casefold():
            loose.setdefault(path.resolve(), path)
    return list((exact or loose).values())


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    """The files below the folders, in the order of their names; links to folders are not followed.

    Raises:
        MissingMediaError: a folder that is not there, or more than `MOST_FILES` files.
    """
    seen = 0
    for folder in folders:
        if not Path(folder).is_dir():
            raise MissingMediaError(f"there is no folder {folder} to relink from")
        for root, subfolders, names in os.walk(folder):
            subfolders.sort()
            for name in sorted(names):
                seen += 1
                if seen > MOST_FILES:
                    raise MissingMediaError(
                        f"there are more than {MOST_FILES} files below {folder}",
                        remedy="name a smaller folder with --relink FOLDER",
                    )
                yield Path(root) / name
