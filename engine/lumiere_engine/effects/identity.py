"""Which media a job was made from: enough to tell when it has changed, without reading all of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..frames.sequence import find_sequence, is_pattern
from ..protocol.errors import MissingMediaError

_SAMPLE_BYTES = 1 << 20


def media_identity(path: str) -> str:
    """SHA-256 over names, sizes and contents: a movie's first and last MiB, a part of each file of a sequence.

    The folder that the media lies in does not enter, so that media that was moved is still the same.

    Raises:
        MissingMediaError: nothing there.
    """
    place = Path(path)
    if place.is_dir() or (is_pattern(path) and not place.exists()):
        files = list(find_sequence(place).files)
        share = max(1024, _SAMPLE_BYTES // len(files))
    elif place.exists():
        files, share = [place], _SAMPLE_BYTES
    else:
        raise MissingMediaError("no such file or folder", clip=path)
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as data:
            digest.update(data.read(share))
            if size > 2 * share:
                data.seek(size - share)
                digest.update(data.read(share))
    return digest.hexdigest()
