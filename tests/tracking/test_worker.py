from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import write_clip
from lumiere_engine.protocol.errors import MatteError, SpecError
from lumiere_engine.tracking import appearance
from lumiere_engine.worker.track import track


@pytest.fixture
def job(square: Callable[..., Any], tmp_path: Path) -> tuple[Any, dict[str, Any]]:
    clip = square(12)
    write_clip(tmp_path / "plate.mkv", clip.frames, Fraction(24))
    for frame in (0, 6, 11):
        cv2.imwrite(str(tmp_path / f"{frame}.png"), clip.masks[frame].astype(np.uint8) * 255)
    return clip, {
        "plate": str(tmp_path / "plate.mkv"),
        "frames": {"start": 0, "duration": 12},
        "drawn": [{"frame": 0, "matte": str(tmp_path / "0.png")}],
        "out": str(tmp_path / "track"),
    }


def bytes_of(folder: Path) -> dict[int, bytes]:
    return {int(file.stem): file.read_bytes() for file in folder.glob("*.png")}


def test_a_correction_changes_only_what_it_touches(
    job: tuple[Any, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appearance, "_STEPS", 10)  # it learns often here, and need not learn well
    _, question = job
    drawn = [{"frame": n, "matte": str(tmp_path / f"{n}.png")} for n in (0, 6, 11)]
    track({**question, "drawn": [drawn[0], drawn[2]]}, lambda _: None)
    track({**question, "drawn": drawn, "changed": [6]}, lambda _: None)
    before = bytes_of(tmp_path / "track")
    answer = track({**question, "drawn": drawn, "changed": [11]}, lambda _: None)
    assert answer["tracked"] == [7, 8, 9, 10]
    assert bytes_of(tmp_path / "track") == before
    fresh = track({**question, "drawn": drawn, "out": str(tmp_path / "fresh")}, lambda _: None)
    assert bytes_of(tmp_path / "fresh") == before
    assert fresh["confidence"] == answer["confidence"]


def test_one_frame_can_be_tracked_alone(job: tuple[Any, dict[str, Any]], tmp_path: Path) -> None:
    clip, question = job
    answer = track({**question, "wanted": {"start": 1, "duration": 1}}, lambda _: None)
    assert answer["tracked"] == [1]
    assert sorted(bytes_of(tmp_path / "track")) == [0, 1]
    mask = cv2.imread(str(tmp_path / "track" / "000001.png"), cv2.IMREAD_GRAYSCALE) > 127
    assert (mask & clip.masks[1]).sum() / (mask | clip.masks[1]).sum() > 0.85


def test_what_cannot_be_tracked_is_refused(job: tuple[Any, dict[str, Any]], tmp_path: Path) -> None:
    _, question = job
    cv2.imwrite(str(tmp_path / "empty.png"), np.zeros((96, 160), np.uint8))
    empty = [{"frame": 0, "matte": str(tmp_path / "empty.png")}]
    with pytest.raises(MatteError, match="empty"):
        track({**question, "drawn": empty}, lambda _: None)
    with pytest.raises(SpecError, match="nothing is drawn"):
        track({**question, "drawn": []}, lambda _: None)
    with pytest.raises(SpecError, match="a clip that has 12"):
        track({**question, "frames": {"start": 0, "duration": 13}}, lambda _: None)


def test_of_two_shots_only_the_named_one_is_tracked(square: Callable[..., Any], tmp_path: Path) -> None:
    clip = square(8)
    frames = np.concatenate([clip.frames, 255 - clip.frames[::-1]])
    write_clip(tmp_path / "plate.mkv", frames, Fraction(24))
    for frame in (0, 12):
        mask = clip.masks[0] if frame == 0 else clip.masks[3]
        cv2.imwrite(str(tmp_path / f"{frame}.png"), mask.astype(np.uint8) * 255)
    question = {
        "plate": str(tmp_path / "plate.mkv"),
        "frames": {"start": 0, "duration": 16},
        "drawn": [{"frame": n, "matte": str(tmp_path / f"{n}.png")} for n in (0, 12)],
        "out": str(tmp_path / "track"),
    }
    answer = track({**question, "wanted": {"start": 2, "duration": 14}, "within": 2}, lambda _: None)
    assert answer["shots"] == [[0, 8], [8, 16]]
    assert answer["tracked"] == [2, 3, 4, 5, 6, 7]
