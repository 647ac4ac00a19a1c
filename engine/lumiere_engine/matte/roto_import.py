"""Masks that other programs have drawn: matte clips, SVG, COCO and SAM; each becomes masks of a roto document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..protocol.errors import MatteError, MissingMediaError
from ..protocol.roto import MOST_KNOTS, ROTO_SUFFIX, Knot, Mask
from .media import MatteMedia
from .roto_coco import masks_of_annotations
from .roto_file import read_roto
from .roto_svg import svg_shapes

_FORMATS = "a matte movie, picture or sequence, .svg, COCO or SAM .json, .roto.json"


def import_masks(
    path: Path, *, frame: int, first: int, count: int, size: tuple[int, int], folder: Path
) -> tuple[Mask, ...]:
    """The masks in a file, numbered from 1.

    Args:
        path: what another program wrote.
        frame: of the media; shapes that have no time are drawn there.
        first: the frame that a matte's first frame belongs to, unless it has as many frames as the media.
        count: frames of the media.
        size: of the plate, pixels.
        folder: where rendered masks are written, if the file holds some.

    Raises:
        MissingMediaError: no such file.
        MatteError: nothing in it that can be used.
    """
    if not path.exists() and "%" not in path.name and "#" not in path.name:
        raise MissingMediaError("no such file", clip=str(path))
    suffix = path.suffix.lower()
    if path.name.endswith(ROTO_SUFFIX):
        return read_roto(path).masks
    if suffix == ".svg":
        return _from_shapes(svg_shapes(path, size), path, frame)
    if suffix == ".json":
        return masks_of_annotations(_json(path), path, frame=frame, size=size, folder=folder)
    return (_from_media(path, first, count, size),)


def _from_shapes(shapes: list[tuple[str, tuple[Knot, ...]]], path: Path, frame: int) -> tuple[Mask, ...]:
    masks = tuple(
        Mask(number, name or f"{path.stem} {number}", "spline").with_knots(frame, knots)
        for number, (name, knots) in enumerate(shapes, start=1)
        if 3 <= len(knots) <= MOST_KNOTS
    )
    if not masks:
        raise MatteError("it holds no closed shape", clip=str(path))
    return masks


def _from_media(path: Path, first: int, count: int, size: tuple[int, int]) -> Mask:
    try:
        media = MatteMedia(path)
    except MissingMediaError:
        raise
    except Exception as error:
        raise MatteError(
            "it is no mask that can be read", clip=str(path), remedy=f"choose {_FORMATS}"
        ) from error
    try:
        height, width = media.native(0).shape
        if abs(width / height * size[1] / size[0] - 1) > 0.01:
            raise MatteError(
                f"the matte is {width}x{height}, the plate {size[0]}x{size[1]}: not one shape", clip=str(path)
            )
        start = 0 if media.held or media.count == count else first
        return Mask(1, path.stem, "matte", media=str(path.absolute()), media_first=start)
    finally:
        media.close()


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise MatteError(f"it cannot be read: {error}", clip=str(path)) from None
