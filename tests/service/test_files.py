"""Done is believed only after the files were looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from lumiere_engine.protocol.errors import OutputError
from lumiere_engine.service.files import fingerprints


@pytest.mark.parametrize("name", ["plain.mov", "take #2.mov", "me@home.mkv", "100%d.mov"])
def test_a_movie_is_one_file_whatever_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="there are 0 files"):
        fingerprints([str(tmp_path / name)], 12)
    (tmp_path / name).write_bytes(b"frames")
    (found,) = fingerprints([str(tmp_path / name)], 12)
    assert found["path"] == str(tmp_path / name) and found["size_bytes"] == 6


def test_a_sequence_is_as_many_files_as_frames(tmp_path: Path) -> None:
    pattern = tmp_path / "take#2.%04d.png"
    for number in range(1001, 1013):
        (tmp_path / f"take#2.{number}.png").write_bytes(b"frame")
    assert len(fingerprints([str(pattern)], 12)) == 12
    with pytest.raises(OutputError, match="there are 12 files"):
        fingerprints([str(pattern)], 13)
