"""Masks that other programs have drawn: matte clips, Nuke, Silhouette, SVG, COCO and SAM, as masks of a roto."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..frames.sequence import find_sequence
from ..protocol.errors import MatteError, MissingMediaError, SpecError
from ..protocol.patterns import is_pattern
from ..protocol.roto import DRAWN_SUFFIXES, MOST_KNOTS, ROTO_SUFFIX, Knot, Mask, Roto
from .media import MatteMedia
from .roto_coco import masks_of_annotations
from .roto_file import read_roto
from .roto_fxs import read_fxs
from .roto_nuke import read_nuke
from .roto_svg import svg_shapes

_FORMATS = "a matte movie, picture or sequence, .nk, .fxs, .svg, COCO or SAM .json, .roto.json"


def import_masks(
    path: Path, *, frame: int, first: int, count: int, size: tuple[int, int], folder: Path, plate: str
) -> tuple[Mask, ...]:
    """The masks in a file, numbered from 1.

    Args:
        path: what another program wrote.
        frame: of the media; shapes that have no time are drawn there.
        first: the frame that a matte's first frame belongs to, unless it has as many frames as the media.
        count: frames of the media.
        size: of the plate, pixels.
        folder: where rendered masks are written, if the file holds some.
        plate: the media: a script's frames are numbered as its files are.

    Raises:
        MissingMediaError: no such file.
        MatteError: nothing in it that can be used.
    """
    if not path.exists() and "%" not in path.name and "#" not in path.name:
        raise MissingMediaError("no such file", clip=str(path))
    suffix = path.suffix.lower()
    if path.name.endswith(DRAWN_SUFFIXES):
        return read_drawing(path, size, frame=frame, first_number=first_number(plate)).masks
    if suffix == ".json":
        return masks_of_annotations(_json(path), path, frame=frame, size=size, folder=folder)
    return (_from_media(path, first, count, size),)


def read_drawing(path: Path, size: tuple[int, int], *, frame: int, first_number: int) -> Roto:
    """A file of shapes as a roto document: our own as it is, others drawn on the plate's size.

    Args:
        path: the file, of a suffix of `DRAWN_SUFFIXES`.
        size: of the plate, pixels.
        frame: of the media; shapes that have no time are drawn there.
        first_number: of the media's first frame, as a Nuke script counts.

    Raises:
        MissingMediaError: no such file.
        MatteError: nothing in it that can be used.
    """
    if not path.exists():
        raise MissingMediaError("no such file", clip=str(path))
    suffix = path.suffix.lower()
    if path.name.endswith(ROTO_SUFFIX):
        return read_roto(path)
    try:
        if suffix == ".nk":
            return Roto(*size, tuple(read_nuke(path, height=size[1], first_number=first_number)))
        if suffix == ".fxs":
            return Roto(*size, tuple(read_fxs(path, width=size[0], height=size[1])))
        return Roto(*size, _from_shapes(svg_shapes(path, size), path, frame))
    except SpecError as error:
        raise MatteError(error.message, clip=str(path)) from None


def first_number(plate: str) -> int:
    """The number of a media's first frame in programs that count from 1, or as its files are numbered; 1 for none."""
    place = Path(plate)
    if not plate:
        return 1
    if place.is_dir() or (is_pattern(plate) and not place.exists()):
        found = find_sequence(place).first_number
        return 1 if found is None else found
    return 1


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
