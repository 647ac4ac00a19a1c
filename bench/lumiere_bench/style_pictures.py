"""Pictures of a pair of a shot and a style: a row of the contact sheet, a movie of all methods side by side."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.protocol.errors import OutputError

from .clips import Size, read_clip, write_clip

Array = np.ndarray
_TILE, _SMALL = 320, 180  # pixels of a picture's width, kept and on the sheet
_ACROSS = 4  # pictures in a row of a movie
_HEAD, _SPACE = 20, 2  # pixels above and around them
_INK, _PAPER = (235, 235, 235), 24
_ROWS = "rows"


def write_row(out: Path, pair: str, pictures: list[Array]) -> None:
    """Keep a pair's row of the sheet: pictures side by side, all of the size of the last."""
    height = round(_TILE * pictures[-1].shape[0] / pictures[-1].shape[1])
    row = np.hstack([cv2.resize(covering(p, (height, _TILE)), (_TILE, height)) for p in pictures])
    write_picture(out / _ROWS / f"{pair}.png", row)


def write_sheet(out: Path, names: list[str]) -> None:
    """All pairs of the folder whose rows have a picture for each of `names`, which stand above: `styles.jpg`."""
    rows = [read_clip(path, Size(), 1)[0][0] for path in sorted((out / _ROWS).glob("*.png"))]
    width = len(names) * _SMALL
    small = [
        cv2.resize(r, (width, r.shape[0] * width // r.shape[1]), interpolation=cv2.INTER_AREA)
        for r in rows
        if r.shape[1] == len(names) * _TILE
    ]
    head = np.full((_HEAD, width, 3), _PAPER, np.uint8)
    for column, name in enumerate(names):
        _letter(head, name, column * _SMALL)
    write_picture(out / "styles.jpg", np.vstack([head, *small]))


def write_side_by_side(path: Path, rate: Fraction, reference: Array, answers: dict[str, Array]) -> None:
    """A movie of all answers at once, their names above them, and the picture that they are in the style of.

    Args:
        path: of the movie.
        rate: frames per second.
        reference: h' w' 3 uint8.
        answers: by their names, t h w 3 uint8 each; one that is shorter leaves its place empty in the end.
    """
    first = next(iter(answers.values()))
    height = round(_TILE * first.shape[1] / first.shape[2])
    whole = _whole(reference, height)
    names = [next(iter(answers)), "reference", *list(answers)[1:]]
    frames = []
    for number in range(len(first)):
        tiles = []
        for name in names:
            answer = answers.get(name)
            if answer is None:
                picture = whole
            elif number < len(answer):
                picture = cv2.resize(answer[number], (_TILE, height), interpolation=cv2.INTER_AREA)
            else:
                picture = np.full((height, _TILE, 3), _PAPER, np.uint8)
            tiles.append(_titled(picture, name))
        tiles += [np.full_like(tiles[0], _PAPER)] * (-len(tiles) % _ACROSS)
        frames.append(np.vstack([np.hstack(tiles[i : i + _ACROSS]) for i in range(0, len(tiles), _ACROSS)]))
    path.parent.mkdir(exist_ok=True)
    write_clip(path, np.stack(frames), rate)


def covering(reference: Array, shape: tuple[int, ...]) -> Array:
    """The reference as large as a frame of `shape`: scaled until it covers it, its middle cut out."""
    height, width = shape[:2]
    factor = max(height / reference.shape[0], width / reference.shape[1])
    size = (max(width, round(reference.shape[1] * factor)), max(height, round(reference.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    large = cv2.resize(reference, size, interpolation=how)
    y, x = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[y : y + height, x : x + width]


def write_picture(path: Path, picture: Array) -> None:
    """Write h w 3 uint8.

    Raises:
        OutputError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), picture[..., ::-1]):
        raise OutputError("cannot be written", clip=str(path))


def _whole(reference: Array, height: int) -> Array:
    """All of the reference within a tile."""
    factor = min(height / reference.shape[0], _TILE / reference.shape[1])
    size = (max(1, round(reference.shape[1] * factor)), max(1, round(reference.shape[0] * factor)))
    small = cv2.resize(reference, size, interpolation=cv2.INTER_AREA)
    tile = np.full((height, _TILE, 3), _PAPER, np.uint8)
    y, x = (height - size[1]) // 2, (_TILE - size[0]) // 2
    tile[y : y + size[1], x : x + size[0]] = small
    return tile


def _titled(picture: Array, name: str) -> Array:
    """A picture with space around it and its name above; its sides are even, as H.264 wants them."""
    height, width = picture.shape[:2]
    odd = height % 2
    tile = np.full((_HEAD + height + odd + _SPACE, width + _SPACE, 3), _PAPER, np.uint8)
    tile[_HEAD : _HEAD + height, :width] = picture
    _letter(tile, name, 0)
    return tile


def _letter(picture: Array, name: str, left: int) -> None:
    place = (left + 6, 14)
    text = name.replace("α", "alpha")
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)
