"""Where the roto of a shot is kept: beside its media, or where that cannot be written, in the engine's folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from lumiere_engine.protocol.patterns import without_number
from lumiere_engine.protocol.places import state_folder
from lumiere_engine.protocol.roto import ROTO_SUFFIX


def roto_path(media: str) -> Path:
    """The document's file: `shot.mov` → `shot.mov.roto.json`.

    Args:
        media: file, folder or pattern of the plate.
    """
    place = Path(media)
    name = without_number(place.name)
    beside = place.with_name(name + ROTO_SUFFIX)
    if beside.exists() or os.access(place.parent, os.W_OK):
        return beside
    digest = hashlib.sha256(media.encode(errors="surrogateescape")).hexdigest()[:16]
    return state_folder() / "roto" / f"{name}-{digest}{ROTO_SUFFIX}"
