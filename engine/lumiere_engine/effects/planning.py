"""Windows of time that a clip is generated in: as long as the layers learned, or as fit into the device's memory.

The windows change what comes out. So they are chosen once per job, before its network is read, and are kept with it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch

from ..protocol.errors import SpecError
from ..stunet.footprint import footprint
from ..stunet.image_params import InflatedParams

# Frames; two windows of fewer share none.
_LEAST = 4
# Of what is free: the rest is for workspaces of kernels, and for gaps between what was allocated.
_SHARE = 0.85


@dataclass(frozen=True)
class Pass:
    """What memory depends on where a clip is generated."""

    network: InflatedParams
    dtype: torch.dtype
    """Of the network."""
    frames: int
    """Of the clip."""
    rows: int
    """Of the network's pictures: latents, or pixels."""
    columns: int
    overlap: int | None
    """Frames that windows share; None is a quarter."""
    device: str
    """ "cpu" or "cuda"."""

    def bytes(self, window: int) -> int:
        """What one evaluation takes, the network included."""
        size, _ = spaced(self.frames, window, self.overlap)
        gpu = self.device == "cuda"
        return footprint(self.network, size, self.rows, self.columns, self.dtype, gpu).bytes


@dataclass(frozen=True)
class Sizes:
    """How sizes are told to the artist."""

    pixel: int
    """Rows and columns of the clip for each of the network's."""
    multiple: int
    """The network's rows and columns are a multiple of this."""

    def told(self, work: Pass) -> str:
        """Width and height of the clip."""
        return f"{work.columns * self.pixel} × {work.rows * self.pixel}"

    def smaller(self, work: Pass) -> list[Pass]:
        """The same clip in its own shape, smaller, from the smallest on."""
        longest = max(work.rows, work.columns) // self.multiple

        def scaled(length: int, steps: int) -> int:
            return max(1, round(length * steps / (longest * self.multiple))) * self.multiple

        return [
            replace(work, rows=scaled(work.rows, steps), columns=scaled(work.columns, steps))
            for steps in range(1, longest)
        ]


def spaced(frames: int, window: int, overlap: int | None) -> tuple[int, int]:
    """Size and overlap of windows over a clip, so that none is a narrow rest.

    Args:
        frames: of the clip.
        window: the longest one.
        overlap: frames that two of them share; None is a quarter.
    """
    if frames <= window:
        return frames, 0
    shared = min(window // 4 if overlap is None else overlap, window - 1)
    count = -(-(frames - shared) // (window - shared))
    return -(-(frames + (count - 1) * shared) // count), shared


def usable(free: int) -> int:
    """Bytes of those that are free which an evaluation may take."""
    return int(_SHARE * free)


def choose_window(
    work: Pass, longest: int, free: int, sizes: Sizes, *, chosen: int | None = None, shorter: bool = True
) -> int:
    """Frames of the longest windows that fit; by halves, so that a little more or less memory changes nothing.

    Args:
        work: what is to be done.
        longest: what the layers learned.
        free: bytes.
        sizes: how the clip's size is told.
        chosen: by the artist, whose word counts; None leaves it open.
        shorter: whether windows may be shorter than what the layers learned.

    Raises:
        SpecError: it does not fit; says what would.
    """
    room = usable(free)
    first = chosen or longest
    tried = list(_halves(min(first, work.frames))) if chosen is None and shorter else [first]
    for window in tried:
        if work.bytes(window) <= room:
            return first if window == tried[0] else window
    raise SpecError(
        _too_much(work, tried[-1], room, sizes), remedy=_what_fits(work, tried[-1], room, sizes, shorter)
    )


def _halves(longest: int) -> Iterator[int]:
    window = longest
    while True:
        yield window
        if window // 2 < _LEAST:
            return
        window //= 2


def _too_much(work: Pass, window: int, room: int, sizes: Sizes) -> str:
    held = min(window, work.frames)
    return (
        f"{sizes.told(work)} pixels take {_gigabytes(work.bytes(window))} of memory, {held} at a time,"
        f" and {_gigabytes(room)} can be used now"
    )


def _what_fits(work: Pass, window: int, room: int, sizes: Sizes, shorter: bool) -> str:
    fits = partial(_fits, room=room)
    windows = _halves(min(window, work.frames)) if shorter else iter(())
    fitting = next((w for w in windows if fits(work, w)), None)
    smaller = sizes.smaller(work)
    count = bisect_left(smaller, True, key=lambda one: not fits(one, window))
    choices = [
        *([f"a window of {fitting} frames"] if fitting is not None else []),
        *([f"{sizes.told(smaller[count - 1])} pixels"] if count else []),
    ]
    if choices:
        return f"choose {' or '.join(choices)}, or end what else holds memory"
    weights = _gigabytes(_weights(work))
    return f"end what else holds memory, or take a smaller model: the weights alone take {weights}"


def _fits(work: Pass, window: int, room: int) -> bool:
    return work.bytes(window) <= room


def _weights(work: Pass) -> int:
    return footprint(work.network, 1, 1, 1, work.dtype).weights


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
