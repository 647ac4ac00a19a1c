"""What a worker leaves in the engine's folder of a job, so that the next worker, or a person, finds it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..effects.observer import Observer
from ..protocol.engine import JobMedia
from ..protocol.errors import Cancelled, LumiereError
from ..protocol.messages import JobResult
from ..protocol.wire import encode

Array = np.ndarray
Say = Callable[[dict[str, Any]], None]
_SIDE = 240
_PICTURE_S = 1.0
# A small picture may take up to a hundredth of the time.
_SHARE = 100
_MOST_PICTURES = 100
_CURVE_S, _SHEET_S = 1.0, 4.0
_SHEET_SIDE = 480
_SHEET_SHARE = 30  # a sheet may take up to a thirtieth of the time
_POINTS = 200
# Finished work: what a later worker finds and does not do again. Other shelves hold a window of decoded frames that
# moves along, or parts that are only whole together with an entry of these ("sources" with "borrowed", and all that
# settling writes with "settling").
_WORK = (
    *("pictures", "motion", "borrowed", "imagined", "settling", "details", "patches"),
    *("standing", "crops", "loop"),
)


class Desk(Observer):
    """Writes the journal, small pictures and the result of a job.

    Args:
        folder: the engine's folder of the job.
        say: tells the engine.
    """

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder, self._say = folder, say
        self._journal = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._next_s = 0.0
        self._pictures = folder / "thumbnails"
        self._curve_s = self._sheet_s = 0.0
        self._sheet = 0
        self._ended: set[int] = set()

    def opened(self, width: int, height: int, frames: int) -> None:
        """Tell the engine how much there is to do."""
        self._say(encode(JobMedia(width, height, frames)))

    def kept(self, shelf: str, number: int) -> None:
        """One more line of the journal: what a later worker finds done."""
        if shelf.rpartition("/")[2] in _WORK:
            os.write(self._journal, f"{shelf}/{number}\n".encode("ascii"))

    def finished_frame(self, frame: int, draw: Callable[[], Array]) -> None:
        """A small picture, now and then; one that cannot be drawn is not worth the job."""
        began = time.monotonic()
        if began < self._next_s:
            return
        try:
            self._draw(frame, draw)
        except Cancelled:
            raise
        except (OSError, LumiereError) as error:
            print(f"no small picture of frame {frame}: {error}", file=sys.stderr)
        self._next_s = began + max(_PICTURE_S, _SHARE * (time.monotonic() - began))

    def _draw(self, frame: int, draw: Callable[[], Array]) -> None:
        self._pictures.mkdir(exist_ok=True)
        final = self._pictures / f"{frame}.jpg"
        if final.exists() or sum(1 for _ in self._pictures.iterdir()) >= _MOST_PICTURES:
            return
        _write_small(final, draw())
        self._say({"label": "Thumbnail.1", "frame": frame})

    def learned(self, step: int, total: int, losses: Sequence[float], draw: Callable[[], Array]) -> None:
        """The curve every second, and now and then a sheet; what cannot be drawn is not worth the job."""
        now = time.monotonic()
        if now < self._curve_s and step < total:
            return
        self._curve_s = now + _CURVE_S
        try:
            if now >= self._sheet_s:
                _write_small(self._folder / "sheet.jpg", draw(), _SHEET_SIDE)
                self._sheet = step
                self._sheet_s = now + max(_SHEET_S, _SHEET_SHARE * (time.monotonic() - now))
            curve = {"step": step, "total": total, "losses": means(losses), "sheet": self._sheet}
            part = self._folder / ".learning.part"
            part.write_text(json.dumps(curve), encoding="utf-8")
            part.replace(self._folder / "learning.json")
            self._say({"label": "Learned.1", "step": step, "total": total})
        except OSError as error:
            print(f"no curve of the learning: {error}", file=sys.stderr)

    def enough(self, shot: int) -> bool:
        """Whether the artist has said so: the engine has put a file here, which counts for the shot being learned."""
        if shot in self._ended:
            return True
        asked, noted = self._folder / "enough", self._folder / f"enough-{shot}"
        if asked.exists():
            asked.replace(noted)  # so that a later worker, too, ends here
        elif not noted.exists():
            return False
        self._ended.add(shot)
        return True

    def finished(self, result: JobResult) -> None:
        """Leave the result where the engine finds it, should it or this worker die now."""
        part, final = self._folder / ".result.part", self._folder / "result.json"
        with part.open("w", encoding="utf-8") as file:
            json.dump(result.to_wire(), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(final)


def means(values: Sequence[float]) -> list[float]:
    """A long curve in up to 200 points, each the mean of as many neighbours."""
    if not values:
        return []
    parts = np.array_split(np.asarray(values, np.float64), min(_POINTS, len(values)))
    return [round(float(part.mean()), 6) for part in parts]


def _write_small(final: Path, rgb: Array, side: int = _SIDE) -> None:
    height, width = rgb.shape[:2]
    scale = side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    bytes_ = np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", bytes_[..., ::-1])
    part = final.with_suffix(".part")
    part.write_bytes(jpeg.tobytes())
    part.replace(final)
