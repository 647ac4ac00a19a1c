"""Which shots a folder holds, and which files belong to each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lumiere_engine.protocol.errors import MissingMediaError, SpecError

MOVIES = frozenset((".mov", ".mkv", ".mp4", ".avi", ".m4v", ".webm", ".mxf"))
_PLATES = ("video", "input_video")


@dataclass(frozen=True)
class Shot:
    """The files of one shot.

    Attributes:
        name: of its folder, or of its movie without the suffix.
        plate: a movie, or a folder of pictures.
        mattes: of the shot's own object; several are united. Empty if it has none.
        other: the same shot a second time, one of the two without its object; None if there is none.
        other_is_clean: whether `other` is the one without; None if the files do not say.
        flow: true optical flow of the shot, see `film`; None if there is none.
    """

    name: str
    plate: Path
    mattes: tuple[Path, ...] = ()
    other: Path | None = None
    other_is_clean: bool | None = None
    flow: Path | None = None


def find_shots(folder: Path) -> list[Shot]:
    """The shots in a folder, by name.

    A folder in it is a shot if it holds `frames/` or a movie; its mattes are `masks/`, or movies named `mask*` or
    `*matte*`; `gt/` is the shot a second time. A movie in it is a shot as well; its matte is `NAME_matte.*`, the
    shot without its object `NAME_clean.*`, its true flow `NAME_flow.npz`. A folder that is itself a shot is one.

    Raises:
        MissingMediaError: there is no such folder, or no shot in it.
    """
    if not folder.is_dir():
        raise MissingMediaError("no such folder", clip=str(folder))
    if (folder / "frames").is_dir():
        return [_in_folder(folder, folder / "frames")]
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            plate = _plate_in(entry)
            if plate is not None:
                found.append(_in_folder(entry, plate))
        elif _is_movie(entry) and not _is_part(entry):
            found.append(_beside(entry))
    if not found:
        raise MissingMediaError(
            "there is no shot in it",
            clip=str(folder),
            remedy="docs/benchmarks.md says how footage is laid out",
        )
    return found


def choose_shots(shots: list[Shot], names: list[str]) -> list[Shot]:
    """The shots of these names, all if none is named.

    Raises:
        SpecError: one is not there (with those that are).
    """
    known = {shot.name: shot for shot in shots}
    missing = [name for name in names if name not in known]
    if missing:
        raise SpecError(
            f"there is no shot {', '.join(missing)}", remedy=f"choose from {', '.join(sorted(known))}"
        )
    return [known[name] for name in names] if names else shots


def _plate_in(folder: Path) -> Path | None:
    """The frames of a shot's folder, or its movie: `video.*`, `input_video.*`, or any that is no matte."""
    if (folder / "frames").is_dir():
        return folder / "frames"
    movies = [file for file in sorted(folder.iterdir()) if _is_movie(file) and not _is_matte(file)]
    named = [file for file in movies if file.stem in _PLATES]
    return next(iter([*named, *movies]), None)


def _in_folder(folder: Path, plate: Path) -> Shot:
    if (folder / "masks").is_dir():
        mattes: tuple[Path, ...] = (folder / "masks",)
    else:
        movies = (file for file in sorted(folder.iterdir()) if _is_movie(file))
        mattes = tuple(file for file in movies if _is_matte(file) and file != plate)
    second = folder / "gt"
    return Shot(folder.name, plate, mattes, second if second.is_dir() else None)


def _beside(movie: Path) -> Shot:
    """A movie with what lies beside it."""
    mattes, clean = _companions(movie, "matte"), _companions(movie, "clean")
    flow = movie.with_name(f"{movie.stem}_flow.npz")
    return Shot(
        movie.stem,
        movie,
        mattes,
        clean[0] if clean else None,
        True if clean else None,
        flow if flow.is_file() else None,
    )


def _companions(movie: Path, role: str) -> tuple[Path, ...]:
    files = sorted(movie.parent.glob(f"{movie.stem}_{role}.*"))
    return tuple(file for file in files if _is_movie(file))


def _is_movie(file: Path) -> bool:
    return file.suffix.lower() in MOVIES and file.is_file()


def _is_matte(file: Path) -> bool:
    return file.stem.startswith("mask") or "matte" in file.stem


def _is_part(file: Path) -> bool:
    """Whether a movie belongs to another: a matte, or a clean plate."""
    return _is_matte(file) or file.stem.endswith(("_clean", "_mask"))
