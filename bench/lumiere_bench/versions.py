"""A shot that exists twice, with its object and without: which of the two is which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from lumiere_engine.motion.fill import smooth_fill

from .clips import Size, read_clip, read_mattes
from .footage import Shot

Array = np.ndarray
_ENOUGH = 8  # frames that tell the two apart


def other_is_clean(shot: Shot, first: Array, second: Array, holes: Array) -> bool:
    """Whether `shot.other` is the version without the object, by the files' names or by what the holes show.

    Args:
        shot: with two versions.
        first, second: frames of its plate and of the other, t h w 3 uint8.
        holes: t h w bool, a little larger than the object.
    """
    if shot.other_is_clean is not None:
        return shot.other_is_clean
    return _stands_out(first, holes) >= _stands_out(second, holes)


def showing_object(shot: Shot) -> Shot:
    """The shot with the version as its plate in which its object is to be seen."""
    if shot.other is None or not shot.mattes:
        return shot
    holes = read_mattes(shot.mattes, shot.plate, Size(), _ENOUGH, least=0.01)
    first, second = (read_clip(path, Size(), _ENOUGH)[0] for path in (shot.plate, shot.other))
    if other_is_clean(shot, first, second, holes):
        return shot
    return replace(shot, plate=shot.other, other=shot.plate, other_is_clean=True)


def _stands_out(frames: Array, holes: Array) -> float:
    """How much, of 255, what is in the holes differs from a smooth fill of them."""
    total, count = 0.0, 0
    for frame, hole in zip(frames, holes, strict=True):
        if hole.any():
            apart = np.abs(smooth_fill(frame, hole) - frame)[hole]
            total, count = total + float(apart.sum(dtype=np.float64)), count + apart.size
    return total / max(count, 1)
