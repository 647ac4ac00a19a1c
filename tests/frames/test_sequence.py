"""Image sequences: names, gaps, what the files say, and what is in them."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import MissingMediaError, UnreadableMediaError


def test_a_gap_is_refused_with_the_missing_number(sequence, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "gap", 6)
    (folder / "plate.1003.png").unlink()
    with pytest.raises(UnreadableMediaError, match="number 1003 is missing"):
        open_source(folder)
    with pytest.raises(UnreadableMediaError, match="number 1003 is missing"):
        open_source(folder / "plate.%04d.png")


def test_junk_beside_a_sequence_is_ignored(sequence, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "junk", 4)
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "notes.txt").write_text("take 2")
    (folder / "Thumbs.db").write_bytes(b"\1\2")
    shutil.copy(folder / "plate.1001.png", folder / "._plate.1001.png")
    with open_source(folder) as source:
        assert source.frame_count == 4
        assert source.format.first_number == 1001


def test_numbers_sort_by_value(sequence, number_of, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "sort", 12, name="f{}.png", first=3)
    with open_source(folder) as source:
        assert [number_of(source.read(k)) for k in range(12)] == list(range(12))


def test_two_sequences_in_a_folder_are_refused_and_a_pattern_helps(sequence, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "two", 3)
    sequence(folder, 3, name="clean.{:04d}.png")
    with pytest.raises(UnreadableMediaError, match=r"clean\.####, plate\.####|more than one sequence"):
        open_source(folder)
    with open_source(folder / "clean.####.png") as source:
        assert source.frame_count == 3


def test_content_decides_and_not_the_suffix(sequence, number_of, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "lies", 3, name="{:04d}.jpg")
    for file in folder.iterdir():
        file.rename(file.with_suffix(".png"))
    with open_source(folder) as source:
        assert [number_of(source.read(k)) for k in range(3)] == [0, 1, 2]


def test_another_size_is_refused_naming_the_frame(sequence, picture_file, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "sizes", 4)
    picture_file(folder / "plate.1003.png", np.zeros((10, 20, 3), np.uint8))
    with open_source(folder) as source, pytest.raises(UnreadableMediaError, match="20x10") as caught:
        source.read(2)
    assert caught.value.frame == 2


def test_a_gray_frame_in_an_rgb_sequence_is_the_same_gray(sequence, picture_file, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "gray", 3)
    picture_file(folder / "plate.1002.png", np.full((96, 192), 7, np.uint8))
    with open_source(folder) as source:
        assert (source.read(1).planes[0] == 7).all()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "exr"])
def test_a_truncated_picture_is_refused_with_the_frame(sequence, tmp_path: Path, suffix: str) -> None:
    folder = sequence(tmp_path / "cut", 3, name="{:04d}." + suffix)
    data = (folder / f"1002.{suffix}").read_bytes()
    (folder / f"1002.{suffix}").write_bytes(data[: len(data) // 2])
    with open_source(folder) as source, pytest.raises(UnreadableMediaError) as caught:
        source.read(1)
    assert caught.value.frame == 1
    assert "\n" not in str(caught.value)


def test_a_single_picture_is_one_frame(picture_file, tmp_path: Path) -> None:
    samples = np.arange(8 * 6 * 3, dtype=np.uint16).reshape(6, 8, 3) * 400
    path = picture_file(tmp_path / "still0042.png", samples)
    with open_source(path) as source:
        assert source.frame_count == 1
        assert np.array_equal(source.read(0).planes[0], samples)


def test_rate_is_24_or_what_exr_says_or_what_is_asked(sequence, picture_file, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "r", 2)
    assert open_source(folder).format.rate == 24
    assert open_source(folder, rate=Fraction(30000, 1001)).format.rate == Fraction(30000, 1001)
    spec = oiio.ImageSpec(8, 8, 3, "half")
    spec.attribute("FramesPerSecond", oiio.TypeDesc("rational"), (24000, 1001))
    out = oiio.ImageOutput.create("x.exr")
    out.open(str(tmp_path / "x.exr"), spec)
    out.write_image(np.zeros((8, 8, 3), np.float16))
    out.close()
    assert open_source(tmp_path / "x.exr").format.rate == Fraction(24000, 1001)


def test_half_stays_half_and_straight_alpha_stays_straight(picture_file, tmp_path: Path) -> None:
    half = np.random.default_rng(0).normal(1, 3, (9, 7, 4)).astype(np.float16)
    with open_source(picture_file(tmp_path / "h.exr", half)) as source:
        assert source.format.layout.floating and source.format.layout.bits == 16
        assert np.array_equal(source.read(0).planes[0], half)
    straight = np.random.default_rng(0).integers(0, 255, (9, 7, 4)).astype(np.uint8)
    path = picture_file(tmp_path / "s.png", straight, **{"oiio:UnassociatedAlpha": 1})
    with open_source(path) as source:
        assert np.array_equal(source.read(0).planes[0], straight)


def test_a_data_window_lies_in_its_display_window(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(4, 3, 3, "half")
    spec.x, spec.y = 2, -1
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = 0, 0, 10, 8
    out = oiio.ImageOutput.create("w.exr")
    out.open(str(tmp_path / "w.exr"), spec)
    out.write_image(np.ones((3, 4, 3), np.float16))
    out.close()
    with open_source(tmp_path / "w.exr") as source:
        picture = source.read(0).planes[0]
    expected = np.zeros((8, 10), np.float16)
    expected[0:2, 2:6] = 1
    assert np.array_equal(picture[..., 0], expected)


def test_exr_channels_are_found_by_name(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(4, 4, 5, "half")
    spec.channelnames = ("A", "B", "G", "R", "Z")
    values = np.broadcast_to(np.array([1.0, 0.3, 0.2, 0.1, 99.0], np.float16), (4, 4, 5))
    out = oiio.ImageOutput.create("c.exr")
    out.open(str(tmp_path / "c.exr"), spec)
    out.write_image(np.ascontiguousarray(values))
    out.close()
    with open_source(tmp_path / "c.exr") as source:
        assert np.allclose(source.read(0).planes[0][0, 0], [0.1, 0.2, 0.3, 1.0], atol=1e-3)


def test_a_photograph_is_read_upright(picture_file, tmp_path: Path) -> None:
    upright = np.zeros((20, 10, 3), np.uint8)
    upright[:5] = 250  # sky at the top
    stored = np.rot90(upright, 1)  # as a camera held sideways stores it
    path = picture_file(tmp_path / "p.tif", np.ascontiguousarray(stored), Orientation=6)
    with open_source(path) as source:
        assert np.array_equal(source.read(0).planes[0], upright)


def test_an_empty_folder_and_a_pattern_without_files_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingMediaError):
        open_source(tmp_path)
    with pytest.raises(MissingMediaError):
        open_source(tmp_path / "name.%04d.png")
    with pytest.raises(MissingMediaError):
        open_source(tmp_path / "nowhere" / "name.%04d.png")


@pytest.mark.parametrize(
    ("names", "window", "words"),
    [
        (("R", "G", "B", "A"), (0, 0), ()),
        (("R", "G", "B", "Z", "N.X"), (0, 0), ("channels that are not read", "Z, N.X")),
        (("R", "G", "B"), (-4, 0), ("beyond their display window",)),
    ],
)
def test_what_of_an_exr_is_not_read_is_said(
    tmp_path: Path, names: tuple[str, ...], window: tuple[int, int], words: tuple[str, ...]
) -> None:
    spec = oiio.ImageSpec(32, 24, len(names), "half")
    spec.channelnames, (spec.x, spec.y) = names, window
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = 0, 0, 32 + 2 * window[0], 24
    output = oiio.ImageOutput.create(str(tmp_path / "a.1001.exr"))
    assert output.open(str(tmp_path / "a.1001.exr"), spec)
    output.write_image(np.zeros((24, 32, len(names)), np.float16))
    output.close()
    with open_source(tmp_path) as source:
        assert len(source.notes) == bool(words)
        assert all(word in source.notes[0] for word in words)
