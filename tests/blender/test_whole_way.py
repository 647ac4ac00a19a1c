"""The whole way with the real engine: installed shim, strip selected, clip rendered, placed.

Needs `make .venv/ready`.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import bpy
import pytest
from lumiere_plugin.hosts import blender
from sequencer import BlenderRig, make_movie

ROOT = Path(__file__).parents[2]
LUMIERE = ROOT / ".venv" / "bin" / "lumiere"
SIZE = 96
pytestmark = pytest.mark.skipif(not LUMIERE.exists(), reason="Lumiere itself is not set up in .venv")


def lumiere(*arguments: object) -> str:
    done = subprocess.run([str(LUMIERE), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUMIERE_HOME", str(tmp_path / "home"))
    lumiere("install", "blender", "--into", tmp_path / "addons")
    yield tmp_path / "home"
    lumiere("engine", "stop")


def test_from_the_strip_to_the_new_channel(home: Path, tmp_path: Path) -> None:
    assert (tmp_path / "addons" / "lumiere" / "__init__.py").is_file()
    make_movie(tmp_path / "24_40.mp4", 24, 40, 0.0, SIZE)
    blender.register()
    try:
        rig = BlenderRig(tmp_path, tmp_path)
        rig.add("a", 0, 0, 8)
        rig.add("b", 8, 5, 8)
        rig.select("b")
        here, opened = blender.session(), []
        here.desk._open_panel = opened.append  # the panel has tests of its own
        bpy.ops.lumiere.open(action="remove_quick")
        timeline, _, clip, *_ = opened[0]
        lumiere(
            "remove", timeline, "--clip", clip, "--matte", matte(tmp_path), "--quality", "draft",
            "--no-imagine", "--queue", "-o", tmp_path / "out.otio",
        )  # fmt: skip
        deadline = time.monotonic() + 120
        while not here.watcher.results and time.monotonic() < deadline:
            time.sleep(0.2)
        blender.tick()
        new = [item for item in rig.items() if item[0] == "2"]
        assert [(start, duration) for _, _, start, duration, _, _ in new] == [(9, 8)], here.told
        assert Path(new[0][4]).is_file()
    finally:
        blender.unregister()


def matte(folder: Path) -> Path:
    """A white square on black."""
    image = bpy.data.images.new("matte", SIZE, SIZE)
    inside = range(30, 50)
    image.pixels = [
        value
        for y in range(SIZE)
        for x in range(SIZE)
        for value in ((1.0, 1.0, 1.0, 1.0) if x in inside and y in inside else (0.0, 0.0, 0.0, 1.0))
    ]
    image.filepath_raw, image.file_format = str(folder / "matte.png"), "PNG"
    image.save()
    return Path(os.fspath(folder / "matte.png"))
