"""The shot with its holes closed, at analysis size: by borrowing, then by imagining, settled over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..motion.align import Window
from ..motion.borrow import Borrowed, Borrower, BorrowParams, Source
from ..motion.parallel import in_order
from .shot import AnalysedShots
from .workspace import Workspace

Array = np.ndarray


@dataclass(frozen=True)
class Filling:
    """What closes the hole of one frame, within a window of the analysis size.

    Attributes:
        borrowed: from which frames, with which weights; its `picture` is the window with the hole closed.
        imagined: h w bool, pixels of the hole that borrowed nothing.
    """

    borrowed: Borrowed

    @property
    def imagined(self) -> Array:
        """h w bool: pixels of the hole that no frame shows."""
        return self.borrowed.hole & ~self.borrowed.filled


class CompletedShots:
    """Fillings of all frames, kept on disk in `folder`."""

    def __init__(self, workspace: Workspace, shots: AnalysedShots) -> None:
        self.shots = shots
        self.folder = workspace.folder
        self._fillings = workspace.shelf("borrowed")
        self._pictures = workspace.shelf("imagined")
        self.filling = lru_cache(16)(self._filling)
        self.filled = lru_cache(16)(self._filled)
        self.picture = lru_cache(16)(self._picture)

    def borrow(self, params: BorrowParams) -> Iterator[int]:
        """Borrow for every frame; yields after each one."""
        for start, view in self.shots.views():
            borrower = Borrower(view, params)
            missing = [t for t in range(view.frame_count) if not self._fillings.has(start + t)]
            for frame, borrowed in zip(missing, in_order(borrower.borrow, missing), strict=True):
                self._fillings.put(start + frame, **_packed(borrowed, start))
                yield start + frame + 1

    def _filling(self, frame: int) -> Filling | None:
        """None if the frame has no hole."""
        arrays = self._fillings.get(frame)
        return None if not arrays["window"].any() else Filling(_unpacked(arrays))

    def unseen(self, frame: int) -> Array:
        """Pixels of the whole frame that are to be imagined; h w bool."""
        scale = self.shots.scale
        out = np.zeros((scale.small_height, scale.small_width), bool)
        filling = self.filling(frame)
        if filling is not None:
            out[filling.borrowed.window.slices] = filling.imagined
        return out

    def _filled(self, frame: int) -> Array:
        """The whole frame with its hole closed by borrowing and smooth fill alone; h w 3 float32, 0..255."""
        picture = self.shots.picture(frame).astype(np.float32)
        filling = self.filling(frame)
        if filling is not None:
            picture[filling.borrowed.window.slices] = filling.borrowed.picture
        return picture

    def _picture(self, frame: int) -> Array:
        """The same with what was imagined so far."""
        picture, filling = self.filled(frame), self.filling(frame)
        if filling is not None and self._pictures.has(frame):
            picture = picture.copy()
            window, there = filling.borrowed.window.slices, filling.imagined
            picture[window][there] = self._pictures.get(frame)["values"]
        return picture

    def set_imagined(self, frame: int, picture: Array) -> None:
        """Keep what was imagined for a frame; `picture` is the whole frame, 0..255."""
        self._pictures.put(frame, values=picture[self.unseen(frame)].astype(np.float32))
        self.picture.cache_clear()

    def has_imagined(self, frame: int) -> bool:
        """Whether `set_imagined` was called for this frame."""
        return self._pictures.has(frame)


def _packed(borrowed: Borrowed | None, start: int) -> dict[str, Array]:
    """Arrays of a `Borrowed`, its source frames counted in the job."""
    if borrowed is None:
        return {"window": np.zeros(4, np.int32)}
    window, shape = borrowed.window, borrowed.hole.shape
    sources = borrowed.sources
    return {
        "window": np.array([window.y, window.x, window.height, window.width], np.int32),
        "hole": borrowed.hole,
        "picture": borrowed.picture,
        "filled": borrowed.filled,
        "error": borrowed.error.astype(np.float32),
        "frames": np.array([start + s.frame for s in sources], np.int32),
        "places": np.array([s.places for s in sources], np.float32).reshape(-1, *shape, 2),
        "weights": np.array([s.weight for s in sources], np.float32).reshape(-1, *shape),
        "offsets": np.array([s.offset for s in sources], np.float16).reshape(-1, *shape, 3),
    }


def _unpacked(arrays: dict[str, Array]) -> Borrowed:
    y, x, height, width = (int(v) for v in arrays["window"])
    sources = tuple(
        Source(int(frame), places, weight, offset.astype(np.float32))
        for frame, places, weight, offset in zip(
            arrays["frames"], arrays["places"], arrays["weights"], arrays["offsets"], strict=True
        )
    )
    return Borrowed(
        Window(y, x, height, width),
        arrays["hole"],
        arrays["picture"],
        arrays["filled"],
        arrays["error"],
        sources,
    )
