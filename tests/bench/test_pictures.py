"""Sheets show the hole, in true colours, however large the picture is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from lumiere_bench.cases import GREY, Case
from lumiere_bench.pictures import Gallery


def test_large_frames_are_cut_around_their_hole(tmp_path: Path) -> None:
    truth = np.full((3, 400, 900, 3), (200, 60, 20), np.uint8)
    holes = np.zeros((3, 400, 900), bool)
    holes[:, 350:390, 840:890] = True
    plate = np.where(holes[..., None], np.uint8(GREY), truth)
    case = Case("large", "moving", "native", truth, plate, holes, Fraction(24), tmp_path)
    gallery = Gallery(tmp_path)
    gallery.add_inputs(case)
    assert gallery.has(case.name, "truth") and not gallery.has(case.name, "telea")
    gallery.assemble(case.name, ["telea"])
    sheet = cv2.imread(str(tmp_path / "sheets" / f"{case.name}.jpg"))[..., ::-1]
    assert sheet.shape == (2 * (270 + 3), 92 + 5 * (480 + 3), 3)
    true, seen = sheet[:270, 92 : 92 + 480], sheet[273 : 273 + 270, 92 : 92 + 480]
    assert np.abs(true.astype(int) - (200, 60, 20)).mean() < 3
    grey = np.abs(seen.astype(int) - GREY).max(-1) < 16
    assert 0.6 < grey.sum() / (40 * 50) < 1.1


def test_the_flicker_strip_follows_the_line_that_is_hidden_most(still: Case, tmp_path: Path) -> None:
    line = int(still.holes.sum((0, 2)).argmax())
    marked = still.truth.copy()
    marked[:, line] = (255, 0, 0)
    gallery = Gallery(tmp_path)
    gallery.add(still, "truth", marked)
    gallery.assemble(still.name, [])
    strip = cv2.imread(str(tmp_path / "flicker" / f"{still.name}.jpg"))[..., ::-1]
    shown = strip[: 2 * len(marked), 92:]
    assert shown.shape == (2 * len(marked), 128, 3)
    assert shown[..., 0].mean() > 240 and shown[..., 1].mean() < 20
