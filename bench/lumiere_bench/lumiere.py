"""Lumiere itself, as `lumiere remove` runs it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import lumiere_engine
from lumiere_engine.protocol import JobResult, RemoveParams
from lumiere_engine.protocol.effect_params import QUALITIES

from .cases import Case
from .clips import read_result
from .memory import PeakMemory
from .methods import Answer, OnProgress, code_of


class Remover(Protocol):
    """How the command line removes; handed in, since it knows the weights that ship with Lumiere."""

    @property
    def weights(self) -> str:
        """The fingerprint of the weights that learning starts from."""
        ...

    def __call__(
        self, plate: Path, matte: Path, output: Path, params: RemoveParams, seed: int, on_progress: OnProgress
    ) -> JobResult:
        """Do it into `output`, a media file.

        Raises:
            LumiereError: it failed.
        """
        ...


@dataclass(frozen=True)
class LumiereMethod:
    """A removal job.

    Attributes:
        name: see `Method`.
        params: of the job.
        seed: of the job.
        remove: does it.
    """

    name: str
    params: RemoveParams
    seed: int
    remove: Remover

    @property
    def identity(self) -> str:
        """Parameters, seed, weights, and the code that computes."""
        params = sorted(asdict(self.params).items())
        return f"{params} seed {self.seed} weights {self.remove.weights} engine {engine_code()}"

    def run(self, case: Case, on_progress: OnProgress) -> Answer:
        """See `Method`; the seconds are those of the whole job, the worker's start among them."""
        with tempfile.TemporaryDirectory(dir=case.folder) as folder:
            output = Path(folder) / "result.mkv"
            began = time.monotonic()
            with PeakMemory() as memory:
                result = self.remove(
                    case.plate_path, case.matte_path, output, self.params, self.seed, on_progress
                )
            seconds = time.monotonic() - began
            frames = read_result(output, case.plate.shape)
        return Answer(frames, seconds, memory.peak_bytes, dict(result.seconds))


def lumiere_methods(seed: int, remove: Remover) -> list[LumiereMethod]:
    """Borrowing alone, and the three qualities.

    The matte neither grows nor fades, so that all methods fill the same pixels.
    """
    params = {
        "borrow": RemoveParams("standard", grow=0, feather=0, imagine=False),
        **{quality: RemoveParams(quality, grow=0, feather=0) for quality in QUALITIES},
    }
    return [LumiereMethod(name, chosen, seed, remove) for name, chosen in params.items()]


def engine_code() -> str:
    """Names the state of the engine's source code: one version has many while it is being worked on."""
    return code_of(sorted(Path(lumiere_engine.__file__).parent.rglob("*.py")))
