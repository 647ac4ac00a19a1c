"""Movies: variable rates, start times, timecode, colour tags, truncation and damage."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import (
    MissingMediaError,
    SpecError,
    UnreadableMediaError,
    VariableRateError,
)
from lumiere_engine.protocol.ranges import FrameRange

VARIABLE = [*range(20), 22, 24, 26, 28, *range(30, 40)]  # a hole every second frame in the middle


def cut(path: Path, part: float) -> Path:
    """A copy of the first part of a file."""
    data = path.read_bytes()
    target = path.with_name("cut_" + path.name)
    target.write_bytes(data[: int(len(data) * part)])
    return target


def scratched(path: Path, at: float = 0.5, length: int = 400) -> Path:
    """A copy with noise in the middle."""
    data = bytearray(path.read_bytes())
    start = int(len(data) * at)
    data[start : start + length] = np.random.default_rng(1).bytes(length)
    target = path.with_name("scratched_" + path.name)
    target.write_bytes(data)
    return target


def test_variable_rate_is_refused_with_both_rates(movie, tmp_path: Path) -> None:
    path = movie(tmp_path / "v.mp4", len(VARIABLE), times=VARIABLE)
    with pytest.raises(VariableRateError) as caught:
        open_source(path)
    assert "8 to 24 frames per second" in str(caught.value)
    assert "--conform" in str(caught.value)


def test_conforming_takes_the_frame_nearest_in_time(movie, number_of, tmp_path: Path) -> None:
    path = movie(tmp_path / "v.mp4", len(VARIABLE), times=VARIABLE)
    with open_source(path, conform=True) as source:
        assert source.format.rate == 24
        assert source.frame_count == 40
        shown = [number_of(p) for p in source.iter(FrameRange(0, 40))]
    for at, number in enumerate(shown):
        assert abs(VARIABLE[number] - at) <= 1
    assert [shown[at] for at in VARIABLE] == list(range(len(VARIABLE)))


def test_conforming_to_another_rate(movie, number_of, tmp_path: Path) -> None:
    path = movie(tmp_path / "c.mp4", 24, rate=Fraction(24))
    with open_source(path, conform=True, rate=Fraction(12)) as source:
        assert source.frame_count == 12
        assert [number_of(source.read(k)) for k in range(12)] == list(range(0, 24, 2))


def test_another_rate_without_conforming_is_refused(movie, tmp_path: Path) -> None:
    path = movie(tmp_path / "c.mp4", 5)
    with pytest.raises(SpecError, match="24 frames per second, not 25"):
        open_source(path, rate=Fraction(25))


def test_the_rounding_of_a_milliseconds_clock_is_no_variable_rate(movie, tmp_path: Path) -> None:
    path = movie(tmp_path / "m.mkv", 100, rate=Fraction(30000, 1001))
    with open_source(path) as source:
        assert source.format.rate == Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("rate", "timecode", "start"),
    [
        (Fraction(24), "01:00:00:00", 86400),
        (Fraction(24000, 1001), "10:00:00:12", 864012),
        (Fraction(30000, 1001), "01:00:00;00", 107892),
    ],
)
def test_timecode_becomes_a_start_frame(movie, tmp_path: Path, rate, timecode: str, start: int) -> None:
    path = movie(tmp_path / "t.mov", 5, rate=rate, timecode=timecode)
    with open_source(path) as source:
        fmt = source.format
        assert (fmt.timecode, fmt.start_frame, fmt.drop_frame) == (timecode, start, ";" in timecode)


def test_without_timecode_the_start_frame_is_0(movie, tmp_path: Path) -> None:
    with open_source(movie(tmp_path / "n.mp4", 3)) as source:
        assert (source.format.timecode, source.format.start_frame) == (None, 0)


def test_colour_tags_are_read_and_missing_ones_stay_unspecified(movie, tmp_path: Path) -> None:
    tagged = movie(tmp_path / "t.mp4", 2, pix_fmt="yuv420p10le", tags=(9, 16, 9, 1))
    bare = movie(tmp_path / "b.mp4", 2)
    with open_source(tagged) as source:
        color = source.format.color
        assert (color.primaries, color.transfer, color.matrix, color.range) == (9, 16, 9, 1)
        assert source.format.layout.bits == 10
    with open_source(bare) as source:
        color = source.format.color
        assert (color.primaries, color.transfer, color.matrix) == (2, 2, 2)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p"])
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_phones_movie_is_read_upright(movie, tmp_path: Path, pix_fmt: str, turn: int) -> None:
    lying = movie(tmp_path / "l.mp4", 3, pix_fmt=pix_fmt)
    turned = movie(tmp_path / "t.mp4", 3, pix_fmt=pix_fmt, turn=turn)
    with open_source(lying) as before, open_source(turned) as after:
        upright = after.read(1)
        assert (upright.width, upright.height) == ((96, 192) if turn != 180 else (192, 96))
        for old, new in zip(before.read(1).planes, upright.planes, strict=True):
            assert np.array_equal(np.rot90(old, turn // 90), new)
        assert tuple(p.shape for p in upright.planes) == after.format.layout.plane_shapes(
            after.format.width, after.format.height
        )


def test_full_range_is_known(movie, tmp_path: Path) -> None:
    with open_source(movie(tmp_path / "f.mp4", 2, tags=(1, 1, 1, 2))) as source:
        assert source.format.color.range == 2


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_truncated_movie_is_refused_with_the_frame(movie, tmp_path: Path, suffix: str) -> None:
    codec = "mpeg4" if suffix == "avi" else "libx264"
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    path = movie(tmp_path / f"t.{suffix}", 40, codec, container_options=options)
    with pytest.raises(UnreadableMediaError, match="truncated") as caught:
        open_source(cut(path, 0.6))
    assert caught.value.frame is not None
    assert 5 < caught.value.frame < 39


def test_a_movie_that_lost_its_index_is_refused_by_name(movie, tmp_path: Path) -> None:
    path = cut(movie(tmp_path / "t.mov", 40), 0.6)
    with pytest.raises(UnreadableMediaError, match="truncated: the index of its frames"):
        open_source(path)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("b.mov", "prores_ks", "yuv422p10le"),
        ("c.mkv", "ffv1", "yuv422p10le"),
        ("d.mov", "mjpeg", "yuvj422p"),
        ("e.avi", "mpeg4", "yuv420p"),
    ],
)
def test_damage_is_refused_with_the_frame_and_never_concealed(
    movie, tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    options = {"slicecrc": "1", "level": "3"} if codec == "ffv1" else {}
    whole = movie(tmp_path / name, 30, codec, pix_fmt, options=options)
    with open_source(whole) as source:
        good = list(source.iter(FrameRange(0, 30)))
    k = 0
    with pytest.raises(UnreadableMediaError) as caught, open_source(scratched(whole)) as source:
        for k in range(30):
            assert source.read(k).equals(good[k])
    assert caught.value.frame == k


def test_what_is_no_media_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("hello\nworld\n" * 50)
    with pytest.raises(UnreadableMediaError) as caught:
        open_source(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(UnreadableMediaError):
        open_source(_empty(tmp_path))


def _empty(folder: Path) -> Path:
    path = folder / "empty.mov"
    path.touch()
    return path


def test_missing_media_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingMediaError, match=r"gone\.mov"):
        open_source(tmp_path / "gone.mov")


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    import wave

    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0\0" * 800)
    with pytest.raises(UnreadableMediaError, match="no picture"):
        open_source(path)


def test_memory_does_not_grow_with_the_clip(movie, tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    path = movie(tmp_path / "long.mp4", 150, size=(480, 288), options={"preset": "ultrafast"})
    process = psutil.Process(os.getpid())
    with open_source(path) as source:
        sizes = []
        for k, _ in enumerate(source.iter(FrameRange(0, 150))):
            if k in (40, 149):
                sizes.append(process.memory_info().rss)
    assert sizes[1] - sizes[0] < 10 * 2**20
