"""Several processes that share each batch learn what one process does: the same loss, the same weights, to rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.learning.state import FitState
from lumiere_engine.protocol.errors import LumiereError, SpecError
from lumiere_engine.worker.teach import train_temporal

pytest.importorskip("transformers")


@pytest.mark.slow
def test_two_processes_learn_what_one_does(question: dict[str, Any], tmp_path: Path) -> None:
    alone = train_temporal(question, lambda _: None)
    told: list[tuple[str, int]] = []
    shared = train_temporal(
        {**question, "out": str(tmp_path / "two"), "processes": 2},
        lambda step: told.append((step.stage, step.done)),
    )
    assert shared["steps"] == alone["steps"] == 3 and [n for stage, n in told if stage == "train"] == [
        1,
        2,
        3,
    ]
    one, two = (FitState.load(tmp_path / name / "state.safetensors") for name in ("one", "two"))
    assert np.allclose(one.losses, two.losses, rtol=1e-5, atol=0)
    assert all(torch.allclose(one.weights[n], two.weights[n], rtol=1e-3, atol=1e-5) for n in one.weights)
    assert Path(shared["temporal"]).exists() and (tmp_path / "two" / "loss.png").exists()
    (tmp_path / "world" / "0.txt").unlink()
    with pytest.raises(SpecError, match=r"0.mkv: it has no caption"):
        train_temporal({**question, "processes": 2}, lambda _: None)


@pytest.mark.slow
def test_what_a_member_reports_is_what_one_hears(question: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "state.safetensors").write_bytes(b"no state")
    with pytest.raises(LumiereError, match=r"the state of the fit '.*' cannot be read"):
        train_temporal({**question, "processes": 2}, lambda _: None)


def test_a_batch_that_cannot_be_shared_is_refused_before_anything_starts(question: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="3 processes cannot share a batch of 4 evenly"):
        train_temporal({**question, "processes": 3}, lambda _: None)
