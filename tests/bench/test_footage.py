"""Shots are found in all the layouts that footage comes in."""

from __future__ import annotations

from pathlib import Path

import pytest
from lumiere_bench.footage import Shot, choose_shots, find_shots
from lumiere_bench.quality import bundled_footage
from lumiere_engine.protocol.errors import MissingMediaError, SpecError


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_with_frames_or_a_movie_are_shots(tmp_path: Path) -> None:
    touch(tmp_path / "a/frames/0001.png", tmp_path / "a/masks/0001.png", tmp_path / "a/gt/0001.png")
    touch(tmp_path / "b/input_video.mp4", tmp_path / "b/mask_00.mp4", tmp_path / "b/mask_01.mp4")
    touch(tmp_path / "c/video.mp4", tmp_path / "c/another.webm", tmp_path / "c/object_matte.mov")
    touch(tmp_path / "d/notes.txt", tmp_path / "README.tsv")
    shots = {shot.name: shot for shot in find_shots(tmp_path)}
    assert list(shots) == ["a", "b", "c"]
    assert shots["a"].plate.name == "frames" and shots["a"].mattes[0].name == "masks"
    assert shots["a"].other == tmp_path / "a/gt" and shots["a"].other_is_clean is None
    assert [matte.name for matte in shots["b"].mattes] == ["mask_00.mp4", "mask_01.mp4"]
    assert shots["c"].plate.name == "video.mp4" and [m.name for m in shots["c"].mattes] == [
        "object_matte.mov"
    ]


def test_movies_in_the_folder_are_shots_with_what_lies_beside_them(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("x.mov", "x_matte.mkv", "x_clean.mov", "x_flow.npz", "y.avi")))
    x, y = find_shots(tmp_path)
    assert (x.name, x.mattes, x.other, x.other_is_clean) == (
        "x",
        (tmp_path / "x_matte.mkv",),
        tmp_path / "x_clean.mov",
        True,
    )
    assert x.flow == tmp_path / "x_flow.npz"
    assert y == Shot("y", tmp_path / "y.avi")


def test_a_folder_that_is_a_shot_is_one(tmp_path: Path) -> None:
    touch(tmp_path / "tennis/frames/0001.png", tmp_path / "tennis/masks/0001.png")
    assert [shot.name for shot in find_shots(tmp_path / "tennis")] == ["tennis"]


def test_the_bundled_film_has_a_shot_with_truth_and_flow() -> None:
    shots = {shot.name: shot for shot in find_shots(bundled_footage())}
    assert set(shots) == {"crossing", "pond"}
    crossing = shots["crossing"]
    assert crossing.mattes and crossing.flow and crossing.other_is_clean


def test_shots_are_chosen_by_name_and_a_wrong_name_says_which_there_are(tmp_path: Path) -> None:
    touch(tmp_path / "a.mov", tmp_path / "b.mov")
    shots = find_shots(tmp_path)
    assert [shot.name for shot in choose_shots(shots, ["b"])] == ["b"]
    assert choose_shots(shots, []) == shots
    with pytest.raises(SpecError, match="choose from a, b"):
        choose_shots(shots, ["c"])


def test_nothing_to_measure_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingMediaError, match="no shot"):
        find_shots(tmp_path)
    with pytest.raises(MissingMediaError, match="no such folder"):
        find_shots(tmp_path / "none")
