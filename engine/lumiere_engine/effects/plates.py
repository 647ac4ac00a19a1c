"""The plate's frames at their own size, at hand in any order, in a window of time that moves along."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from ..frames.convert import to_rgb
from ..frames.prefetch import prefetch
from ..frames.source import FrameSource
from ..motion.parallel import MOST_WORKERS
from ..protocol.ranges import FrameRange
from .packing import pack, unpack
from .workspace import Workspace

Array = np.ndarray

_AT_HAND_BYTES = 192 << 20


class Plates:
    """Working RGB of the frames within `reach` of the current one, decoded once each and kept on disk.

    Args:
        source: the plate.
        frames: the plate's frames that the job works on; here they are counted from 0 at its start.
        workspace: where decoded frames are kept.
        reach: how many frames before and after the current one may be asked for.
    """

    def __init__(self, source: FrameSource, frames: FrameRange, workspace: Workspace, reach: int) -> None:
        self._source, self._frames, self._reach = source, frames, reach
        self._shelf = workspace.shelf("plates")
        self._floating = source.format.layout.floating
        self._decoding: Iterator[Array] | None = None
        self._next = 0
        # other threads may still be working on the frames that were last moved to
        self._windows: deque[FrameRange] = deque(maxlen=MOST_WORKERS + 1)
        self._kept: set[int] = set()
        fmt = source.format
        self.rgb = lru_cache(max(2, _AT_HAND_BYTES // (fmt.width * fmt.height * 12)))(self._rgb)

    def move_to(self, frame: int) -> None:
        """Make the frames around `frame`, which must not lie before the last one, available; forget others."""
        first, last = max(0, frame - self._reach), min(self._frames.duration - 1, frame + self._reach)
        self._windows.append(FrameRange.between(first, last + 1))
        if self._decoding is None:
            self._next = first
            self._decoding = self._decode(first)
        while self._next <= last:
            rgb = next(self._decoding)
            if self._next >= first:
                self._shelf.put(self._next, rgb=rgb if self._floating else pack(rgb))
                self._kept.add(self._next)
            self._next += 1
        for number in [t for t in self._kept if not any(t in window for window in self._windows)]:
            self._shelf.drop(number)
            self._kept.remove(number)

    def _rgb(self, frame: int) -> Array:
        """Working RGB, h w 3 float32."""
        return unpack(self._shelf.get(frame)["rgb"])

    def _decode(self, first: int) -> Iterator[Array]:
        start = self._frames.start
        rest = FrameRange.between(start + first, self._frames.end_exclusive)
        for picture in prefetch(self._source.iter(rest)):
            yield to_rgb(picture, self._source.format)
