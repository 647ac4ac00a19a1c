"""Which media and weights a job was made from, to tell when they have changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..frames.sequence import find_sequence
from ..matte.roto_file import is_roto, media_of
from ..protocol.errors import MissingMediaError, SpecError
from ..protocol.jobs import WorkOrder
from ..protocol.patterns import is_pattern

_BLOCK_BYTES = 1 << 20


def media_identity(path: str) -> str:
    """SHA-256 over names, sizes and contents of all files.

    All of them is read: in uncompressed pictures a touch of paint changes neither size, start nor end. That costs
    a second per gigabyte or two, much less than decoding. The folder that the media lies in does not enter, so
    that media that was moved is still the same.

    Raises:
        MissingMediaError: nothing there.
    """
    place = Path(path)
    if place.is_dir() or (is_pattern(path) and not place.exists()):
        files = list(find_sequence(place).files)
    elif place.exists():
        files = [place]
    else:
        raise MissingMediaError("no such file or folder", clip=path)
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode(errors="surrogateescape"))
        with file.open("rb") as data:
            while block := data.read(_BLOCK_BYTES):
                digest.update(block)
    for rendered in media_of(place) if is_roto(place) else ():
        digest.update(media_identity(rendered).encode())
    return digest.hexdigest()


def refuse_other_weights(order: WorkOrder) -> None:
    """Refuse weights that are not the ones that the job names.

    Raises:
        SpecError: the file is missing, or holds other weights.
    """
    if order.network is None:
        return
    try:
        with Path(order.network).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SpecError(f"the weights cannot be read: {error.strerror}", clip=order.network) from error
    if found != order.spec.checkpoint:
        raise SpecError(
            "these are not the weights that the job was made with",
            clip=order.network,
            remedy="name the right ones with --network",
        )
