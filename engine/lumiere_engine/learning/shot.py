"""A shot as the learner sees it: colours, and which of them are real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lumiere_engine.protocol.errors import SpecError

Rgb = NDArray[np.float32]
"""t h w 3 in [-1, 1]."""
Mask = NDArray[np.bool_]
"""t h w."""


class ShotVolume(Protocol):
    """The frames of one shot around what is to be generated, read piece by piece.

    Frames are numbered from 0 at the shot's start, the same for every chunk of a job: a volume spans the
    whole shot, however few of its frames are wanted now.
    """

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        ...

    def read(self, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> tuple[Rgb, Mask]:
        """The box [t0, t1) × [y0, y1) × [x0, x1), which lies inside the shape.

        Returns:
            rgb: t h w 3 float32 in [-1, 1]; finite, of no meaning where not known.
            known: t h w bool; true where the colour is real (of the plate, or borrowed from another frame),
                false where it is to be imagined.
        """
        ...


Start = Callable[[int, int, int, int, int, int], Rgb]
"""The filled start, read as `ShotVolume.read` reads: t0, t1, y0, y1, x0, x1 → rgb t h w 3 in [-1, 1]."""


@dataclass(frozen=True)
class ArrayVolume:
    """A `ShotVolume` in memory.

    Raises:
        SpecError: arrays of another kind or of different sizes.
    """

    rgb: Rgb
    """t h w 3 float32 in [-1, 1]."""
    known: Mask
    """t h w bool."""

    def __post_init__(self) -> None:
        if self.rgb.ndim != 4 or self.rgb.shape[3] != 3 or self.rgb.dtype != np.float32:
            raise SpecError(f"a shot is t h w 3 float32, not {self.rgb.dtype} {self.rgb.shape}")
        if self.known.shape != self.rgb.shape[:3] or self.known.dtype != np.bool_:
            raise SpecError(
                f"'known' must be bool {self.rgb.shape[:3]}, not {self.known.dtype} {self.known.shape}"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        t, h, w = self.known.shape
        return t, h, w

    def read(self, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> tuple[Rgb, Mask]:
        """See `ShotVolume.read`."""
        return self.rgb[t0:t1, y0:y1, x0:x1], self.known[t0:t1, y0:y1, x0:x1]


@dataclass(frozen=True)
class Place:
    """A rectangle of the picture, the same in every frame."""

    y0: int
    y1: int
    x0: int
    x1: int


@dataclass(frozen=True)
class HiddenPlaces:
    """A `ShotVolume` that says of some places that they are not known: kept from training, for tests."""

    volume: ShotVolume
    places: tuple[Place, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.volume.shape

    def read(self, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> tuple[Rgb, Mask]:
        """See `ShotVolume.read`."""
        rgb, known = self.volume.read(t0, t1, y0, y1, x0, x1)
        known = known.copy()
        for place in self.places:
            rows = slice(max(place.y0 - y0, 0), max(place.y1 - y0, 0))
            columns = slice(max(place.x0 - x0, 0), max(place.x1 - x0, 0))
            known[:, rows, columns] = False
        return rgb, known


def array_start(rgb: Rgb) -> Start:
    """A start held in memory, t h w 3 in [-1, 1] for the whole shot."""

    def read(t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> Rgb:
        return rgb[t0:t1, y0:y1, x0:x1]

    return read
