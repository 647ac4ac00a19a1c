"""A rendered mask, frame by frame, at the plate's size: white is what is generated."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..frames.picture import FrameFormat
from ..protocol.errors import MatteError
from ..protocol.roto import DRAWN_SUFFIXES
from .media import MatteMedia
from .roto_file import RotoLayer
from .roto_import import first_number, read_drawing

Matte = NDArray[np.float32]

# Frames kept at hand: a stage that looks a few frames back and forth does not decode them again.
_CACHED = 8
# How far a matte's shape may differ from its plate's before it is refused rather than scaled.
_SHAPE_TOLERANCE = 0.01
CORE_THRESHOLD = 0.25


def core(matte: Matte) -> NDArray[np.bool_]:
    """The pixels that a matte surely means: value > 0.25, bool h w.

    Compressed matte movies are noisy. In eight of them (H.264 and MPEG-4, 320 × 240 to 854 × 480) values more
    than 4 pixels outside an edge reached 0.16, and those as far inside stayed above 0.85. A quarter is well
    above the noise, and nearer to the dark side of a soft edge than to its middle: a matte that is a little
    too wide is harmless, one that is a little too tight leaves a rim of the object.
    """
    return matte > CORE_THRESHOLD


class MatteSource:
    """One or more mattes as their union (the maximum), at the plate's size.

    Attributes:
        frame_count: as many as the plate has.
        notes: what was done to the matte that its author should know, one sentence each.
    """

    def __init__(
        self, layers: Sequence[_Layer | RotoLayer], width: int, height: int, frame_count: int
    ) -> None:
        self.frame_count = frame_count
        self.width = width
        self.height = height
        self.notes: list[str] = [note for layer in layers for note in layer.notes]
        self._layers = layers
        self._cache: OrderedDict[int, Matte] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, index: int) -> Matte:
        """Frame `index` as float32 h w, 0 = keep, 1 = generate. The array must not be changed.

        Raises:
            IndexError: there is no such frame.
            UnreadableMediaError: it cannot be decoded.
        """
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of {self.frame_count}")
        with self._lock:
            if index in self._cache:
                self._cache.move_to_end(index)
                return self._cache[index]
            matte = self._layers[0].read(index)
            for layer in self._layers[1:]:
                matte = np.maximum(matte, layer.read(index))
            matte.flags.writeable = False
            self._cache[index] = matte
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
            return matte

    def level(self, index: int) -> float:
        """How much of a frame's matte is seen, 0..1: less than 1 where all of it is blended in or out in time."""
        return max(layer.level(index) for layer in self._layers)

    def close(self) -> None:
        """Let go of files."""
        for layer in self._layers:
            layer.close()

    def __enter__(self) -> MatteSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_matte(paths: Sequence[Path], fmt: FrameFormat, frame_count: int, *, plate: str = "") -> MatteSource:
    """Open mattes for a plate.

    Args:
        paths: each a movie, a picture (held for all frames), a folder or a pattern of pictures, or a drawing of
            `DRAWN_SUFFIXES`, whose frames are those of the plate's media.
        fmt: of the plate.
        frame_count: of the plate.
        plate: its media: a Nuke script's frames are numbered as its files are.

    Raises:
        MatteError: another number of frames, or another shape (both numbers are named).
        MediaError: missing or unreadable, as `open_source`.
    """
    if not paths:
        raise MatteError("there is no matte")
    layers: list[_Layer | RotoLayer] = []
    try:
        for path in map(Path, paths):
            if path.name.endswith(DRAWN_SUFFIXES):
                roto = read_drawing(path, (fmt.width, fmt.height), frame=0, first_number=first_number(plate))
                layers.append(RotoLayer(path, roto, fmt.width, fmt.height))
            else:
                layers.append(_Layer(path, fmt.width, fmt.height, frame_count))
    except BaseException:
        for layer in layers:
            layer.close()
        raise
    return MatteSource(layers, fmt.width, fmt.height, frame_count)


class _Layer:
    """One matte medium at the plate's size."""

    def __init__(self, path: Path, width: int, height: int, frame_count: int) -> None:
        self._path = path
        self._size = (width, height)
        self.notes: list[str] = []
        self._media = MatteMedia(path)
        self._held: Matte | None = None
        try:
            if not self._media.held and self._media.count != frame_count:
                raise MatteError(
                    f"the matte has {self._media.count} frames, the plate has {frame_count}",
                    clip=str(path),
                    remedy="render the matte for exactly the frames that are used, or for all of the media "
                    "and say --matte-covers media",
                )
            self._check_size(self._media.native(0))
        except BaseException:
            self.close()
            raise

    def read(self, index: int) -> Matte:
        """float32 h w at the plate's size; a fresh array unless the matte is held."""
        if self._held is not None:
            return self._held.copy()
        matte = self._media.native(index)
        self._check_size(matte, index, note=False)
        matte = _scaled(matte, self._size)
        if self._media.held:
            self._held = matte
            return matte.copy()
        return matte

    def level(self, _index: int) -> float:
        return 1.0

    def close(self) -> None:
        self._media.close()

    def _check_size(self, matte: Matte, index: int | None = None, note: bool = True) -> None:
        height, width = matte.shape
        if (width, height) == self._size:
            return
        across, down = self._size[0] / width, self._size[1] / height
        sizes = f"{width}x{height} to {self._size[0]}x{self._size[1]}"
        if abs(across / down - 1) > _SHAPE_TOLERANCE:
            raise MatteError(
                f"the matte is {width}x{height}, the plate {self._size[0]}x{self._size[1]}: not one shape",
                clip=str(self._path),
                frame=index,
                remedy="render the matte at the plate's size",
            )
        if note:
            self.notes.append(f"matte {self._path.name} scaled from {sizes}")


def _scaled(matte: Matte, size: tuple[int, int]) -> Matte:
    """To the plate's size: area averages down, linear up; both keep edges where they are."""
    height, width = matte.shape
    if (width, height) == size:
        return matte
    method = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
    return cast(Matte, cv2.resize(matte, size, interpolation=method))
