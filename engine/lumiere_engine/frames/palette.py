"""The indices of an indexed PNG, which most readers replace with colours."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from .movie_index import unreadable


def read_palette_indices(path: Path, frame: int | None = None) -> NDArray[np.uint8]:
    """The palette indices of an indexed PNG, uint8 h w.

    Raises:
        UnreadableMediaError: it cannot be decoded.
    """
    try:
        with av.open(str(path), format="png_pipe") as container:
            decoded = next(container.decode(video=0))
            indices, _ = decoded.to_ndarray()
            return np.ascontiguousarray(indices)
    except (av.FFmpegError, OSError, StopIteration, ValueError) as error:
        raise unreadable(path, error, frame) from error
