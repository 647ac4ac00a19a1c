"""`lumiere stylize` from the command line, through the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np


def test_a_shot_gets_a_style_and_its_recipe_makes_the_same_bytes(
    shot: Any, tools: Any, tmp_path: Path
) -> None:
    ramp = np.linspace(0, 1, 80, dtype=np.float32)[:, None, None] * np.array([1, 0.5, 0.2], np.float32)
    reference = tools.write_clip(tmp_path / "style.png", [np.broadcast_to(ramp, (80, 80, 3))], tools.RGB)
    out = tmp_path / "styled.mkv"
    said = tools.lumiere(
        *("stylize", shot.plate, "--reference", reference, "-o", out, "--quality", "draft", "--json")
    )
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["frame_count"] == tools.FRAMES and answer["origin"] is None
    again = tmp_path / "again.mkv"
    said = tools.lumiere("replay", answer["recipe"], "-o", again)
    assert said.returncode == 0, said.stderr
    assert tools.digest(again) == tools.digest(out)


def test_what_is_no_key_frame_or_no_style_is_refused(shot: Any, tools: Any, tmp_path: Path) -> None:
    for options, words in (((), "--reference"), (("--keyframe", "first.png"), "12=painted.png")):
        said = tools.lumiere("stylize", shot.plate, *options, "-o", tmp_path / "out.mkv")
        assert said.returncode == 1 and words in said.stderr and len(said.stderr.splitlines()) == 1
