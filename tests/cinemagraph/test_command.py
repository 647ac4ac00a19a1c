"""`lumiere cinemagraph`: real media, real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import opentimelineio as otio
import pytest
from lumiere_engine.effects.performers import perform
from lumiere_engine.protocol import CinemagraphParams, JobSpec, MotionHints, Progress, WorkOrder
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.hints import Anchor, Arrow
from lumiere_plugin.cli import app
from typer.testing import CliRunner

from .conftest import FRAMES, PERIOD, background, read_clip, region_mask, swinging, write_clip

STILL = 7


def lumiere(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lumiere_plugin", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def loop_of(swing: tuple[Path, Path], out: Path, *more: Any) -> dict[str, Any]:
    """The answer of the command."""
    plate, matte = swing
    said = lumiere(
        "cinemagraph",
        plate,
        "--matte",
        matte,
        "--still",
        STILL,
        "-o",
        out,
        "--quality",
        "draft",
        "--json",
        *more,
    )
    assert said.returncode == 0, said.stderr
    return dict(json.loads(said.stdout))


@pytest.fixture(scope="module")
def looped(swing: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("looped") / "loop.mkv"
    return out, loop_of(swing, out, "--repeats", 2)


def test_all_but_the_region_is_the_still_bit_for_bit(
    swing: tuple[Path, Path], looped: tuple[Path, dict[str, Any]]
) -> None:
    still = read_clip(swing[0])[STILL]
    for frame in read_clip(looped[0]):
        assert np.array_equal(frame[~region_mask()], still[~region_mask()])


def test_the_loop_is_as_long_as_it_says_and_has_no_seam(looped: tuple[Path, dict[str, Any]]) -> None:
    out, answer = looped
    recipe = json.loads(Path(answer["recipe"]).read_text())
    period = recipe["loop"]["period"]
    frames = read_clip(out)
    assert recipe["loop"]["natural_period"] == PERIOD and period % PERIOD == 0
    assert len(frames) == answer["frame_count"] == 2 * period
    assert np.array_equal(frames[:period], frames[period:])
    mask = region_mask()
    steps = [np.abs(frames[k + 1] - frames[k])[mask].mean() for k in range(period)]
    assert steps[-1] <= 1.0 * np.median(steps)
    assert answer["start_frame"] == 86400 + STILL


def test_the_ball_swings_as_in_the_shot(
    swing: tuple[Path, Path], looped: tuple[Path, dict[str, Any]]
) -> None:
    mask = region_mask()
    shot, loop = (read_clip(path) for path in (swing[0], looped[0]))
    lively = [np.abs(np.diff(frames, axis=0))[:, mask].mean() for frames in (shot, loop)]
    assert 0.8 < lively[1] / lively[0] < 1.2


def test_the_same_job_gives_the_same_bytes(
    swing: tuple[Path, Path], looped: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    loop_of(swing, tmp_path / "again.mkv", "--repeats", 2)
    assert (tmp_path / "again.mkv").read_bytes() == looped[0].read_bytes()


@pytest.mark.parametrize("method", ["bounce", "repeat", "liao", "crossfade", "network"])
def test_every_method_loops(swing: tuple[Path, Path], tmp_path: Path, method: str) -> None:
    out = tmp_path / "loop.mkv"
    answer = loop_of(swing, out, "--method", method, "--period", 20)
    assert answer["frame_count"] == 20
    frames = read_clip(out)
    mask = region_mask()
    steps = [np.abs(frames[(k + 1) % 20] - frames[k])[mask].mean() for k in range(20)]
    assert steps[-1] < 1.3 * np.median(steps)


@pytest.fixture(scope="module")
def for_the_web(swing: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A loop of 20 frames in each format."""
    paths = {suffix: tmp_path_factory.mktemp("web") / f"loop.{suffix}" for suffix in ("gif", "webp", "apng")}
    for path in paths.values():
        loop_of(swing, path, "--period", 20)
    return paths


@pytest.mark.parametrize("suffix", ["gif", "webp", "apng"])
def test_loops_for_the_web_play_for_ever(for_the_web: dict[str, Path], suffix: str) -> None:
    out = for_the_web[suffix]
    found, animation = cv2.imreadanimation(str(out)) if suffix != "gif" else (True, None)
    data = out.read_bytes()
    forever = {
        "gif": b"NETSCAPE2.0\x03\x01\x00\x00",
        "webp": b"ANIM",
        "apng": b"acTL\x00\x00\x00\x14\x00\x00\x00\x00",
    }
    assert found and forever[suffix] in data
    if animation is not None:
        assert len(animation.frames) == 20


