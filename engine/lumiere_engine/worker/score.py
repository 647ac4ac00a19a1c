"""How good is a result where the truth is known: PSNR inside the hole, and a sheet to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..frames.convert import to_rgb
from ..frames.source import FrameSource, open_source
from ..matte.source import core, open_matte
from ..protocol.errors import SpecError
from ..protocol.ranges import FrameRange

Array = np.ndarray
_PICTURES = 5
_INK = (235, 235, 235)


def score(question: dict[str, Any]) -> dict[str, Any]:
    """Compare results with the truth.

    Args:
        question: "plate", "truth": media; "frames": {"start", "duration"} of both; "matte": media with a frame
            for each of the plate's; "results": name → [media, number of its frame that belongs to the first];
            "origin": likewise, or None; "sheet": where the contact sheet goes.

    Returns:
        "psnr_db": name → PSNR of all pixels inside the matte's core, R'G'B', all frames together, in dB; with
        "OpenCV Telea" beside the results. "hole": mean share of the frame that is removed.
    """
    frames = FrameRange(**question["frames"])
    errors: dict[str, list[float]] = {}
    pixels = 0
    sheet: list[list[Array]] = []
    shown = {int(i) for i in np.linspace(0, frames.duration - 1, _PICTURES)}
    with ExitStack() as stack:
        rows = _rows(question, frames, stack)
        for number, (plate, truth, hole, results, origin) in enumerate(rows):
            results = {"OpenCV Telea": _telea(plate, hole), **results}
            for name, picture in results.items():
                squares = float(((picture - truth)[hole] ** 2).sum(dtype=np.float64))
                errors.setdefault(name, []).append(squares)
            pixels += int(hole.sum())
            if number in shown:
                outlined = _outlined(plate, hole)
                sheet.append([outlined, *results.values(), truth, *([] if origin is None else [origin])])
    names = ["plate and matte", *errors, "truth", *(["origin"] if question.get("origin") else [])]
    _write_sheet(Path(question["sheet"]), names, sheet)
    if pixels == 0:
        raise SpecError("the matte is empty: there is nothing to score")
    return {
        "psnr_db": {name: _psnr(sum(total), 3 * pixels) for name, total in errors.items()},
        "hole": pixels / (frames.duration * plate.shape[0] * plate.shape[1]),
    }


def _rows(
    question: dict[str, Any], frames: FrameRange, stack: ExitStack
) -> Iterator[tuple[Array, Array, Array, dict[str, Array], Array | None]]:
    """Per frame: plate, truth, hole, results by name, origin; pictures are h w 3 float32, 0..1."""
    plate = stack.enter_context(open_source(question["plate"]))
    truth = stack.enter_context(open_source(question["truth"]))
    matte = stack.enter_context(open_matte([Path(question["matte"])], plate.format, plate.frame_count))
    results = {
        name: _pictures(stack.enter_context(open_source(path)), first, frames.duration)
        for name, (path, first) in question["results"].items()
    }
    origin: Iterator[Array] | None = None
    if question.get("origin"):
        path, first = question["origin"]
        origin = _pictures(stack.enter_context(open_source(path)), first, frames.duration)
    both = zip(
        _pictures(plate, frames.start, frames.duration),
        _pictures(truth, frames.start, frames.duration),
        strict=True,
    )
    for number, (seen, true) in enumerate(both):
        here = {name: next(pictures) for name, pictures in results.items()}
        yield (
            seen,
            true,
            core(matte.read(frames.start + number)),
            here,
            None if origin is None else next(origin),
        )


def _pictures(source: FrameSource, first: int, count: int) -> Iterator[Array]:
    for picture in source.iter(FrameRange(first, count)):
        yield np.clip(to_rgb(picture, source.format), 0, 1)


def _telea(plate: Array, hole: Array) -> Array:
    """The usual free fill (Telea, 2004), frame by frame."""
    bytes_ = np.rint(plate * 255).astype(np.uint8)
    return cv2.inpaint(bytes_, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.float32) / 255


def _psnr(total: float, count: int) -> float:
    return round(float(10 * np.log10(count / max(total, 1e-12))), 2)


def _outlined(plate: Array, hole: Array) -> Array:
    edges, _ = cv2.findContours(hole.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.ascontiguousarray(plate), edges, -1, (1.0, 0.15, 0.1), 2)


def _write_sheet(path: Path, names: list[str], rows: list[list[Array]]) -> None:
    """A picture per column and frame, the columns' names above."""
    height, width = rows[0][0].shape[:2]
    small = (320, round(320 * height / width))
    lines = [np.hstack([_tile(picture, small) for picture in row]) for row in rows]
    head = np.full((34, lines[0].shape[1], 3), 24, np.uint8)
    for column, name in enumerate(names):
        place = (column * (small[0] + 4) + 8, 23)
        cv2.putText(head, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, _INK, 1, cv2.LINE_AA)
    if not cv2.imwrite(str(path), np.vstack([head, *lines])[..., ::-1]):
        raise SpecError("the contact sheet cannot be written", clip=str(path))


def _tile(picture: Array, size: tuple[int, int]) -> Array:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.pad(np.rint(small * 255).astype(np.uint8), ((0, 4), (0, 4), (0, 0)), constant_values=24)
