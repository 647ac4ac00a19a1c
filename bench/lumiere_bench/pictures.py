"""Pictures of a case: a contact sheet, and what one line of it shows over time.

Every method's row is kept on its own, so that the sheets can be put together again when one is added.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.protocol.errors import OutputError

from .cases import Case

Array = np.ndarray
_SHOWN = 5
_LARGEST = (480, 270)
_LABEL_WIDTH = 92
_INK, _PAPER = (235, 235, 235), 24
_QUALITY = 92
_FIRST = ("truth", "plate")


class Gallery:
    """Rows and sheets in a folder: `rows/CASE/METHOD.ROLE.png`, `sheets/CASE.jpg`, `flicker/CASE.jpg`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, case_name: str, method: str) -> bool:
        """Whether a method's rows are there."""
        return all(self._row(case_name, method, role).is_file() for role in _ROLES)

    def add(self, case: Case, method: str, frames: Array) -> None:
        """Keep the rows of a method's composite, t h w 3 uint8.

        Raises:
            OutputError: they cannot be written.
        """
        for role, draw in _ROLES.items():
            _write(self._row(case.name, method, role), draw(case, frames))

    def add_inputs(self, case: Case) -> None:
        """The same of the truth and of the plate with its holes outlined."""
        self.add(case, "truth", case.truth)
        self.add(case, "plate", _outlined(case.plate, case.holes))

    def assemble(self, case_name: str, methods: list[str]) -> None:
        """Put the sheets of a case together from the rows of these methods that are there."""
        names = [name for name in (*_FIRST, *methods) if self.has(case_name, name)]
        for role in _ROLES:
            rows = [_labelled(name, _read(self._row(case_name, name, role))) for name in names]
            if rows:
                _write(self._folder / role / f"{case_name}.jpg", np.vstack(rows))

    def _row(self, case_name: str, method: str, role: str) -> Path:
        return self._folder / "rows" / case_name / f"{method}.{role}.png"


def _frames_row(case: Case, frames: Array) -> Array:
    """Five of the frames that have a hole, cut around it where they are large; h w 3."""
    with_hole = np.flatnonzero(case.holes.any((1, 2)))
    chosen = with_hole[np.linspace(0, len(with_hole) - 1, _SHOWN).astype(int)]
    tiles = [np.pad(_cut(frames[t], case.holes[t]), ((0, 3), (0, 3), (0, 0))) for t in chosen]
    return np.hstack(tiles)


def _flicker_row(case: Case, frames: Array) -> Array:
    """The line of the picture that the holes hide most, over time, which runs down; h w 3."""
    line = int(case.holes.sum((0, 2)).argmax())
    strip = np.repeat(frames[:, line], 2, axis=0)
    return np.pad(strip, ((0, 3), (0, 0), (0, 0)))


_ROLES: dict[str, Callable[[Case, Array], Array]] = {"sheets": _frames_row, "flicker": _flicker_row}


def _cut(frame: Array, hole: Array) -> Array:
    """The part of a frame around the hole, at most 480 × 270 pixels."""
    height, width = frame.shape[:2]
    across, down = min(width, _LARGEST[0]), min(height, _LARGEST[1])
    left, top, hole_width, hole_height = cv2.boundingRect(hole.astype(np.uint8))
    x = min(max(0, left + (hole_width - across) // 2), width - across)
    y = min(max(0, top + (hole_height - down) // 2), height - down)
    return frame[y : y + down, x : x + across]


def _outlined(frames: Array, holes: Array) -> Array:
    out = frames.copy()
    for frame, hole in zip(out, holes, strict=True):
        edges, _ = cv2.findContours(hole.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(frame, edges, -1, (255, 40, 25), 1)
    return out


def _labelled(name: str, row: Array) -> Array:
    """A row with its name at the left."""
    label = np.full((row.shape[0], _LABEL_WIDTH, 3), _PAPER, np.uint8)
    place = (6, min(22, row.shape[0] - 4))
    cv2.putText(label, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    return np.hstack([label, row])


def _read(path: Path) -> Array:
    """h w 3 R G B."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR))[..., ::-1]


def _write(path: Path, picture: Array) -> None:
    """h w 3 R G B, in the format of the path's suffix."""
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY] if path.suffix == ".jpg" else []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        done = cv2.imwrite(str(path), np.ascontiguousarray(picture[..., ::-1]), options)
    except (OSError, cv2.error) as error:
        raise OutputError(f"the picture cannot be written: {error}", clip=str(path)) from error
    if not done:
        raise OutputError("the picture cannot be written", clip=str(path))
