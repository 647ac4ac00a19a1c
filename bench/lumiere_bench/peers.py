"""Other programs, run by a command: their weights and licences stay with whoever has them."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lumiere_engine.protocol.errors import SpecError, WorkerError

from .cases import Case
from .clips import read_result
from .memory import PeakMemory
from .methods import Answer, OnProgress

_PLACES = ("{plate}", "{matte}", "{out}")


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
        name, _, command = text.partition("=")
        if not name.isidentifier() or not all(place in command for place in _PLACES):
            raise SpecError(
                f"'{text}' is no peer",
                remedy="write it as NAME=COMMAND with {plate}, {matte} and {out} in it",
            )
        return cls(name, command)

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
            files = dict(zip(_PLACES, (case.plate_path, case.matte_path, out), strict=True))
            began = time.monotonic()
            with PeakMemory() as memory:
                self._call(files)
            seconds = time.monotonic() - began
            results = sorted(out.parent.glob("result*"))
            if not results:
                raise WorkerError("it ended without a result", clip=self.name)
            return Answer(read_result(results[0], case.plate.shape), seconds, memory.peak_bytes)

    def _call(self, files: dict[str, Path]) -> None:
        words = shlex.split(self.command)
        for place, file in files.items():
            words = [word.replace(place, str(file)) for word in words]
        try:
            said = subprocess.run(words, capture_output=True, text=True, errors="replace")
        except OSError as error:
            raise WorkerError(f"it cannot be started: {error.strerror}", clip=self.name) from error
        if said.returncode:
            lines = said.stderr.strip().splitlines() or ["nothing said"]
            raise WorkerError(f"it ended with code {said.returncode}: {lines[-1]}", clip=self.name)
