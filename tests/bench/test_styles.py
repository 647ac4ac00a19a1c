"""The benchmark of styles: its measure, its baseline, and that it goes on where it stopped."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import Size, write_clip
from lumiere_bench.likeness import style_distance
from lumiere_bench.style_judge import as_large
from lumiere_bench.style_methods import colour_transfer
from lumiere_bench.styles import Plan, markdown, run
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import JobResult
from lumiere_engine.protocol.errors import SpecError


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


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A shot of four frames and a picture."""
    for folder in ("style", "style_video/pan"):
        (tmp_path / folder).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "style" / "stripes.png"), noise(80, 80, 5, 2.0))
    wide = noise(48, 72, 6, 3.0)
    write_clip(
        tmp_path / "style_video/pan/video.mkv",
        np.stack([wide[:, t : t + 64] for t in range(4)]),
        Fraction(24),
    )
    return tmp_path


def never(*_: Any) -> JobResult:
    raise AssertionError("a job was begun")


def test_a_pair_that_was_measured_is_not_measured_again(footage: Path) -> None:
    plan = Plan(footage, (), (), Size(64, 48), 4, "draft", footage / "out", methods=("identity", "transfer"))
    report = run(plan, never, lambda _: None)
    kept = (plan.out / "styles.json").stat().st_mtime_ns
    assert run(plan, never, lambda _: None) == report
    assert (plan.out / "styles.json").stat().st_mtime_ns == kept
    assert report["pairs"]["pan × stripes"]["identity"]["warp"] == pytest.approx(1.0)
    run(replace(plan, methods=("identity",)), never, lambda _: None)  # it has other methods: measured anew
    assert (plan.out / "styles.json").stat().st_mtime_ns > kept


def test_a_pair_has_a_movie_of_all_side_by_side(footage: Path) -> None:
    plan = Plan(footage, (), (), Size(64, 48), 4, "draft", footage / "out", methods=("transfer",))
    run(plan, never, lambda _: None)
    assert "(movies/pan.stripes.mp4)" in (plan.out / "styles.md").read_text()
    with open_source(plan.out / "movies/pan.stripes.mp4") as movie:
        assert (movie.frame_count, movie.format.width) == (4, 4 * 322)


def test_a_peer_gets_the_painted_frames_by_their_numbers(footage: Path) -> None:
    def alone(plate: Path, output: Path, *_: Any) -> JobResult:
        write_clip(output, np.full((1, 48, 64, 3), 90, np.uint8), Fraction(24))
        return JobResult(str(output), None, 1, 0, "24", "", 0, 0, {"paint": 1.0})

    program = (
        "import sys, pathlib, cv2; out = pathlib.Path(sys.argv[3]); out.mkdir()\n"
        "keys = sorted(pathlib.Path(sys.argv[2]).iterdir()); assert [k.stem for k in keys] == ['000001', '000003']\n"
        "for t in range(4): cv2.imwrite(str(out / f'{t:04d}.png'), cv2.imread(str(keys[t // 2])))"
    )
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} {{plate}} {{keys}} {{out}}"
    plan = Plan(
        footage,
        (),
        (),
        Size(64, 48),
        4,
        "draft",
        footage / "out",
        methods=("identity",),
        peers=(f"copier={command}",),
        keys=(1, 3),
    )
    figures = run(plan, alone, lambda _: None)["pairs"]["pan × stripes"]["copier"]
    assert figures["key"] == 1 and figures["seconds"] > 0
    with pytest.raises(SpecError, match="frame 4 is to be painted, and the shot has 4"):
        run(replace(plan, keys=(1, 4), out=footage / "other"), alone, lambda _: None)


def test_what_is_not_there_is_refused(footage: Path) -> None:
    plan = Plan(footage, (), (), Size(64, 48), 4, "draft", footage / "out")
    for wrong in ({"methods": ("gpdm",)}, {"peers": ("a=run {plate} {out}",)}, {"shots": ("zoo",)}):
        with pytest.raises(SpecError):
            run(replace(plan, **wrong), never, lambda _: None)  # type: ignore[arg-type]


def test_all_pairs_are_seen_at_a_glance() -> None:
    one = {"style": 2.0, "content": 0.5, "warp": 0.4, "key": None, "seconds": 1.0}
    report = {
        "pairs": {
            "a × b": {"identity": one, "Lumiere α 1.0": {**one, "style": 1.25}},
            "c × d": {"copier": one},
        }
    }
    text = markdown(report)
    assert "| pair | style: Lumiere α 1.0 | style: copier | warp: Lumiere α 1.0 |" in text
    assert "| a × b | 1.25 | – | 0.40 |" in text and "| c × d | – | 2.00 | – |" in text
