"""Pictures for a screen: a child process of the panel that decodes, shrinks and draws mattes.

It reads one JSON object a line, and answers each with a line of JSON and, where that says so, that many bytes. It ends
when its input does. Nothing here touches the queue or a device.
"""

from __future__ import annotations

import json
import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..effects.softness import default_growth
from ..frames.convert import to_rgb
from ..frames.picture import FrameFormat, Picture, PixelLayout
from ..frames.source import FrameSource, open_source
from ..matte.roto_file import RotoMedia
from ..matte.roto_raster import render_roto
from ..matte.shape import soft_matte
from ..matte.source import core
from ..protocol.errors import LumiereError, SpecError, UnreadableMediaError
from ..protocol.roto import Roto
from ..protocol.wire import decode

Bytes = NDArray[np.uint8]
_MOST_OPEN = 6


class Viewer:
    """Answers requests for pictures; keeps the last media open."""

    def __init__(self) -> None:
        self._sources: OrderedDict[tuple[str, int], FrameSource] = OrderedDict()
        self._roto_media = RotoMedia()
        self._tasks: dict[str, Callable[[dict[str, Any]], tuple[dict[str, Any], Bytes]]] = {
            "frame": self._frame,
            "difference": self._difference,
            "matte": self._matte,
        }

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], Bytes]:
        """The head of an answer, and a picture.

        {"do": "frame", "path", "frame", "side"}: h w 3; `side` is the most pixels of its longer side, 0 for all.
        {"do": "difference", "path", "other", "frame", "other_frame", "side", "gain"}: h w 3.
        {"do": "matte", "roto", "frame", "width", "height", "soft", "grow", "feather"}: h w; as it is drawn, or, if
        `soft`, grown and feathered as a job does it, in pixels of the plate or None for a job's own default.

        Raises:
            LumiereError: it cannot be read.
        """
        task = self._tasks.get(str(request.get("do")))
        if task is None:
            raise SpecError(f"'{str(request.get('do'))[:40]}' is nothing that a viewer does")
        return task(request)

    def _frame(self, request: dict[str, Any]) -> tuple[dict[str, Any], Bytes]:
        picture = self._rgb(request["path"], request["frame"], request["side"])
        return _head(picture), picture

    def _difference(self, request: dict[str, Any]) -> tuple[dict[str, Any], Bytes]:
        one = self._rgb(request["path"], request["frame"], request["side"])
        other = self._rgb(request["other"], request["other_frame"], request["side"])
        if other.shape != one.shape:
            other = cast(Bytes, cv2.resize(other, (one.shape[1], one.shape[0])))
        picture = cast(Bytes, cv2.convertScaleAbs(cv2.absdiff(one, other), alpha=float(request["gain"])))
        return _head(picture), picture

    def _matte(self, request: dict[str, Any]) -> tuple[dict[str, Any], Bytes]:
        roto = decode(Roto, request["roto"])
        width, height = int(request["width"]), int(request["height"])
        matte = render_roto(roto, int(request["frame"]), width, height, self._roto_media.read)
        if request["soft"]:
            scale, default = width / roto.width, default_growth(roto.height)
            grow = default if request["grow"] is None else float(request["grow"])
            feather = default / 2 if request["feather"] is None else float(request["feather"])
            matte = soft_matte(core(matte), grow * scale, feather * scale)
            matte = matte * np.float32(1.0 if roto.span is None else roto.span.level(int(request["frame"])))
        picture: Bytes = np.rint(matte * 255).astype(np.uint8)
        return _head(picture), picture

    def _rgb(self, path: str, frame: int, side: int) -> Bytes:
        source = self._source(path)
        if not 0 <= frame < source.frame_count:
            raise UnreadableMediaError(f"it has no frame {frame}", clip=path)
        longer = max(source.format.width, source.format.height)
        # by a whole number: three times as fast to average, and as sharp
        whole = longer / -(-longer // side) if side else 0
        small, fmt = shrunk(source.read(frame), source.format, whole)
        rgb = to_rgb(small, fmt)
        rgb *= 255
        rgb += 0.5
        return cast(Bytes, np.clip(rgb, 0, 255, out=rgb).astype(np.uint8))

    def _source(self, path: str) -> FrameSource:
        """The media, open; opened anew when the file was replaced."""
        try:
            key = path, Path(path).stat().st_mtime_ns
        except OSError:
            key = path, 0  # the pattern of a sequence
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = open_source(path, conform=True)
        self._sources.move_to_end(key)
        while len(self._sources) > _MOST_OPEN:
            self._sources.popitem(last=False)[1].close()
        return source


def shrunk(picture: Picture, fmt: FrameFormat, side: float) -> tuple[Picture, FrameFormat]:
    """The picture no larger than `side` pixels (0: as it is), shrunk in its own samples: 4K in a few milliseconds.

    Chroma comes out as large as luma.
    """
    scale = side / max(picture.width, picture.height) if side else 1.0
    if scale >= 1:
        return picture, fmt
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    planes = tuple(
        np.asarray(cv2.resize(_resizable(plane), size, interpolation=cv2.INTER_AREA))
        for plane in picture.planes
    )
    layout = replace(picture.layout, chroma_shift=(0, 0))
    if layout.floating:
        layout = PixelLayout(layout.family, 32, True, layout.alpha)
    return Picture(planes, layout), replace(fmt, width=size[0], height=size[1], layout=layout)


def _resizable(plane: NDArray[Any]) -> NDArray[Any]:
    return plane.astype(np.float32) if plane.dtype == np.float16 else plane


def _head(picture: Bytes) -> dict[str, Any]:
    return {
        "label": "Picture.1",
        "width": picture.shape[1],
        "height": picture.shape[0],
        "channels": 1 if picture.ndim == 2 else picture.shape[2],
        "bytes": picture.nbytes,
    }


def main() -> int:
    """Answer until the input ends."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes to the log
    viewer = Viewer()
    for line in sys.stdin.buffer:
        content = b""
        try:
            head, picture = viewer.answer(json.loads(line))
            content = np.ascontiguousarray(picture).tobytes()
        except LumiereError as error:
            head = error.to_wire()
        except Exception as error:
            head = UnreadableMediaError(f"it cannot be shown: {type(error).__name__}: {error}").to_wire()
        try:
            channel.write(json.dumps(head).encode() + b"\n" + content)
            channel.flush()
        except BrokenPipeError:
            return 0  # whoever asked is gone
    return 0


if __name__ == "__main__":
    cv2.setNumThreads(1)  # the panel runs beside a renderer and a host
    sys.exit(main())
