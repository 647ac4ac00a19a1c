"""Imagining does not depend on chunks or interruptions; only the learned network is replaced here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.effects.effort import EFFORTS
from lumiere_engine.effects.imagining import Imagination
from lumiere_engine.effects.settling import settle
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.protocol import JobSpec, WorkOrder
from lumiere_engine.protocol.errors import Cancelled

FRAMES = 34  # more than one segment
EFFORT = EFFORTS["standard"]


class Unlearned(Imagination):
    """With a denoiser that needs no learning: the plate, blurred over space and time, in other colours."""

    def _learn(self, volume: Any) -> Any:
        def denoiser(x: torch.Tensor, sigma: torch.Tensor, cond: torch.Tensor) -> torch.Tensor:
            blurred = torch.nn.functional.avg_pool3d(cond[:, :3], 3, 1, 1) + 0.05 * x / (1 + sigma[0])
            return 0.8 * blurred + 0.1

        return denoiser


def order(chunk_frames: int) -> WorkOrder:
    return WorkOrder(JobSpec("remove", "p.mov", ("m.mov",), seed=5), "out.mkv", chunk_frames=chunk_frames)


@pytest.fixture
def imagined(
    scene: Callable[..., Any], complete: Callable[..., Any], tmp_path: Path
) -> Callable[..., np.ndarray]:
    """All frames after imagining in chunks of some size, interrupted or not; t h w 3."""
    shown = scene(FRAMES, height=32, width=48)

    def _imagined(name: str, chunk_frames: int, stop_after: int | None = None) -> np.ndarray:
        with Workspace(tmp_path / name / "out.mkv", "f" * 64) as workspace:
            for stop in filter(None, (stop_after, 10**9)):
                completed = complete(shown, workspace)

                def on_step(
                    stage: str, done: int, total: int, kept: Any = completed, stop: int = stop
                ) -> None:
                    if sum(kept.has_imagined(t) for t in range(FRAMES)) >= stop:
                        raise Cancelled("cancelled")

                try:
                    Unlearned(completed, EFFORT, order(chunk_frames), on_step).run()
                    for done, total in settle(completed, EFFORT.textures):
                        on_step("settle", done, total)
                except Cancelled:
                    assert stop == stop_after
            assert all(completed.has_imagined(t) for t in range(FRAMES))
            return np.stack([completed.picture(t) for t in range(FRAMES)])

    return _imagined


def test_neither_chunks_nor_an_interruption_change_what_is_imagined(
    imagined: Callable[..., np.ndarray],
) -> None:
    whole = imagined("whole", FRAMES)
    assert whole.min() >= 0 and whole.max() <= 255
    assert imagined("interrupted", 5, stop_after=20).tobytes() == whole.tobytes()
    assert imagined("settling", 5, stop_after=FRAMES).tobytes() == whole.tobytes()


def test_nothing_that_is_seen_is_imagined(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown = scene(8)
    completed = complete(shown, workspace)
    before = [completed.picture(t) for t in range(8)]
    Unlearned(completed, EFFORT, order(16), lambda *_: None).run()
    list(settle(completed, EFFORT.textures))
    for t, hole in enumerate(shown.holes):
        after = completed.picture(t)
        assert np.array_equal(after[~hole], before[t][~hole])


def test_what_is_unseen_stands_still_where_the_scene_does(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    completed = complete(scene(8), workspace)
    Unlearned(completed, EFFORT, order(16), lambda *_: None).run()
    list(settle(completed, EFFORT.textures))
    pictures = np.stack([completed.picture(t) for t in range(8)])
    assert np.abs(np.diff(pictures, axis=0)).max() < 3


@pytest.mark.parametrize("kept", [False, True])
def test_learning_ends_where_it_earns_nothing_unless_what_it_learns_is_kept(
    kept: bool, scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace, tmp_path: Path
) -> None:
    """On a plain wall a smooth fill is right, and nobody can know more."""
    effort, steps = replace(EFFORT, fit_steps=16), []
    wall = replace(scene(8), truths=[np.full((64, 96, 3), 0.4, np.float32)] * 8)
    network = tmp_path / "learned.safetensors" if kept else None
    imagination = Imagination(
        complete(wall, workspace),
        effort,
        replace(order(16), save_network=None if network is None else str(network)),
        lambda stage, done, _total: steps.append(done) if stage == "learn" else None,
    )
    imagination.run()
    assert imagination.trust == [0] and not imagination.cut_short
    assert steps == list(range(1, 17 if kept else 13))
    assert network is None or network.exists()
