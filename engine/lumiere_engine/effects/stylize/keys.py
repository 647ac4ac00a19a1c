"""Key frames made from a style picture: which frames, and in what order they are painted so that they agree.

The first key frame of a shot is its middle. From there outwards the next one stands where too little of a frame shows
what the last one showed, and at the shot's end if something has entered since. It begins as the last one's paint,
carried there; only what is new is painted anew. So all key frames of a shot show the same strokes where they show the
same things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...learning.style.paint import Begun, PaintParams, fitted_reference, paint
from ...motion.flow import sample
from ..shot import AnalysedShots
from ..workspace import Shelf
from .trails import walk

Array = np.ndarray

_ENOUGH = 0.6  # share of a frame that must be carried from a key frame; below it there is another one
_ENOUGH_AT_THE_END = 0.85  # of a shot's last frame: what enters on the way to it would have no strokes
_KEPT = 0.5  # sureness from which carried paint stays as it is


@dataclass(frozen=True)
class KeyFrame:
    """A frame that is painted from the style picture.

    Attributes:
        frame: counted from 0 in the job.
        before: the key frame that it begins as; None for the first of a shot.
    """

    frame: int
    before: int | None


def proposed_keys(shots: AnalysedShots, reach: int) -> Iterator[KeyFrame]:
    """Key frames of all shots, in the order in which they are to be painted.

    Args:
        shots: followed.
        reach: most key frames of a shot on either side of its middle.
    """
    for start, end in shots.shots:
        middle = (start + end) // 2
        yield KeyFrame(middle, None)
        for direction in (1, -1):
            key = middle
            for _ in range(reach):
                following = _next_key(shots, key, direction)
                if following is None:
                    break
                yield KeyFrame(following, key)
                key = following


def further_keys(
    shots: AnalysedShots, painted: Sequence[int], followed: Callable[[int], float], reach: int
) -> Iterator[KeyFrame]:
    """Key frames between and beyond those that an artist painted, in the order in which they are to be painted.

    Args:
        shots: followed.
        painted: frames, ascending.
        followed: the share of a frame that painted ones show.
        reach: most key frames from a painted one onwards.
    """
    for start, end in shots.shots:
        inside = [key for key in painted if start <= key < end]
        for number, key in enumerate(inside):
            stops = {1: (*inside[number + 1 :], end)[0], -1: start - 1}
            for direction in (1, -1) if number == 0 else (1,):
                before = key
                for _ in range(reach):
                    following = _next_key(shots, before, direction)
                    if following is None or (stops[direction] - following) * direction <= 0:
                        break
                    at_the_end = following in (start, end - 1)
                    if followed(following) >= (_ENOUGH_AT_THE_END if at_the_end else _ENOUGH):
                        break
                    yield KeyFrame(following, before)
                    before = following


def _next_key(shots: AnalysedShots, key: int, direction: int) -> int | None:
    """The first frame beyond `key` that shows too little of it, or the shot's last if that shows not most of it."""
    last, shown = None, 1.0
    for last, _, likely in walk(shots, key, direction):
        shown = float(likely.mean())
        if shown < _ENOUGH:
            return last
    return last if shown < _ENOUGH_AT_THE_END else None


@dataclass(frozen=True)
class Model:
    """What key frames are painted from, each by its number.

    Attributes:
        seen: what is painted over, h w 3 float32 in 0..1 at analysis size.
        reference: the picture in whose style it is painted, h' w' 3 float32 in 0..1.
        painted: the paint of a key frame that is there already, h w 3 float32 in 0..1 at analysis size.
    """

    seen: Callable[[int], Array]
    reference: Callable[[int], Array]
    painted: Callable[[int], Array]


def paint_keys(
    keys: list[KeyFrame],
    shots: AnalysedShots,
    model: Model,
    params: PaintParams,
    shelf: Shelf,
    on_key: Callable[[int], None],
) -> None:
    """Paint key frames at analysis size; those on the shelf already are left.

    Args:
        keys: in the order in which they are to be painted.
        shots: followed.
        model: what they are painted from.
        params: see there.
        shelf: takes "rgb" of each, h w 3 float16 in 0..1.
        on_key: hears how many are painted, after each one.
    """
    for done, key in enumerate(keys, start=1):
        if not shelf.has(key.frame):
            frame = model.seen(key.frame)
            fitted = fitted_reference(model.reference(key.frame), frame.shape, params)
            begun = None if key.before is None else _carried(shots, key, model.painted(key.before))
            painted = paint(frame, fitted, params, begun=begun)
            shelf.put(key.frame, rgb=painted.astype(np.float16))
        on_key(done)


def _carried(shots: AnalysedShots, key: KeyFrame, paint_before: Array) -> Begun:
    """The paint of the key frame before, carried to this one, and where it stays."""
    assert key.before is not None
    direction = 1 if key.frame > key.before else -1
    places, likely = next((p, s) for f, p, s in walk(shots, key.before, direction) if f == key.frame)
    paint = np.clip(sample(paint_before, places, cubic=True), 0, 1)
    return Begun(paint, np.clip(likely / _KEPT - 0.5, 0, 1).astype(np.float32))
