"""What `lumiere track` does, in a worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import Size, read_clip, write_clip
from lumiere_engine.protocol import FrameRange
from lumiere_engine.protocol.errors import OutputExistsError, SpecError
from lumiere_plugin.tracking import run


def test_a_matte_movie_comes_out(square: Callable[..., Any], tmp_path: Path) -> None:
    clip = square(6)
    write_clip(tmp_path / "plate.mkv", clip.frames, Fraction(24))
    mask, out = tmp_path / "mask.png", tmp_path / "matte.mkv"
    cv2.imwrite(str(mask), clip.masks[1].astype(np.uint8) * 255)
    heard: list[str] = []
    done = run(
        tmp_path / "plate.mkv",
        [mask],
        [1],
        FrameRange(1, 3),
        out,
        False,
        lambda step: heard.append(step.stage),
    )
    assert done.tracked == 2
    assert set(heard) == {"read", "track"}
    assert sorted(done.confidence) == ["1", "2", "3"]
    mattes, _ = read_clip(out, Size(), 10)
    assert [bool(matte.any()) for matte in mattes] == [False, True, True, True, False, False]
    with pytest.raises(OutputExistsError):
        run(tmp_path / "plate.mkv", [mask], [1], None, out, False, lambda _: None)


def test_mattes_and_frames_come_in_pairs(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="1 mattes for 2 frames"):
        run(tmp_path / "plate.mkv", [tmp_path / "mask.png"], [0, 1], None, tmp_path / "o.mkv", False, print)
