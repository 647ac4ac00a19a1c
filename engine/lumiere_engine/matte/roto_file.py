"""Roto documents on disk, and as a matte that a job reads frame by frame."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..protocol.errors import MatteError, MissingMediaError
from ..protocol.roto import ROTO_SUFFIX, Roto
from ..protocol.wire import decode, parse_json
from .media import MatteMedia
from .roto_raster import render_roto

Matte = NDArray[np.float32]
_SAME_SHAPE = 0.01
_MOST_OPEN = 16


def is_roto(path: Path) -> bool:
    """Whether a matte is a roto document, by its name."""
    return path.name.endswith(ROTO_SUFFIX)


def read_roto(path: Path) -> Roto:
    """The document in a file.

    Raises:
        MissingMediaError: no such file.
        SpecError: no roto document, or one of an unknown version.
    """
    try:
        return decode(Roto, parse_json(path.read_bytes()))
    except FileNotFoundError:
        raise MissingMediaError("no such file", clip=str(path)) from None
    except OSError as error:
        raise MatteError(f"the roto cannot be read: {error.strerror}", clip=str(path)) from error


def media_of(path: Path) -> tuple[str, ...]:
    """The rendered mattes that a roto document shows: a result depends on them as well."""
    found = []
    for mask in read_roto(path).masks:
        if not mask.enabled:
            continue
        found += [] if mask.media is None else [mask.media]
        found += [one.base for one in mask.paintings if one.base is not None]
        for one in mask.tracked:
            frames = range(one.start, one.end_exclusive)
            found += [one.picture(frame) for frame in frames if mask.tracked_at(frame) is one]
    return tuple(found)


class RotoMedia:
    """The rendered mattes that masks name; the last ones stay open. Not thread-safe."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, MatteMedia] = OrderedDict()

    def read(self, path: str, index: int, width: int, height: int) -> Matte:
        """A frame of a matte: nothing where it has no frame; a picture is held.

        Raises:
            MediaError: it is missing or cannot be read.
        """
        media = self._open.get(path)
        if media is None:
            media = self._open[path] = MatteMedia(Path(path))
        self._open.move_to_end(path)
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)[1].close()
        if not media.held and not 0 <= index < media.count:
            return np.zeros((height, width), np.float32)
        return _resized(media.native(0 if media.held else index), width, height)

    def close(self) -> None:
        """Let go of files."""
        for media in self._open.values():
            media.close()
        self._open.clear()


class RotoLayer:
    """A drawing as a matte for every frame of the media.

    Args:
        path: where it was read from, for errors.
        roto: the drawing.
        width, height: of the plate.

    Raises:
        MatteError: it was drawn on a plate of another shape.
    """

    def __init__(self, path: Path, roto: Roto, width: int, height: int) -> None:
        self._roto = roto
        self._size = (width, height)
        self._media = RotoMedia()
        self.notes: list[str] = []
        mine = self._roto.width / self._roto.height
        if abs(mine * height / width - 1) > _SAME_SHAPE:
            raise MatteError(
                f"the roto was drawn on {self._roto.width}x{self._roto.height}, the plate is {width}x{height}",
                clip=str(path),
                remedy="draw it on this plate",
            )

    def read(self, index: int) -> Matte:
        """float32 h w at the plate's size."""
        return render_roto(self._roto, index, *self._size, self._media.read)

    def level(self, index: int) -> float:
        """How much of a frame's matte is seen, 0..1: a drawing may be blended in and out."""
        return 1.0 if self._roto.span is None else self._roto.span.level(index)

    def close(self) -> None:
        """Let go of files."""
        self._media.close()


def _resized(matte: Matte, width: int, height: int) -> Matte:
    if matte.shape == (height, width):
        return matte
    method = cv2.INTER_AREA if width < matte.shape[1] else cv2.INTER_LINEAR
    return cast(Matte, cv2.resize(matte, (width, height), interpolation=method))
