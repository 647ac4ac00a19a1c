"""End-point errors against a flow that is known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import write_clip
from lumiere_bench.film import EndPoint, end_point_errors
from lumiere_bench.footage import find_shots
from lumiere_bench.quality import bundled_footage
from lumiere_engine.protocol.errors import UnreadableMediaError


def stored(flow: np.ndarray, path: Path) -> None:
    """As `assets/film/flow_file.py` describes it: every second pixel, rows as differences, 1/64 pixel."""
    fixed = np.round(flow[:, ::2, ::2] * 64).astype(np.int16)
    packed = fixed.copy()
    packed[:, 1:] -= fixed[:, :-1]
    np.savez_compressed(path, clean=packed, step=2, units_per_pixel=64)


@pytest.fixture
def panning(tmp_path: Path) -> Path:
    """A camera that moves right by 3 pixels a frame, and a flat object that moves with the screen."""
    noise = np.random.default_rng(0).random((96, 200, 3)).astype(np.float32)
    plane = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    holes = np.zeros((4, 96, 160), bool)
    holes[:, 30:60, 60:100] = True
    frames = np.stack([plane[:, 3 * k : 3 * k + 160] for k in range(4)])
    pattern = plane[30:60, 60:100]
    frames[:, 30:60, 60:100] = pattern
    write_clip(tmp_path / "pan.mkv", frames, Fraction(24))
    write_clip(tmp_path / "pan_matte.mkv", holes, Fraction(24))
    flow = np.zeros((3, 96, 160, 2), np.float32)
    flow[..., 0] = -3
    stored(flow, tmp_path / "pan_flow.npz")
    return tmp_path


def test_completion_finds_the_motion_of_what_is_hidden(panning: Path) -> None:
    shot = find_shots(panning)[0]
    errors = end_point_errors(shot, 4)
    outside, completed, raw = (
        errors[f"{name} the hole"] for name in ("measured, outside", "completed, inside", "measured, inside")
    )
    assert outside.median_px < 0.2 and outside.length_px == 3
    assert completed.mean_px < 0.3 and completed.over_1px < 0.05
    assert raw.mean_px > 1.5  # the object's own motion


def test_the_films_flow_file_is_read_as_its_author_reads_it() -> None:
    shot = next(shot for shot in find_shots(bundled_footage()) if shot.flow)
    errors = end_point_errors(shot, 3)
    assert errors["measured, outside the hole"].length_px == pytest.approx(0.5, abs=0.35)
    assert errors["measured, outside the hole"].median_px < 0.25


def test_end_point_errors_are_lengths() -> None:
    flow, true = np.array([[3.0, 4.0], [0, 0]]), np.array([[0.0, 0.0], [0, 0.5]])
    assert EndPoint.of(flow, true) == EndPoint(2.75, 2.75, 0.5, 0.25)


def test_another_file_is_refused(panning: Path) -> None:
    np.savez(panning / "pan_flow.npz", other=np.zeros(3))
    with pytest.raises(UnreadableMediaError, match="no flow file"):
        end_point_errors(find_shots(panning)[0], 4)
