"""Runs inside Blender's own Python: `make test-blender`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "engine"), str(ROOT / "plugin"), str(ROOT / "tests" / "hosts")]


@pytest.fixture(scope="session")
def movies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `24_40.mp4`: 40 frames at 24 fps, of which each has its own grey; and others."""
    from sequencer import make_movie

    folder = tmp_path_factory.mktemp("movies")
    for rate, frames, base in ((24, 40, 0.0), (24, 24, 0.3), (30, 40, 0.0)):
        make_movie(folder / f"{rate}_{frames}.mp4", rate, frames, base)
    return folder
