"""Training: it learns what it is shown, and schedules as it says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from lumiere_engine.learning.examples import finished_example, stacked
from lumiere_engine.learning.fill import push_pull
from lumiere_engine.learning.params import TrainParams
from lumiere_engine.learning.trainer import Trainer, learning_rate
from lumiere_engine.protocol.errors import LumiereError
from lumiere_engine.stunet import TINY, STUNet


def _batch() -> object:
    y, x = np.mgrid[:16, :16]
    examples = []
    for k in range(2):
        picture = np.stack([np.sin(x * (0.7 + k) + c) * np.cos(y * 0.9) for c in range(3)], 2)
        scene = np.repeat(0.7 * picture[None], 4, 0).astype(np.float32)
        hole = np.zeros((4, 16, 16), bool)
        hole[:, 5:12, 4:11] = True
        rng = np.random.default_rng(k)
        params = TrainParams(p_mean=2.0, p_std=0.0)
        examples.append(
            finished_example(rng, params, scene, np.ones_like(hole), hole, push_pull(scene, ~hole))
        )
    return stacked(examples)


def test_a_network_overfits_one_batch() -> None:
    trainer = Trainer(STUNet(TINY), TrainParams(steps=300, learning_rate=3e-3, hold=0.7))
    batch = _batch()
    losses = [trainer.advance(batch) for _ in range(300)]  # type: ignore[arg-type]
    assert losses[-1] < 0.02 * losses[0]
    assert all(np.isfinite(losses))


def test_the_rate_warms_up_holds_and_falls() -> None:
    params = TrainParams(steps=100, learning_rate=1.0, warmup=10, hold=0.5)
    rates = [learning_rate(params, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:50] == [pytest.approx(1.0)] * 40
    assert all(a >= b for a, b in itertools.pairwise(rates[50:]))
    assert rates[-1] < 0.02


def test_what_is_not_finite_is_an_error_and_not_a_result() -> None:
    network = STUNet(TINY)
    with torch.no_grad():
        network.leave.weight.fill_(float("inf"))
    with pytest.raises(LumiereError, match="not finite"):
        Trainer(network, TrainParams()).advance(_batch())  # type: ignore[arg-type]
