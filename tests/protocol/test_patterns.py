"""Names with a place for a number, and the files that have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lumiere_engine.protocol.patterns import files_named, is_pattern, pattern_name, without_number


@pytest.mark.parametrize(
    ("name", "first", "bare"),
    [
        ("plate.%04d.exr", "plate.0007.exr", "plate.exr"),
        ("plate.%d.exr", "plate.7.exr", "plate.exr"),
        ("plate_####.png", "plate_0007.png", "plate.png"),
        ("take#2.%04d.png", "take#2.0007.png", "take#2.png"),
    ],
)
def test_frames_of_a_pattern_are_found_under_the_names_that_it_gives_them(
    tmp_path: Path, name: str, first: str, bare: str
) -> None:
    assert is_pattern(name) and pattern_name(name, 7) == first and without_number(name) == bare
    made = [tmp_path / pattern_name(name, number) for number in range(7, 12)]
    for file in (*made, tmp_path / "other.0001.exr"):
        file.touch()
    assert sorted(files_named(tmp_path / name)) == sorted(made)
    assert files_named(tmp_path / "none" / name) == []


@pytest.mark.parametrize("name", ["take #2.mov", "100%d.mov", "me@home.mov"])
def test_a_file_that_is_there_is_no_pattern(tmp_path: Path, name: str) -> None:
    assert files_named(tmp_path / name) == []
    (tmp_path / name).touch()
    assert files_named(tmp_path / name) == [tmp_path / name]
