"""WebDataset's shards are read as folders are: what is wrong in them is told by name."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.learning.captioned import CaptionedParams, gather
from lumiere_engine.protocol.errors import LumiereError, SpecError

PARAMS = CaptionedParams(size=(8, 8), frames=1)


def _png(value: int) -> bytes:
    return bytes(cv2.imencode(".png", np.full((12, 10, 3), value, np.uint8))[1].tobytes())


def _shard(path: Path, files: dict[str, bytes], mode: str = "w:") -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_shards_and_files_are_the_same_material(tmp_path: Path) -> None:
    folder = tmp_path / "material"
    packed = {
        "a/000.png": _png(10), "a/000.txt": b" a dark\n plane ", "a/000.json": b"{}",
        "a/001.low.png": _png(200), "a/001.txt": b"a bright plane",
    }  # fmt: skip
    _shard(folder / "0000.tar", packed)
    (folder / "b.png").write_bytes(_png(90))
    (folder / "b.txt").write_text("a plane")
    clips = gather(folder, tmp_path / "cache", PARAMS)
    assert [clip.caption for clip in clips] == ["a plane", "a dark plane", "a bright plane"]
    assert [int(np.load(clip.cache).mean()) for clip in clips] == [90, 10, 200]
    assert (
        sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".npy"] * 3
    )  # nothing stays unpacked
    times = [clip.cache.stat().st_mtime_ns for clip in clips]
    assert [clip.cache.stat().st_mtime_ns for clip in gather(folder, tmp_path / "cache", PARAMS)] == times


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.png": _png(1)}, r"0.tar:a.png: it has no caption; pack a.txt beside it"),
        ({"a.txt": b"words"}, r"0.tar:a: that caption has no clip"),
        ({"a.txt": b"\xff", "a.png": _png(1)}, r"0.tar:a.txt: the caption is not UTF-8"),
        ({"a.txt": b"x", "a.png": _png(1), "a.mp4": b"0"}, r"it is there as .mp4 and as .png"),
        ({"a.txt": b"x", "a.png": b"no picture"}, r"0.tar:a.png: "),
    ],
)
def test_what_is_wrong_in_a_shard_is_told_by_name(files: dict[str, bytes], said: str, tmp_path: Path) -> None:
    _shard(tmp_path / "material" / "0.tar", files)
    with pytest.raises(LumiereError, match=said):
        gather(tmp_path / "material", tmp_path / "cache", PARAMS)
    assert not list((tmp_path / "cache").glob(".*"))


def test_half_a_shard_and_a_compressed_one_are_refused(tmp_path: Path) -> None:
    files = {"a.txt": b"x", "a.png": _png(1) * 40}
    shard = _shard(tmp_path / "material" / "0.tar", files)
    whole = shard.read_bytes()
    for size in (len(whole) // 3, 700):
        shard.write_bytes(whole[:size])
        with pytest.raises(SpecError, match=r"0.tar"):
            gather(tmp_path / "material", tmp_path / "cache", PARAMS)
    _shard(shard, files, "w:gz")
    with pytest.raises(SpecError, match="no uncompressed tar archive"):
        gather(tmp_path / "material", tmp_path / "cache", PARAMS)
