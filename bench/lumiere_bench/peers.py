"""Other programs, run by a command: their weights and licences stay with whoever has them."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lumiere_engine.protocol.errors import SpecError, WorkerError

from .cases import Case
from .clips import read_result
from .memory import PeakMemory
from .methods import Answer, OnProgress

_FILLING = ("{plate}", "{matte}", "{out}")
_PAINTING = ("{plate}", "{keys}", "{out}")


@dataclass(frozen=True)
class Peer:
    """A method that is a command.

    Attributes:
        name: see `Method`.
        command: with `{plate}` and `{matte}`, lossless movies (white is the hole), and `{out}`, a path without an
            ending: what the command writes there, or there with any ending, is its result, a movie or a folder.
    """

    name: str
    command: str

    @classmethod
    def parse(cls, text: str) -> Peer:
        """`"NAME=COMMAND"`.

        Raises:
            SpecError: not of that form, or a placeholder is missing.
        """
        return cls(*_parsed(text, _FILLING))

    @property
    def identity(self) -> str:
        """The command; what it runs must not change meanwhile."""
        return self.command

    def run(self, case: Case, on_progress: OnProgress) -> Answer:
        """See `Method`.

        Raises:
            WorkerError: the command failed, or left no result.
        """
        with tempfile.TemporaryDirectory(dir=case.folder) as folder:
            out = Path(folder) / "result"
            files = dict(zip(_FILLING, (case.plate_path, case.matte_path, out), strict=True))
            began = time.monotonic()
            with PeakMemory() as memory:
                result = _called(self.name, self.command, files)
            seconds = time.monotonic() - began
            return Answer(read_result(result, case.plate.shape), seconds, memory.peak_bytes)


@dataclass(frozen=True)
class PaintingPeer:
    """A program that paints a shot as some of its frames were painted.

    Attributes:
        name: its row in the table.
        command: with `{plate}`, a lossless movie, `{keys}`, a folder of painted frames of the plate's size, each named
            by its number counted from 0 (`000024.png`), and `{out}` as in `Peer`.
    """

    name: str
    command: str

    @classmethod
    def parse(cls, text: str) -> PaintingPeer:
        """`"NAME=COMMAND"`.

        Raises:
            SpecError: not of that form, or a placeholder is missing.
        """
        return cls(*_parsed(text, _PAINTING))

    def run(self, plate: Path, keys: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, float]:
        """What it makes of a plate of `shape` (t h w 3 uint8), and the seconds that it took.

        Raises:
            WorkerError: the command failed, or left no result.
            MediaError: the result cannot be read, or is not of the plate's shape.
        """
        with tempfile.TemporaryDirectory(dir=plate.parent) as folder:
            files = dict(zip(_PAINTING, (plate, keys, Path(folder) / "result"), strict=True))
            began = time.monotonic()
            result = _called(self.name, self.command, files)
            seconds = time.monotonic() - began
            return read_result(result, shape), seconds


def _parsed(text: str, places: Sequence[str]) -> tuple[str, str]:
    """Name and command of `"NAME=COMMAND"`."""
    name, _, command = text.partition("=")
    if not name.isidentifier() or not all(place in command for place in places):
        raise SpecError(
            f"'{text}' is no peer",
            remedy=f"write it as NAME=COMMAND with {places[0]}, {places[1]} and {places[2]} in it",
        )
    return name, command


def _called(name: str, command: str, files: dict[str, Path]) -> Path:
    """Run a command with its places filled; returns what it left at `{out}`, with whatever ending."""
    words = shlex.split(command)
    for place, file in files.items():
        words = [word.replace(place, str(file)) for word in words]
    try:
        said = subprocess.run(words, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise WorkerError(f"it cannot be started: {error.strerror}", clip=name) from error
    if said.returncode:
        lines = said.stderr.strip().splitlines() or ["nothing said"]
        raise WorkerError(f"it ended with code {said.returncode}: {lines[-1]}", clip=name)
    out = files["{out}"]
    results = sorted(out.parent.glob(f"{out.name}*"))
    if not results:
        raise WorkerError("it ended without a result", clip=name)
    return results[0]
