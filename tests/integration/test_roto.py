"""A roto document serves as a matte on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.roto import Mask, Roto, rectangle
from lumiere_engine.protocol.wire import encode

Remove = Callable[..., Any]


def drawing(tools: Any, folder: Path, size: tuple[int, int] | None = None) -> Path:
    """The masks of the shot as a box with two keyframes."""
    mask = Mask(1, "box", "rectangle")
    for frame in (0, tools.FRAMES - 1):
        mask = mask.with_knots(frame, rectangle(46 + frame, 20, 76 + frame, 50))
    path = folder / "shot.roto.json"
    path.write_text(json.dumps(encode(Roto(*(size or (tools.WIDTH, tools.HEIGHT)), (mask,)))))
    return path


def test_a_drawn_box_removes_as_its_matte_does(tools: Any, shot: Any, remove: Remove, tmp_path: Path) -> None:
    by_matte = remove(out="matte.mkv")
    by_roto = remove(matte=drawing(tools, tmp_path), out="roto.mkv")
    assert by_matte.returncode == by_roto.returncode == 0, by_roto.stderr
    with open_source(tmp_path / "matte.mkv") as one, open_source(tmp_path / "roto.mkv") as other:
        assert one.frame_count == other.frame_count == tools.FRAMES
        for frame in range(tools.FRAMES):
            pictures = [to_rgb(source.read(frame), source.format) for source in (one, other)]
            assert np.abs(pictures[0] - pictures[1]).mean() < 0.002


def test_a_drawing_of_another_shape_is_refused_in_one_line(
    tools: Any, remove: Remove, tmp_path: Path
) -> None:
    said = remove(matte=drawing(tools, tmp_path, (100, 100)))
    assert said.returncode == 1 and "drawn on 100x100" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


def test_a_drawing_beside_a_matte_of_the_used_frames_is_refused(
    tools: Any, shot: Any, tmp_path: Path
) -> None:
    said = tools.lumiere(
        "remove",
        shot.plate,
        "--matte",
        shot.matte,
        "--matte",
        drawing(tools, tmp_path),
        "-o",
        tmp_path / "o.mkv",
    )
    assert said.returncode == 2 and "--matte-covers media" in said.stderr
