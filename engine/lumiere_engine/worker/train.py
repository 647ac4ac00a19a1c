"""Training as a worker does it: from a folder and a recipe to a prior that can be used at any moment."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..protocol.errors import OutputError
from ..protocol.messages import Progress

OnProgress = Callable[[Progress], None]

_THREADS = 2  # the order of sums follows it, and with it the last bits of every weight


def train_prior(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Train a prior, or go on with one.

    Args:
        question: "folder": training material with its list of licences; "out": folder for the results; "recipe":
            a TOML file, or None for the defaults; "steps": instead of the recipe's, or None.
        on_progress: hears of the stages "gather" and "train".

    Returns:
        "prior", "sheet": paths; "steps"; "gain_db": see `learning.prior.Validation`.
    """
    import torch

    from ..learning.corpus import CorpusParams, prepare
    from ..learning.prior import PriorParams, PriorSource, train
    from ..learning.recipe import read_recipe, recipe_text
    from ..learning.trainer import Keeping

    torch.set_num_threads(_THREADS)
    folder, out = Path(question["folder"]), Path(question["out"])
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder cannot be made: {error.strerror}", clip=str(out)) from error
    corpus_params, params = (
        read_recipe(Path(question["recipe"])) if question["recipe"] else (CorpusParams(), PriorParams())
    )
    if question["steps"] is not None:
        params = replace(params, steps=int(question["steps"]))
    corpus = prepare(
        folder, out / "cache", corpus_params, lambda n, total: on_progress(Progress("gather", n, total))
    )
    _write(out / "recipe.toml", recipe_text(corpus_params, params))
    journal = _Journal(out, corpus, params)
    keeping = Keeping(
        out / "state.safetensors",
        save_every=250,
        on_step=lambda step, _: on_progress(Progress("train", step, params.steps)),
        on_save=journal.record,
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    state = train(PriorSource(corpus, params), keeping, device=device)
    gain = journal.finish(state)
    return {
        "prior": str(out / "prior.safetensors"),
        "sheet": str(out / "prior.md"),
        "steps": state.step,
        "gain_db": gain,
    }


class _Journal:
    """Writes what a training has reached: weights, data sheet, loss plot, sample sheet."""

    def __init__(self, out: Path, corpus: Any, params: Any) -> None:
        from ..learning.prior import validation_examples
        from ..stunet import STUNet

        self._out, self._corpus, self._params = out, corpus, params
        self._examples = validation_examples(corpus)
        self._network = STUNet(params.network)
        self._file = out / "history.json"
        self._gains: list[tuple[int, float]] = (
            [(int(s), float(g)) for s, g in json.loads(self._file.read_text())] if self._file.exists() else []
        )

    def record(self, state: Any) -> None:
        """Judge the state, and write everything anew."""
        from ..learning.datasheet import data_sheet
        from ..learning.prior import validate
        from ..learning.sheets import loss_plot, sample_sheet
        from ..stunet import checkpoint

        result = validate(state, self._network, self._examples)
        self._gains = [(s, g) for s, g in self._gains if s < result.step] + [(result.step, result.gain_db)]
        _write(self._file, json.dumps(self._gains))
        sheet = data_sheet(
            self._corpus,
            self._params,
            step=result.step,
            gain_db=result.gain_db,
            weights=self._network.parameter_count,
            machine=_machine(),
        )
        _write(self._out / "prior.md", sheet)
        loss_plot(state.losses, self._gains, self._out / "loss.png")
        rows = [
            ("smooth fill", self._examples.cond[:, :3]),
            ("network", result.pictures),
            ("truth", self._examples.clean),
        ]
        sample_sheet(rows, self._out / "samples.jpg")
        note = {"trained": f"{result.step} steps, see prior.md", "licence": "Apache-2.0"}
        checkpoint.save(self._network, self._out / "prior.safetensors", note, half=True)

    def finish(self, state: Any) -> float:
        """The last validation's gain; a training that was complete already is judged once more."""
        if (
            not self._gains
            or self._gains[-1][0] != state.step
            or not (self._out / "prior.safetensors").exists()
        ):
            self.record(state)
        return self._gains[-1][1]


def _machine() -> str:
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return f"{os.cpu_count()} cores of a {platform.machine()} CPU without a GPU"


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", clip=str(path)) from error
    finally:
        part.unlink(missing_ok=True)
