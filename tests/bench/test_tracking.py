from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from lumiere_bench.clips import write_clip
from lumiere_bench.tracking import Plan, overlap, run


def test_overlap_is_that_of_sets() -> None:
    first, second = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    assert overlap(first, second) == 1
    first[:2], second[1:3] = True, True
    assert overlap(first, second) == 1 / 3


def test_a_square_is_tracked_and_reported(tmp_path: Path) -> None:
    frames = np.full((5, 64, 96, 3), 90, np.uint8)
    frames += np.random.default_rng(0).integers(0, 40, (64, 96, 1), np.uint8)
    masks = np.zeros(frames.shape[:3], bool)
    for t in range(5):
        masks[t, 20:44, 20 + 4 * t : 44 + 4 * t] = True
    frames[masks] = (220, 40, 30)
    shot = tmp_path / "footage" / "square"
    shot.mkdir(parents=True)
    write_clip(shot / "video.mkv", frames, Fraction(24))
    write_clip(shot / "mask.mkv", masks, Fraction(24))
    report = run(Plan(tmp_path / "footage", (), 5, 1, tmp_path / "out"), lambda _: None)
    assert report["mean_iou"][0] > 0.8
    assert report["mean_iou"][1] >= report["mean_iou"][0] - 0.02
    assert (tmp_path / "out" / "sheets" / "square.jpg").is_file()
    assert "square" in (tmp_path / "out" / "tracking.md").read_text()
