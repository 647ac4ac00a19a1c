"""What a finished job left on the disk: recorded when it is done, compared whenever it is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..protocol.errors import OutputError
from ..protocol.patterns import files_named

# All files of a short sequence are watched; of a long one the ends and some between, so that a listing stays quick.
_MOST_WATCHED = 16


def fingerprints(paths: list[str], frame_count: int) -> list[dict[str, Any]]:
    """Path, size and time of change of the files of finished results.

    Args:
        paths: movies, or patterns of image sequences.
        frame_count: how many files a pattern must have.

    Raises:
        OutputError: a file is missing, is empty, or a sequence has fewer files than frames.
    """
    found: list[dict[str, Any]] = []
    for path in paths:
        files = files_named(path)
        # a movie may be called `take #2.mov`
        if not files or (files != [Path(path)] and len(files) < frame_count):
            raise OutputError(
                f"the job said it was done and there are {len(files)} files", clip=path, remedy="retry it"
            )
        for file in _watched(files):
            about = file.stat()
            if not about.st_size:
                raise OutputError("the job said it was done and its file is empty", clip=str(file))
            found.append({"path": str(file), "size_bytes": about.st_size, "mtime_ns": about.st_mtime_ns})
    return found


def _watched(files: list[Path]) -> list[Path]:
    if len(files) <= _MOST_WATCHED:
        return files
    step = (len(files) - 1) / (_MOST_WATCHED - 1)
    return [files[round(k * step)] for k in range(_MOST_WATCHED)]