def test_the_sizes_that_are_foretold_are_about_those_that_are_written(
    swing: tuple[Path, Path], for_the_web: dict[str, Path], tmp_path: Path
) -> None:
    answer = loop_of(swing, tmp_path / "loop.mkv", "--period", 20, "--sizes")
    assert answer["loop"]["period"] == 20
    for suffix in ("gif", "webp"):
        assert 0.6 < answer["size_bytes"][f".{suffix}"] / for_the_web[suffix].stat().st_size < 1.6


def test_with_alpha_only_the_region_is_opaque(swing: tuple[Path, Path], tmp_path: Path) -> None:
    loop_of(swing, tmp_path / "cut.%02d.png", "--alpha", "--period", 20, "--no-freeze")
    picture = cv2.imread(str(tmp_path / "cut.00.png"), cv2.IMREAD_UNCHANGED)
    assert picture.shape[2] == 4
    assert (picture[..., 3][~region_mask()] == 0).all() and picture[50, 80, 3] == 255


def test_a_photograph_moves_by_arrows_and_returns(swing: tuple[Path, Path], tmp_path: Path) -> None:
    photo = write_clip(tmp_path / "photo.png", [background()])
    hints = tmp_path / "hints.json"
    hints.write_text(json.dumps({"arrows": [{"x": 60, "y": 50, "dx": 12, "dy": 0}]}))
    out = tmp_path / "loop.mkv"
    said = lumiere("cinemagraph", photo, "--matte", swing[1], "--hints", hints, "--period", 24, "-o", out)
    assert said.returncode == 0, said.stderr
    frames, mask = read_clip(out), region_mask()
    assert np.array_equal(frames[0], read_clip(photo)[0])
    assert all(np.array_equal(frame[~mask], frames[0][~mask]) for frame in frames)
    steps = [np.abs(frames[(k + 1) % 24] - frames[k])[mask].mean() for k in range(24)]
    assert steps[-1] <= 1.02 * np.median(steps) and np.median(steps) > 0.5
    # what was in the middle of the region has moved to the right
    shown = frames[4, 40:60, 60:100].mean(-1)
    lags = [np.abs(shown - frames[0, 40:60, 60 - k : 100 - k].mean(-1)).mean() for k in range(6)]
    assert int(np.argmin(lags)) in (1, 2, 3)


def test_a_shaking_camera_is_held_still(swing: tuple[Path, Path], tmp_path: Path) -> None:
    def shaken(frame: int) -> np.ndarray:
        x, y = 3 * np.sin(0.9 * frame), 2 * np.cos(1.3 * frame)
        matrix = np.float32([[1, 0, x], [0, 1, y]])
        return cv2.warpAffine(swinging(frame), matrix, (160, 96), borderMode=cv2.BORDER_REFLECT)

    plate = write_clip(tmp_path / "shaken.mkv", [shaken(k) for k in range(FRAMES)])
    out = tmp_path / "loop.mkv"
    loop_of((plate, swing[1]), out, "--no-freeze")
    frames = read_clip(out)
    # a corner of the region where the ball never is
    quiet = (slice(60, 72), slice(44, 56))
    before, after = (np.abs(np.diff(f, axis=0))[:, *quiet].mean() for f in (read_clip(plate), frames))
    assert after < 0.3 * before


@pytest.fixture
def edit(swing: tuple[Path, Path], tmp_path: Path) -> Path:
    """A timeline that shows frames 4 to 33 of the shot from its frame 10 on."""
    rate, timeline = 24, otio.schema.Timeline("edit")

    def span(start: int, count: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(count, rate)
        )

    media = otio.schema.ExternalReference(str(swing[0]), span(86400, FRAMES))
    clip = otio.schema.Clip("swing", media, span(86404, 30))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.extend([otio.schema.Gap(source_range=span(0, 10)), clip])
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(tmp_path / "edit.otio"))
    return tmp_path / "edit.otio"


def test_on_a_timeline_the_loop_fills_the_clip_exactly(swing: tuple[Path, Path], edit: Path) -> None:
    options = ("--matte", swing[1], "--clip", "swing", "--still", 3, "--quality", "draft", "--handles", 2)
    said = lumiere("cinemagraph", edit, *options, "--json")
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert Path(answer["output"]) == edit.with_name("edit_loop.otio")
    made = otio.adapters.read_from_file(answer["output"])
    new = next(child for child in made.tracks[1] if isinstance(child, otio.schema.Clip))
    assert new.name == "swing (loop)"
    assert new.trimmed_range_in_parent().start_time.value == 10
    assert new.source_range.duration.value == 30
    assert new.metadata["Lumiere"]["effect"] == "cinemagraph"
    frames, plate = read_clip(Path(answer["media"])), read_clip(swing[0])
    assert len(frames) == 34
    # ProRes is not lossless
    assert np.abs(frames[:, 80:] - plate[4 + 3, 80:]).mean() < 2


