"""What stands still in a region is told from what moves."""

from __future__ import annotations

import numpy as np
from lumiere_engine.motion.loops.alive import still_parts_out


def test_what_moves_is_alive_and_what_stands_is_not() -> None:
    rng = np.random.default_rng(0)
    moves = rng.uniform(0.8, 1.2, (60, 80)).astype(np.float32)
    moves[20:40, 30:60] = 30
    step = np.where(moves > 2, 8, 0.5).astype(np.float32)
    alpha = np.zeros((60, 80), np.float32)
    alpha[10:50, 10:70] = 1
    live = still_parts_out(moves, step, alpha)
    assert live[22:38, 32:58].min() > 0.9
    assert live[10:14].max() < 0.01 and live[:, :20].max() < 0.01


def test_movement_around_the_region_does_not_freeze_it() -> None:
    moves = np.full((60, 80), 20.0, np.float32)
    step = np.full((60, 80), 5.0, np.float32)
    step[:, :8], moves[:, :8] = 0.5, 1.0
    alpha = np.zeros((60, 80), np.float32)
    alpha[10:50, 20:70] = 1
    assert still_parts_out(moves, step, alpha)[12:48, 22:68].min() > 0.9
