"""Strips for the panel: per frame, how the matte chatters and how the result flickers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..frames.convert import to_rgb
from ..frames.source import FrameSource, open_source
from ..matte.roto_file import RotoLayer, read_roto
from ..matte.source import core
from ..motion.flow import FlowEstimator
from ..motion.steadiness import chatter, flicker
from ..protocol.messages import Progress
from ..protocol.ranges import FrameRange
from .viewer import shrunk

Array = np.ndarray
OnProgress = Callable[[Progress], None]
SIDE = 480
# Seen is an edge that jumps by a pixel and a half of this size, or a hole half as unsteady again as what surrounds it.
CHATTER_WARN = 1.5
FLICKER_WARN = 1.5


def steadiness(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Judge a matte or a result, frame by frame; two frames are held at a time.

    Args:
        question: "path": media; "start", "duration": its frames; "roto": a roto document; "roto_first": its frame that
            belongs to the first one; "what": "chatter" (the media is the plate) or "flicker" (it is a result).
        on_progress: hears of the stage "read".

    Returns:
        "values": of each frame, against the one before; the first one's, and what cannot be judged, is None;
        "warn": from where on a value is worth a look.

    Raises:
        LumiereError: the media or the roto cannot be read.
    """
    frames = FrameRange(question["start"], question["duration"])
    judge = {"chatter": _chatter, "flicker": _flicker}[question["what"]]
    values: list[float | None] = []
    with ExitStack() as stack:
        source = stack.enter_context(open_source(question["path"], conform=True))
        pictures = _pictures(source, frames)
        first = next(pictures)
        height, width = first.shape[:2]
        path = Path(question["roto"])
        roto = RotoLayer(path, read_roto(path), width, height)
        stack.callback(roto.close)
        estimate = FlowEstimator("fast")
        before = first, roto.read(question["roto_first"])
        values.append(None)
        for number, picture in enumerate(pictures, start=1):
            now = picture, roto.read(question["roto_first"] + number)
            flow = estimate(_grey(now[0]), _grey(before[0]))
            value = judge(before, now, flow)
            values.append(None if value is None else round(value, 3))
            before = now
            on_progress(Progress("read", number, frames.duration))
    return {"values": values, "warn": CHATTER_WARN if question["what"] == "chatter" else FLICKER_WARN}


def _chatter(before: tuple[Array, Array], now: tuple[Array, Array], flow: Array) -> float | None:
    return chatter(before[1], now[1], flow)


def _flicker(before: tuple[Array, Array], now: tuple[Array, Array], flow: Array) -> float | None:
    return flicker(before[0], now[0], core(now[1]), flow)


def _pictures(source: FrameSource, frames: FrameRange) -> Iterator[Array]:
    """Small ones, h w 3 uint8."""
    for picture in source.iter(frames):
        small, fmt = shrunk(picture, source.format, SIDE)
        yield np.clip(np.rint(to_rgb(small, fmt) * 255), 0, 255).astype(np.uint8)


def _grey(picture: Array) -> Array:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
