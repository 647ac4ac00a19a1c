"""Patches at the plate's size show what the analysis decided."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
from lumiere_engine.effects.observer import Observer
from lumiere_engine.effects.refine import PATCHES, Patch
from lumiere_engine.effects.rendering import Renderer
from lumiere_engine.effects.softness import HoleMaker
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import FrameRange, JobSpec, RemoveParams

from .conftest import write_movie


def test_what_makes_a_key_steady_is_not_lent_a_second_time(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace, tmp_path: Path
) -> None:
    """Frames between keys borrow from them, and their own change counts from what these had borrowed themselves."""
    shown = scene(10, 5)
    completed = complete(shown, workspace)
    for frame in range(10):
        values = completed.imagined(frame)[completed.unseen(frame)]
        change = np.full((*shown.holes[frame].shape, 3), 20.0, np.float32)
        completed.set_steady(frame, values, change)
    frames = np.stack([np.rint(255 * plate).astype(np.uint8) for plate, _ in shown.frames(0)])
    spec = JobSpec("remove", "plate.mkv", ("matte.mkv",), params=RemoveParams(regrain=False))
    whole = FrameRange(0, 10)
    with open_source(write_movie(tmp_path / "plate.mkv", frames)) as plate:
        holes = cast(HoleMaker, None)  # only asked when frames are written
        renderer = Renderer(plate, whole, whole, holes, completed, spec, workspace)
        for _ in renderer.refine(10, Observer()):
            pass
    for frame in range(10):
        patch = Patch.of(workspace.shelf(PATCHES).get(frame))
        borrowed = completed.shots.hole(frame)[patch.window.slices] & (patch.borrowed > 0.99)
        analysed = completed.picture(frame)[patch.window.slices] / 255
        assert borrowed.any()
        assert np.abs(patch.rgb - analysed)[borrowed].mean() < 0.015, frame
