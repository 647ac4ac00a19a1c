"""COCO annotations and the masks of Segment Anything: polygons, and run lengths plain or compressed."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..protocol.errors import MatteError
from ..protocol.roto import MOST_KNOTS, Knot, Mask

Bools = NDArray[np.bool_]
_MOST_PIXELS = 1 << 28


def masks_of_annotations(
    data: Any, path: Path, *, frame: int, size: tuple[int, int], folder: Path
) -> tuple[Mask, ...]:
    """Polygons as splines; run lengths as a sequence of pictures, one for each frame.

    Args:
        data: the parsed file: a COCO document, a list of annotations, or one.
        path: for errors and names.
        frame: of the media, for what names no frame.
        size: of the plate.
        folder: where pictures are written.

    Raises:
        MatteError: no annotation in it can be used.
    """
    images = {one.get("id"): one for one in data.get("images", [])} if isinstance(data, dict) else {}
    found = data.get("annotations", [data]) if isinstance(data, dict) else data
    shapes: list[Mask] = []
    rendered: dict[int, Bools] = {}
    for annotation in found if isinstance(found, list) else ():
        if not isinstance(annotation, dict):
            continue
        about = images.get(annotation.get("image_id"), {})
        at = _frame_of(annotation, about, frame)
        segmentation = annotation.get("segmentation", annotation)
        if isinstance(segmentation, dict) and "counts" in segmentation:
            mask = decode_rle(segmentation, path)
            rendered[at] = (
                rendered[at] | mask if at in rendered and rendered[at].shape == mask.shape else mask
            )
        elif isinstance(segmentation, list):
            scale = size[0] / about.get("width", size[0]), size[1] / about.get("height", size[1])
            shapes += _polygons(segmentation, at, scale, len(shapes) + 1, path)
    masks = shapes + _as_sequence(rendered, len(shapes) + 1, path, folder)
    if not masks:
        raise MatteError("it holds no polygon and no run lengths", clip=str(path))
    return tuple(masks)


def decode_rle(segmentation: dict[str, Any], path: Path) -> Bools:
    """Run lengths down the columns, beginning with those outside; bool h w.

    Raises:
        MatteError: they do not add up to the size.
    """
    try:
        height, width = (int(side) for side in segmentation["size"])
        counts = segmentation["counts"]
        runs = _decompressed(counts) if isinstance(counts, str) else [int(count) for count in counts]
    except (KeyError, TypeError, ValueError) as error:
        raise MatteError(f"run lengths that cannot be understood: {error}", clip=str(path)) from None
    if not 0 < height * width <= _MOST_PIXELS or min(runs, default=-1) < 0 or sum(runs) != height * width:
        raise MatteError(f"run lengths that do not fill {width}x{height} pixels", clip=str(path))
    values = np.arange(len(runs)) % 2 == 1
    return cast(Bools, np.repeat(values, runs).reshape(width, height).T)


def _decompressed(text: str) -> list[int]:
    """COCO's own letters: six bits each, five of them of a number; from the third on, differences to two before."""
    runs: list[int] = []
    place = 0
    while place < len(text):
        value, shift, more = 0, 0, True
        while more:
            bits = ord(text[place]) - 48
            value |= (bits & 0x1F) << shift
            more = bool(bits & 0x20)
            place, shift = place + 1, shift + 5
            if not more and bits & 0x10:
                value |= -1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs


def _frame_of(annotation: dict[str, Any], image: dict[str, Any], default: int) -> int:
    for value in (annotation.get("frame"), image.get("frame")):
        if isinstance(value, int) and value >= 0:
            return value
    number = re.findall(r"\d+", str(image.get("file_name", "")).rpartition("/")[2])
    return int(number[-1]) if number else default


def _polygons(
    segmentation: list[Any], frame: int, scale: tuple[float, float], number: int, path: Path
) -> list[Mask]:
    masks: list[Mask] = []
    for polygon in segmentation:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) > 2 * MOST_KNOTS:
            continue
        try:
            places = zip(polygon[::2], polygon[1::2], strict=True)
            knots = tuple(Knot(float(x) * scale[0], float(y) * scale[1]) for x, y in places)
        except (TypeError, ValueError):
            raise MatteError("a polygon that is no list of pairs of numbers", clip=str(path)) from None
        mask = Mask(number + len(masks), f"{path.stem} {number + len(masks)}", "spline")
        masks.append(mask.with_knots(frame, knots))
    return masks


def _as_sequence(rendered: dict[int, Bools], number: int, path: Path, folder: Path) -> list[Mask]:
    """One mask with a picture for every frame from the first to the last; those between that have none are black."""
    if not rendered:
        return []
    first, last = min(rendered), max(rendered)
    if last - first > 100_000:
        raise MatteError(f"frames from {first} to {last}", clip=str(path))
    place = folder / f"{path.stem}_masks"
    place.mkdir(parents=True, exist_ok=True)
    blank: dict[int, Bools] = defaultdict(lambda: np.zeros_like(rendered[first]), rendered)
    for frame in range(first, last + 1):
        if not cv2.imwrite(str(place / f"mask.{frame:06d}.png"), blank[frame].astype(np.uint8) * 255):
            raise MatteError("the masks cannot be written", clip=str(place))
    if first == last:
        return [Mask(number, path.stem, "matte", media=str(place / f"mask.{first:06d}.png"))]
    return [Mask(number, path.stem, "matte", media=str(place / "mask.%06d.png"), media_first=first)]
