"""`lumiere replay`: the same job again, from the recipe beside a result."""

from __future__ import annotations

from pathlib import Path

from lumiere_engine.protocol import JobSpec
from lumiere_engine.protocol.recipe import read_sidecar

from .performing import through_engine
from .preparing import OnProgress, Outcome, Request, into_media


def run(
    recipe: Path, output: Path, network: Path | None, overwrite: bool, on_progress: OnProgress
) -> Outcome:
    """Do the recipe's job into another file.

    Raises:
        LumiereError: the recipe cannot be read, or its job cannot be done.
    """
    spec = JobSpec.from_wire(read_sidecar(recipe).get("spec") or {})
    request = Request(Path(spec.plate), tuple(map(Path, spec.mattes)), network=network, overwrite=overwrite)
    return through_engine(into_media(spec, output.absolute(), request), on_progress)
