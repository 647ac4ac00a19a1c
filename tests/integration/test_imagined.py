"""With the network: nothing of it is loaded where it is not needed, and where it is, bytes are kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def test_a_job_that_borrows_everything_never_loads_the_network(shot: Any, tmp_path: Path) -> None:
    lines = f"""
import sys
from lumiere_engine.effects.remove import remove
from lumiere_engine.protocol import JobSpec, RemoveParams, WorkOrder
spec = JobSpec("remove", {str(shot.plate)!r}, ({str(shot.matte)!r},), params=RemoveParams("draft"))
result = remove(WorkOrder(spec, {str(tmp_path / "out.mkv")!r}), lambda step: None)
print(result.borrowed, "torch" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1.0", "False"]


@pytest.mark.slow
def test_what_is_imagined_is_the_same_in_other_chunks(tools: Any, tmp_path: Path) -> None:
    masks = tools.holes(8)
    still = [tools.scene(1)[0]] * 8
    plate = tools.write_clip(tmp_path / "still.mkv", tools.with_object(still, [masks[0]] * 8))
    matte = tools.write_clip(tmp_path / "m.png", tools.as_matte(masks[:1]), tools.RGB)
    made = []
    for chunk in (16, 3):
        out = tmp_path / str(chunk) / "out.mkv"
        said = tools.lumiere(
            "remove",
            plate,
            "--matte",
            matte,
            "-o",
            out,
            "--quality",
            "draft",
            "--chunk-frames",
            chunk,
            timeout_s=280,
        )
        assert said.returncode == 0, said.stderr
        assert "100% imagined" in said.stdout
        made.append([tools.digest(path) for path in sorted(out.parent.iterdir())])
    assert made[0] == made[1]
