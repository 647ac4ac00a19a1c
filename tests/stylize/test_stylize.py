"""What holds of every stylised shot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lumiere_engine.protocol import FrameRange, JobResult, KeyPicture, StyleShare
from safetensors import safe_open

Styled = Callable[..., JobResult]


@pytest.fixture
def painted(media: Path) -> KeyPicture:
    return KeyPicture(3, str(media / "painted.png"))


def psnr(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    return float(-10 * np.log10(np.square(np.stack(first) - np.stack(second)).mean() + 1e-12))


@pytest.mark.slow
def test_a_key_frame_is_the_painting_and_the_others_follow_it_as_far_as_the_strength_goes(
    styled: Styled, painted: KeyPicture, media: Path, tmp_path: Path, tools: Any
) -> None:
    plate, paint = tools.read(media / "plate.mkv"), tools.read(media / "painted.png")[0]
    near = []
    for strength in (0.0, 0.5, 1.0):
        result = styled(f"{strength}.mkv", keyframes=(painted,), strength=strength)
        frames = tools.read(tmp_path / f"{strength}.mkv")
        near.append(psnr(frames, plate))
    assert near[0] > 45, "without strength the shot comes back"
    assert near[0] > near[1] > near[2]
    assert np.abs(frames[3] - paint).max() < 1.01 / 255
    # the camera pans by 2 pixels a frame: frame 5 shows the paint 4 pixels further left
    assert np.abs(frames[5][8:-8, 8:-16] - paint[8:-8, 12:-12]).mean() < 0.03
    assert result.borrowed > 0.7
    assert result.recipe["style"]["keys"] == [3]


def test_a_frame_that_is_painted_is_not_asked_for_again(styled: Styled, painted: KeyPicture) -> None:
    alone = styled("alone.mkv", keyframes=(painted,), frames=FrameRange(3, 1))
    assert alone.recipe["style"] == {"keys": [3], "paint_next": None}
    assert not alone.notes


def test_outside_the_matte_nothing_changes(styled: Styled, media: Path, tmp_path: Path, tools: Any) -> None:
    plate, matte = tools.read(media / "plate.mkv"), tools.read(media / "matte.png")[0][..., 0] > 0.5
    for name, outside, kept in (("in.mkv", False, ~matte), ("out.mkv", True, matte)):
        styled(name, matte="matte.png", reference="style.png", outside=outside, keep=True)  # learned once
        for before, after in zip(plate, tools.read(tmp_path / name), strict=True):
            assert np.array_equal(before[kept], after[kept])
            assert not np.array_equal(before[~kept], after[~kept])


def test_the_same_job_gives_the_same_bytes(styled: Styled, tmp_path: Path) -> None:
    for name in ("a.mkv", "b.mkv"):
        styled(name, reference="style.png")
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()
    assert not (tmp_path / ".lumiere").exists()


def test_colours_of_the_picture_are_taken(styled: Styled, tmp_path: Path, tools: Any) -> None:
    styled(reference="style.png")
    for frame in tools.read(tmp_path / "out.mkv"):
        # the picture's red and blue are opposites
        assert np.corrcoef(frame[..., 0].ravel(), frame[..., 2].ravel())[0, 1] < -0.5


def test_a_style_that_was_saved_is_applied_to_a_shot_without_its_pictures(
    styled: Styled, painted: KeyPicture, media: Path, tmp_path: Path, tools: Any
) -> None:
    file = tmp_path / "negative.safetensors"
    styled("learned.mkv", keyframes=(painted,), save=file, keep=True)
    kept = {path.name for path in (tmp_path / ".lumiere").glob("*/*")}
    assert kept >= {"loss.png", "learned.jpg"}
    result = styled("applied.mkv", styles=(StyleShare(str(file)),))
    plate, applied = tools.read(media / "plate.mkv"), tools.read(tmp_path / "applied.mkv")
    assert result.recipe["style"]["keys"] == []
    assert psnr(applied, plate) < 35
    assert file.stat().st_size < 8 << 20
    with safe_open(file, "np") as opened:
        about = opened.metadata()
    assert about["label"] == "StyleFile.1" and "painted.png" in about["about"] and about["preview"]


def test_what_enters_long_after_the_painted_frame_has_strokes_as_well(
    styled: Styled, tmp_path: Path, tools: Any
) -> None:
    wide = tools.smooth_noise(tools.HEIGHT, tools.WIDTH + 80, 5)
    plate = tools.write(tmp_path / "fast.mkv", [wide[:, 8 * k : 8 * k + tools.WIDTH] for k in range(11)])
    strokes = 0.15 * np.sign(np.sin(np.arange(tools.WIDTH) * 1.1))[None, :, None]
    painting = tools.write(tmp_path / "first.png", [np.clip(wide[:, : tools.WIDTH, ::-1] + strokes, 0, 1)])
    result = styled(plate=str(plate), keyframes=(KeyPicture(0, str(painting)),))
    first, *_, last = tools.read(tmp_path / "out.mkv")

    def roughness(picture: np.ndarray) -> float:
        return float(np.abs(np.diff(picture[:, -48:], axis=1)).mean())

    assert roughness(last) > 0.5 * roughness(first), "the right half of the last frame is new"
    assert result.recipe["style"]["keys"] == [0], "an artist painted one"
    assert result.borrowed < 0.7, "and that one does not show all"