def refusal(*arguments: Any) -> str:
    """What the command says; in this process, since only one of its lines is wanted."""
    said = CliRunner().invoke(app, ["cinemagraph", *map(str, arguments), "--quality", "draft"])
    assert said.exit_code == 1 and len(said.stderr.strip().splitlines()) == 1, said.stderr
    return str(said.stderr)


def test_what_cannot_loop_is_told_in_one_line(swing: tuple[Path, Path], tmp_path: Path) -> None:
    plate, matte = swing
    out = ("-o", tmp_path / "out.mkv")
    full = write_clip(tmp_path / "full.png", [np.ones((96, 160, 3), np.float32)])
    corner = np.zeros((96, 160, 3), np.float32)
    corner[80:92, 4:30] = 1
    corner_matte = write_clip(tmp_path / "corner.png", [corner])
    photo = write_clip(tmp_path / "photo.png", [background()])
    assert "the matte is full" in refusal(plate, "--matte", full, "--still", 3, *out)
    assert "nothing moves in the region" in refusal(plate, "--matte", corner_matte, "--still", 3, *out)
    told = refusal(plate, "--matte", matte, "--still", 3, "--period", 60, *out)
    assert "too short for a loop of 60 frames" in told and "frame 3" in told and "--period" in told
    assert "no motion of its own" in refusal(photo, "--matte", matte, *out)
    assert "the still is frame 90" in refusal(plate, "--matte", matte, "--still", 90, *out)
    assert "lava" in refusal(photo, "--matte", matte, "--hints", "lava", *out)
    wide = background(160 + 9 * 47, 96)
    panned = write_clip(tmp_path / "pan.mkv", [wide[:, 9 * k : 9 * k + 160] for k in range(48)])
    told = refusal(panned, "--matte", matte, "--still", 24, *out)
    assert "the camera looks elsewhere in all but" in told and "frame 24" in told and "--still" in told
    assert "holds no alpha" in refusal(
        plate, "--matte", matte, "--still", 3, "--alpha", "-o", tmp_path / "out.mp4"
    )
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"hints": MotionHints((Arrow(-500, 40, 12, 0),))}, r"arrow at \(-500, 40\) lies outside .* 160x96"),
        ({"hints": MotionHints((Arrow(60, 50, 1e12, 0),))}, "1000000000000 pixels long"),
        (
            {"hints": MotionHints((Arrow(60, 50, 9, 0),), (Anchor(60, 200),))},
            r"anchor at \(60, 200\) lies outside",
        ),
        ({"still": 3, "period": 24, "start": 46}, "frame 46: no loop of 24 frames can begin there"),
    ],
)
def test_what_is_astray_is_told_in_one_line(
    swing: tuple[Path, Path], wrong: dict[str, Any], told: str, tmp_path: Path
) -> None:
    plate, matte = swing
    if "hints" in wrong:
        plate = write_clip(tmp_path / "photo.png", [background()])
    spec = JobSpec("cinemagraph", str(plate), (str(matte),), params=CinemagraphParams("draft", **wrong))
    with pytest.raises(SpecError, match=told):
        perform(WorkOrder(spec, str(tmp_path / "out.mkv")), lambda step: None)
    assert not list(tmp_path.glob("out*"))


def test_an_interrupted_loop_goes_on_and_has_the_same_bytes(
    swing: tuple[Path, Path], looped: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    spec = JobSpec.from_wire(json.loads(Path(looped[1]["recipe"]).read_text())["spec"])
    order = WorkOrder(spec, str(tmp_path / "loop.mkv"))
    heard: list[str] = []

    def until_half(step: Progress) -> None:
        if step.stage == "refine" and step.done * 2 > step.total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(order, until_half)
    assert not (tmp_path / "loop.mkv").exists() and (tmp_path / ".lumiere").is_dir()
    result = perform(order, lambda step: heard.append(step.stage))
    assert (tmp_path / "loop.mkv").read_bytes() == looped[0].read_bytes()
    assert result.fingerprint == looped[1]["fingerprint"]
    assert not (tmp_path / ".lumiere").exists()
