"""Timelines are written whole, and in a format that can carry them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import opentimelineio as otio
from lumiere_engine.protocol.errors import LumiereError, OutputError
from lumiere_engine.protocol.whole_files import atomically, taken

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
        content = text.encode("utf-8", "surrogatepass")
        atomically(path, lambda draft: draft.write_bytes(content), overwrite=overwrite)
        return

    def write(draft: Path) -> None:
        try:
            write_in_format(timeline, draft)
        except (LumiereError, OSError):
            raise
        except Exception as error:  # adapters are other people's code and raise anything
            raise OutputError(f"{path} cannot be written: {one_line(error)}") from None

    atomically(path, write, overwrite=overwrite)


def check_writable(timeline: Timeline, path: Path, *, overwrite: bool = False) -> None:
    """Refuses a name under which `timeline`, or a copy of it, cannot be written; asked before long work.

    Raises:
        As `write_timeline`.
    """
    if timeline.path is not None and _same_file(timeline.path, path):
        raise OutputError(f"{path} is the input, which is never changed", remedy="choose another name")
    if not overwrite and os.path.lexists(path):
        raise taken(path)
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


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one.absolute() == other.absolute()
