"""Results appear under their final name whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path

from ..protocol.errors import LumiereError, OutputError, OutputExistsError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def partial_name(final: Path) -> Path:
    """A name beside `final` that no other run uses: same folder (renames stay within it), same suffix."""
    return final.with_name(f".{final.stem}.{secrets.token_hex(4)}.partial{final.suffix}")


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise `OutputExistsError` if the final name is taken and must not be replaced."""
    if path.is_dir():
        raise OutputError("it is a folder", clip=str(path), remedy="choose a file name")
    if path.exists() and not overwrite:
        raise OutputExistsError(
            "it exists already", clip=str(path), remedy="choose another name or pass --overwrite"
        )


def make_folder(path: Path) -> None:
    """The folder that the result goes to, made if it is not there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error


def to_disk(path: Path) -> None:
    """Wait until a file's bytes are on the disk: a rename must not overtake them."""
    with path.open("rb+") as file:  # some systems only flush what may be written
        os.fsync(file.fileno())


def folder_to_disk(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def give_name(temporary: Path, final: Path, overwrite: bool) -> None:
    """Give a finished file its final name, and wait until that is on the disk.

    Raises:
        OutputExistsError: the name was taken in the meantime.
        OSError: it cannot be renamed.
    """
    refuse_existing(final, overwrite)
    temporary.replace(final)
    folder_to_disk(final.parent)


def remove(path: Path) -> None:
    """Remove a temporary file or folder; never raises, since it runs while another error is on its way."""
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def output_error(path: Path, error: Exception | str) -> LumiereError:
    """What went wrong while writing `path`, in one readable line; a full disk by its name."""
    if isinstance(error, LumiereError):
        return error
    number = getattr(error, "errno", None)
    if number in _FULL or "File too large" in str(error) or _is_full(path):
        return OutputError(
            "the disk is full; nothing was written",
            clip=str(path),
            remedy="free some space, or choose another folder",
        )
    reason = getattr(error, "strerror", None) or str(error) or "unknown failure"
    return OutputError(f"it cannot be written: {reason}", clip=str(path))


def _is_full(path: Path) -> bool:
    """Libraries that write by themselves do not always say why they failed: then the disk is asked."""
    for folder in (path, *path.parents):
        if folder.is_dir():
            try:
                return shutil.disk_usage(folder).free < 64 * 1024
            except OSError:
                return False
    return False
