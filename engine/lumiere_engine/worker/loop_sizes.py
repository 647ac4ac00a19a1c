"""How large a loop would be in each format that people share loops in, without writing it whole."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ..frames.animation_writer import ANIMATION_SUFFIXES
from ..frames.picture import Picture
from ..frames.source import open_source
from ..frames.writer import open_writer
from ..protocol.errors import LumiereError
from ..protocol.ranges import FrameRange

_SAMPLE = 8  # frames
_SUFFIXES = (".mp4", *ANIMATION_SUFFIXES)


def loop_sizes(question: dict[str, Any]) -> dict[str, Any]:
    """Estimate the sizes of a loop.

    The first frame costs what it costs; the others what those of a sample cost on average.

    Args:
        question: "path": media that holds the loop; "frames": how many frames it has, from the first on.

    Returns:
        "bytes": suffix → size; of a format that cannot hold the loop None.
    """
    count = int(question["frames"])
    sizes: dict[str, int | None] = {}
    with open_source(question["path"]) as source, tempfile.TemporaryDirectory() as folder:
        pictures = list(source.iter(FrameRange(0, min(_SAMPLE, count))))
        for suffix in _SUFFIXES:
            try:
                some, one = (
                    _size(Path(folder) / f"{len(part)}{suffix}", part, source.format)
                    for part in (pictures, pictures[:1])
                )
            except LumiereError:
                sizes[suffix] = None
                continue
            sizes[suffix] = one + round((some - one) / max(1, len(pictures) - 1) * (count - 1))
    return {"bytes": sizes}


def _size(path: Path, pictures: list[Picture], fmt: Any) -> int:
    with open_writer(path, fmt, overwrite=True) as writer:
        for picture in pictures:
            writer.write(picture)
    return path.stat().st_size
