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
from lumiere_engine.protocol.errors import Cancelled, OutputError, SpecError
from lumiere_plugin.console import begins_anew
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


def test_what_cannot_be_written_is_refused_before_any_work(
    square: Callable[..., Any], tmp_path: Path
) -> None:
    clip = square(2)
    plate, mask = tmp_path / "plate.mkv", tmp_path / "mask.png"
    write_clip(plate, clip.frames, Fraction(24))
    cv2.imwrite(str(mask), clip.masks[0].astype(np.uint8) * 255)
    heard: list[str] = []

    def refused(name: str, *, overwrite: bool = True) -> str:
        with pytest.raises(OutputError) as caught:
            run(plate, [mask], [0], None, tmp_path / name, overwrite, lambda step: heard.append(step.stage))
        return str(caught.value)

    before = plate.read_bytes(), mask.read_bytes()
    assert "is an input" in refused("plate.mkv")
    assert "is an input" in refused("mask.png")
    assert "--overwrite" in refused("plate.mkv", overwrite=False)
    assert "%06d" in refused("other.png")
    assert ".avi" in refused("other.avi")
    assert (plate.read_bytes(), mask.read_bytes()) == before
    assert not heard


def test_mattes_of_a_sequence_are_numbered_as_its_files_are(
    square: Callable[..., Any], tmp_path: Path
) -> None:
    clip, plates = square(2), tmp_path / "plates"
    plates.mkdir()
    for number, frame in enumerate(clip.frames, start=1001):
        cv2.imwrite(str(plates / f"sh.{number}.png"), frame[..., ::-1])
    mask = tmp_path / "mask.png"
    cv2.imwrite(str(mask), clip.masks[0].astype(np.uint8) * 255)
    run(plates, [mask], [0], None, tmp_path / "m.%04d.png", False, lambda _: None, rate=Fraction(25))
    assert sorted(file.name for file in tmp_path.glob("m.*")) == ["m.1001.png", "m.1002.png"]


def test_mattes_and_frames_come_in_pairs(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="1 mattes for 2 frames"):
        run(tmp_path / "plate.mkv", [tmp_path / "mask.png"], [0, 1], None, tmp_path / "o.mkv", False, print)


def test_a_track_that_is_interrupted_says_that_nothing_is_kept(
    square: Callable[..., Any], tmp_path: Path
) -> None:
    clip, out = square(4), tmp_path / "matte.mkv"
    write_clip(tmp_path / "plate.mkv", clip.frames, Fraction(24))
    cv2.imwrite(str(tmp_path / "mask.png"), clip.masks[0].astype(np.uint8) * 255)

    def ctrl_c(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="begins anew"), begins_anew():
        run(tmp_path / "plate.mkv", [tmp_path / "mask.png"], [0], None, out, False, ctrl_c)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mask.png", "plate.mkv"]
