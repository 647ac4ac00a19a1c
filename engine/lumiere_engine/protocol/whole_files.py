"""Files that appear under their final name only when they are whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Callable, Optional

from .errors import OutputError, OutputExistsError


def atomically(path: Path, write: Callable[[Path], object], *, overwrite: bool) -> None:
    """Has `write` fill a draft in a new folder beside `path`, then gives it its name in one step.

    Raises:
        OutputExistsError: the name is taken and `overwrite` is off.
        OutputError: the folder cannot be written.
        LumiereError: what `write` raised.
    """
    if not overwrite and os.path.lexists(path):
        raise taken(path)
    folder: Optional[Path] = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".lumiere-", dir=path.parent))
        draft = folder / path.name
        write(draft)
        _flush(draft)
        _rename(draft, path, overwrite)
    except FileExistsError:
        raise taken(path) from None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def taken(path: Path) -> OutputExistsError:
    """The error that a name has already."""
    return OutputExistsError(f"{path} is already there", remedy="choose another name or use --overwrite")


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
            raise taken(path) from None
        draft.rename(path)
