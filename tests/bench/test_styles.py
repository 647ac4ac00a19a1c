"""The benchmark of styles: its measure, its baseline, and that it goes on where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lumiere_bench.clips import Size
from lumiere_bench.likeness import style_distance
from lumiere_bench.styles import Plan, as_large, colour_transfer, run
from lumiere_engine.protocol import JobResult


def noise(height: int, width: int, seed: int, softness: float) -> np.ndarray:
    """A texture, h w 3 uint8."""
    soft = cv2.GaussianBlur(
        np.random.default_rng(seed).normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), softness
    )
    return np.clip(127 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


def test_a_picture_of_the_same_texture_is_near_whatever_its_size() -> None:
    style = noise(90, 120, 1, 1.5)
    assert style_distance(style, style) == 0
    twin, other = noise(64, 160, 2, 1.5), noise(64, 160, 2, 6.0)
    assert style_distance(twin, style) < 0.3 * style_distance(other, style)
    assert as_large(style, (45, 60)).shape == (45, 60, 3)


def test_colour_transfer_gives_the_colours_alone() -> None:
    frames, reference = noise(40, 60, 3, 2.0)[None], noise(40, 60, 4, 2.0) // 3
    given = colour_transfer(frames, reference)[0]
    assert np.allclose(given.mean((0, 1)), reference.mean((0, 1)), atol=6)


def test_a_pair_that_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    for folder in ("style", "style_video/pan"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "style_video/pan/video.png").write_bytes(b"")  # not opened again
    cv2.imwrite(str(tmp_path / "style" / "stripes.png"), noise(80, 80, 5, 2.0))
    out = tmp_path / "out"
    out.mkdir()
    (out / "styles.json").write_text(
        '{"label": "StyleReport.1", "machine": {}, "pairs": {"pan × stripes": {}}}'
    )

    def never(*_: Any) -> JobResult:
        raise AssertionError("it was measured")

    plan = Plan(tmp_path, (), (), Size(64, 48), 3, 2, "draft", out)
    assert run(plan, never, lambda _: None)["pairs"] == {"pan × stripes": {}}
