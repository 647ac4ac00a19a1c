"""Files that appear under their final name only when they are whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import (
    LumiereError,
    OutputError,
    OutputExistsError,
    TimelineError,
    UnknownVersionError,
)

from .document import one_line
from .moving import moved
from .profiles import INSERTIONS, write_in_format
from .reading import (
    ADAPTER_PACKAGES,
    FCPXML_BUNDLE_SUFFIX,
    FCPXML_SUFFIX,
    JSON_SUFFIXES,
    KDENLIVE_SUFFIX,
    Timeline,
)

RECIPE = "Recipe.1"
SIDECAR_SUFFIX = ".lumiere.json"


def write_timeline(timeline: Timeline, path: Path, *, overwrite: bool = False) -> None:
    """Writes a timeline in the format that its name's suffix tells.

    `.otio` and `.json` get the document itself, so that nothing of the input is lost; any other suffix goes
    through OpenTimelineIO's adapter, and is read back: see `profiles` for what each format carries.

    Raises:
        OutputExistsError: the name is taken and `overwrite` is off.
        OutputError: it is the timeline's own file, the folder cannot be written, or the format cannot
            carry the timeline.
    """
    path = Path(path)
    check_writable(timeline, path, overwrite=overwrite)
    if path.suffix.lower() in JSON_SUFFIXES:
        document = timeline.document
        if timeline.path is not None:
            document = moved(document, timeline.path.parent, path.parent)
        text = json.dumps(document, indent=4, ensure_ascii=False) + "\n"
        _atomically(path, lambda draft: draft.write_bytes(text.encode("utf-8", "surrogatepass")), overwrite)
        return
    _atomically(path, lambda draft: write_in_format(timeline, draft), overwrite)


def check_writable(timeline: Timeline, path: Path, *, overwrite: bool = False) -> None:
    """Refuses a name under which `timeline`, or a copy of it, cannot be written; asked before long work.

    Raises:
        As `write_timeline`.
    """
    if timeline.path is not None and _same_file(timeline.path, path):
        raise OutputError(f"{path} is the input, which is never changed", remedy="choose another name")
    if not overwrite and os.path.lexists(path):
        raise _exists(path)
    suffix = path.suffix.lower()
    if suffix == KDENLIVE_SUFFIX:
        raise OutputError(
            "Kdenlive's own projects are read, not written", remedy="write .otio, which it opens"
        )
    written_by_adapters = otio.adapters.suffixes_with_defined_adapters(write=True)
    if suffix == FCPXML_BUNDLE_SUFFIX:
        raise OutputError(
            "bundles of Final Cut Pro are read, not written", remedy="write .fcpxml, which it opens"
        )
    own = timeline.path is not None and suffix == timeline.path.suffix.lower() and suffix in INSERTIONS
    if own or suffix in (*JSON_SUFFIXES, FCPXML_SUFFIX) or suffix.lstrip(".") in written_by_adapters:
        return
    package = ADAPTER_PACKAGES.get(suffix)
    raise OutputError(
        f"OpenTimelineIO needs an adapter to write '{suffix}' files",
        remedy=f"install {package}, or write .otio" if package else "write .otio",
    )


def sidecar_path(media_path: Path) -> Path:
    """Where a result's recipe lies: `shot.mov.lumiere.json` beside its media; without a `%06d`."""
    media_path = Path(media_path)
    name = media_path.name
    head, percent, tail = name.partition("%0")
    digits, d, rest = tail.partition("d")
    if percent and d and digits.isdecimal():
        name = (head.rstrip("._-") + rest) if head.rstrip("._-") else rest.lstrip(".")
    return media_path.with_name(name + SIDECAR_SUFFIX)


def write_sidecar(media_path: Path, recipe: dict[str, Any], *, overwrite: bool = False) -> Path:
    """Writes the recipe that reproduces a result beside its media, labelled `Recipe.1`; returns the file.

    Raises:
        OutputExistsError: there is one and `overwrite` is off.
        OutputError: the recipe is not plain JSON, or the folder cannot be written.
    """
    path = sidecar_path(media_path)
    try:
        text = json.dumps({"label": RECIPE, **recipe}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise OutputError(f"the recipe cannot be stored: {one_line(error)}") from None
    _atomically(path, lambda draft: draft.write_bytes(text.encode("utf-8", "surrogatepass")), overwrite)
    return path


def read_sidecar(path: Path) -> dict[str, Any]:
    """The recipe in a sidecar file.

    Raises:
        TimelineError: it is not there or no recipe.
        UnknownVersionError: its label is not `Recipe.1`.
    """
    try:
        recipe = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TimelineError(f"the recipe cannot be read: {one_line(error)}", clip=Path(path).name) from None
    if not isinstance(recipe, dict):
        raise TimelineError("the file is no recipe", clip=Path(path).name)
    if recipe.get("label") != RECIPE:
        raise UnknownVersionError(
            f"the recipe's label is {recipe.get('label')!r}; this version reads {RECIPE}",
            clip=Path(path).name,
        )
    return recipe


def _atomically(path: Path, write: Callable[[Path], object], overwrite: bool) -> None:
    """Has `write` fill a draft in a new folder beside `path`, then gives it its name in one step."""
    if not overwrite and os.path.lexists(path):
        raise _exists(path)
    folder: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".lumiere-", dir=path.parent))
        draft = folder / path.name
        write(draft)
        _flush(draft)
        _rename(draft, path, overwrite)
    except LumiereError:
        raise
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None
    except Exception as error:  # adapters are other people's code and raise anything
        raise OutputError(f"{path} cannot be written: {one_line(error)}") from None
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _flush(draft: Path) -> None:
    if draft.is_dir():
        return
    with draft.open("rb+") as file:
        os.fsync(file.fileno())


def _rename(draft: Path, path: Path, overwrite: bool) -> None:
    """Gives the draft its final name; without `overwrite` never over anything, even if new this moment."""
    if overwrite:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a bundle folder, or a file system without hard links
        if os.path.lexists(path):
            raise _exists(path) from None
        draft.rename(path)


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(f"{path} is already there", remedy="choose another name or use --overwrite")


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one.absolute() == other.absolute()
