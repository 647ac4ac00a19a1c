"""Results: exact where promised, tagged, under their final name only when whole."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.encoding import ffv1_format
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol.errors import OutputError, OutputExistsError
from lumiere_engine.protocol.ranges import FrameRange

SIZE = (53, 31)  # odd, on purpose
LAYOUTS = [
    *(PixelLayout("rgb", bits, alpha=alpha) for bits in (8, 10, 12, 16) for alpha in (False, True)),
    PixelLayout("rgb", 14),
    PixelLayout("rgb", 32, floating=True),
    PixelLayout("rgb", 16, floating=True),
    *(PixelLayout("gray", bits) for bits in (8, 10, 12, 16)),
    PixelLayout("gray", 8, alpha=True),
    *(
        PixelLayout("yuv", bits, chroma_shift=shift)
        for bits in (8, 9, 10, 12, 14, 16)
        for shift in ((0, 0), (1, 0), (1, 1))
    ),
    PixelLayout("yuv", 8, chroma_shift=(2, 0)),
    *(PixelLayout("yuv", bits, alpha=True, chroma_shift=(0, 0)) for bits in (8, 10, 16)),
]
HD = ColorTags(1, 1, 1, 1)


def fmt_of(layout: PixelLayout, size: tuple[int, int] = SIZE, **more) -> FrameFormat:
    color = HD if layout.family == "yuv" else ColorTags(1, 13, 0, 2)
    return FrameFormat(*size, Fraction(24), layout, **{"color": color, **more})


def noise(fmt: FrameFormat, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    planes = []
    for shape in fmt.layout.plane_shapes(fmt.width, fmt.height):
        if fmt.layout.floating:
            planes.append(rng.normal(0.5, 4, shape).astype(fmt.layout.dtype))
        else:
            planes.append(rng.integers(0, fmt.layout.peak + 1, shape).astype(fmt.layout.dtype))
    return Picture(tuple(planes), fmt.layout)


def smooth(fmt: FrameFormat, k: int = 0) -> Picture:
    """A gentle picture that lossy codecs keep; alpha half transparent."""
    planes = []
    for number, (height, width, *rest) in enumerate(fmt.layout.plane_shapes(fmt.width, fmt.height)):
        rows, columns = np.mgrid[0:height, 0:width]
        wave = 0.5 + 0.2 * np.sin(columns / 9 + k / 5 + number) * np.cos(rows / 11)
        wave = np.repeat(wave[..., None], rest[0], -1) if rest else wave
        planes.append((wave * fmt.layout.peak).astype(fmt.layout.dtype))
    return Picture(tuple(planes), fmt.layout)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_lossless_movies_give_back_every_sample(layout: PixelLayout, tmp_path: Path) -> None:
    fmt = fmt_of(layout)
    if ffv1_format(layout) is None or layout.chroma_shift == (2, 0):
        with pytest.raises(OutputError, match="cannot hold"):
            open_writer(tmp_path / "a.mkv", fmt)
        return
    pictures = [noise(fmt, seed) for seed in range(3)]
    with open_writer(tmp_path / "a.mkv", fmt) as writer:
        for picture in pictures:
            writer.write(picture)
    with open_source(tmp_path / "a.mkv") as source:
        assert source.format.layout == layout
        assert source.format.color == fmt.color
        assert all(source.read(k).equals(picture) for k, picture in enumerate(pictures))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_a_short_lived_movie_keeps_every_sample_or_is_refused(layout: PixelLayout, tmp_path: Path) -> None:
    fmt = replace(fmt_of(layout, pixel_aspect=Fraction(4, 3)), rate=Fraction(30000, 1001))
    if (layout.family, layout.bits) != ("rgb", 8):
        with pytest.raises(OutputError, match=r"lose its colours.*use \.mov"):
            open_writer(tmp_path / "a.nut", fmt)
        return
    pictures = [noise(fmt, seed) for seed in range(3)]
    with open_writer(tmp_path / "a.nut", fmt) as writer:
        for picture in pictures:
            writer.write(picture)
    with open_source(tmp_path / "a.nut") as source:
        assert (source.format.layout, source.format.rate) == (layout, fmt.rate)
        assert source.format.pixel_aspect == fmt.pixel_aspect
        assert all(source.read(k).equals(picture) for k, picture in enumerate(pictures))


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("a.%04d.png", PixelLayout("rgb", 8)),
        ("a.%04d.png", PixelLayout("rgb", 8, alpha=True)),
        ("a.%04d.png", PixelLayout("rgb", 16, alpha=True)),
        ("a.%04d.png", PixelLayout("gray", 16)),
        ("a.%04d.tif", PixelLayout("rgb", 16)),
        ("a.%04d.tif", PixelLayout("rgb", 32, floating=True)),
        ("a.####.exr", PixelLayout("rgb", 16, floating=True)),
        ("a.%04d.exr", PixelLayout("rgb", 32, floating=True, alpha=True)),
        ("a.%04d.exr", PixelLayout("gray", 16, floating=True)),
    ],
    ids=str,
)
def test_sequences_give_back_every_sample(name: str, layout: PixelLayout, tmp_path: Path) -> None:
    linear = ColorTags(1, 8, 0, 2) if layout.floating else ColorTags(1, 13, 0, 2)
    fmt = fmt_of(layout, color=linear, first_number=1001)
    pictures = [noise(fmt, seed) for seed in range(3)]
    with open_writer(tmp_path / name, fmt) as writer:
        for picture in pictures:
            writer.write(picture)
    with open_source(tmp_path / name) as source:
        assert source.format.first_number == 1001
        assert source.format.color == linear
        assert all(source.read(k).equals(picture) for k, picture in enumerate(pictures))


@pytest.mark.parametrize("size", [(64, 48), (53, 48), (64, 31), (53, 31)])
@pytest.mark.parametrize("suffix", ["mov", "mp4"])
def test_lossy_movies_have_the_plates_size_and_look(size, suffix: str, tmp_path: Path) -> None:
    for layout in (
        PixelLayout("yuv", 8, chroma_shift=(1, 1)),
        PixelLayout("yuv", 10, chroma_shift=(1, 0)),
        PixelLayout("rgb", 8),
        PixelLayout("gray", 8),
    ):
        fmt = fmt_of(layout, size)
        path = tmp_path / f"{layout.family}{layout.bits}.{suffix}"
        with open_writer(path, fmt) as writer:
            for k in range(3):
                writer.write(smooth(fmt, k))
        with open_source(path) as source:
            assert (source.format.width, source.format.height, source.frame_count) == (*size, 3)
            assert (source.format.layout.bits > 8) == (suffix == "mov" or layout.bits > 8)
            for k in range(3):
                difference = to_rgb(source.read(k), source.format) - to_rgb(smooth(fmt, k), fmt)
                assert np.abs(difference).mean() < 0.012
                # swscale sites chroma half a pixel off where 4:2:0 of an odd size becomes 4:4:4
                assert abs(difference.mean()) < 0.006, (str(layout), k)


def test_prores_keeps_alpha(tmp_path: Path) -> None:
    fmt = fmt_of(PixelLayout("rgb", 16, alpha=True), (64, 48))
    with open_writer(tmp_path / "a.mov", fmt) as writer:
        writer.write(smooth(fmt))
    with open_source(tmp_path / "a.mov") as source:
        assert source.format.layout.alpha
        assert source.format.layout.chroma_shift == (0, 0)
        alpha = source.read(0).planes[3] / source.format.layout.peak
        assert np.abs(alpha - smooth(fmt).planes[0][..., 3] / 65535).max() < 0.01


def test_scene_linear_plates_become_display_encoded_movies(tmp_path: Path) -> None:
    fmt = fmt_of(PixelLayout("rgb", 16, floating=True), (64, 48), color=ColorTags(1, 8, 0, 2))
    plate = Picture((np.full((48, 64, 3), 0.18, np.float16),), fmt.layout)
    with open_writer(tmp_path / "a.mov", fmt) as writer:
        writer.write(plate)
    with open_source(tmp_path / "a.mov") as source:
        assert source.format.color == ColorTags(1, 13, 1, 1)
        assert np.allclose(to_rgb(source.read(0), source.format), 0.4614, atol=0.004)


@pytest.mark.parametrize(
    ("color", "layout"),
    [
        (ColorTags(9, 16, 9, 1), PixelLayout("yuv", 10, chroma_shift=(1, 0))),
        (ColorTags(1, 1, 1, 1), PixelLayout("yuv", 8, chroma_shift=(1, 1))),
        (ColorTags(6, 6, 6, 1), PixelLayout("yuv", 8, chroma_shift=(1, 1))),
        (ColorTags(2, 2, 2, 1), PixelLayout("yuv", 8, chroma_shift=(1, 1))),
    ],
)
@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv"])
def test_colour_tags_are_kept(color: ColorTags, layout: PixelLayout, suffix: str, tmp_path: Path) -> None:
    fmt = fmt_of(layout, (64, 48), color=color)
    with open_writer(tmp_path / f"a.{suffix}", fmt) as writer:
        writer.write(smooth(fmt))
    with open_source(tmp_path / f"a.{suffix}") as source:
        got = source.format.color
        # H.264 writes no word for "limited" beside three unspecified tags: it is what silence means
        assert replace(got, range=got.range or 1) == color


@pytest.mark.parametrize("name", ["a.mov", "a.mp4", "a.mkv", "a.%04d.exr", "a.%04d.png"])
@pytest.mark.parametrize(
    ("rate", "timecode", "start", "drop"),
    [
        (Fraction(30000, 1001), "01:00:00;02", 107894, True),
        (Fraction(24000, 1001), "09:59:59:23", 863999, False),
    ],
)
def test_timecode_rate_and_pixel_aspect_are_kept(
    name: str, rate: Fraction, timecode: str, start: int, drop: bool, tmp_path: Path
) -> None:
    layout = PixelLayout("yuv", 8, chroma_shift=(1, 1))
    fmt = replace(fmt_of(layout, (64, 48)), rate=rate, timecode=timecode, start_frame=start, drop_frame=drop)
    fmt = replace(fmt, pixel_aspect=Fraction(4, 3))
    with open_writer(tmp_path / name, fmt) as writer:
        for k in range(4):
            writer.write(smooth(fmt, k))
    with open_source(tmp_path / name) as source:
        got = source.format
        assert (got.timecode, got.start_frame, got.drop_frame) == (timecode, start, drop)
        assert got.rate == rate
        assert got.pixel_aspect == pytest.approx(Fraction(4, 3), rel=1e-3)
    if "%" in name:
        with open_source(tmp_path / (name % 2)) as later:
            assert later.format.start_frame == start + 2


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.mp4", "a.%04d.png"])
def test_an_existing_result_is_refused_unless_it_may_be_replaced(name: str, tmp_path: Path) -> None:
    fmt = fmt_of(PixelLayout("rgb", 8), (64, 48))

    def write(count: int, overwrite: bool) -> None:
        with open_writer(tmp_path / name, fmt, overwrite=overwrite) as writer:
            for k in range(count):
                writer.write(smooth(fmt, k))

    write(3, False)
    with pytest.raises(OutputExistsError, match="overwrite"):
        write(3, False)
    write(2, True)
    with open_source(tmp_path / name) as source:
        assert source.frame_count == 2


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.mp4", "a.%04d.png", "a.%04d.exr"])
def test_after_an_error_nothing_is_left(name: str, tmp_path: Path) -> None:
    fmt = fmt_of(PixelLayout("rgb", 8), (64, 48))
    with pytest.raises(RuntimeError), open_writer(tmp_path / name, fmt) as writer:
        writer.write(smooth(fmt))
        raise RuntimeError("the computation failed")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.%04d.png"])
def test_while_writing_the_final_name_does_not_exist(name: str, tmp_path: Path) -> None:
    fmt = fmt_of(PixelLayout("rgb", 8), (64, 48))
    with open_writer(tmp_path / name, fmt) as writer:
        writer.write(smooth(fmt))
        assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == []


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 20 kB: the system refuses the write itself, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.mp4", "a.%04d.png", "a.%04d.exr", "a.%04d.tif"])
@pytest.mark.parametrize("frames", [1, 12])
def test_on_a_full_disk_nothing_is_left_and_one_line_says_why(
    name: str, frames: int, small_disk: None, tmp_path: Path
) -> None:
    fmt = fmt_of(PixelLayout("rgb", 8), (320, 240))
    with pytest.raises(OutputError) as caught, open_writer(tmp_path / name, fmt) as writer:
        for k in range(frames):
            writer.write(noise(fmt, k))
    assert list(tmp_path.iterdir()) == []
    assert "\n" not in str(caught.value)
    # the picture library does not tell why it failed, and this disk is not really full
    reason = "it cannot be written" if "%" in name else "the disk is full"
    assert reason in caught.value.message


def test_a_name_without_a_known_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no format that can be written"):
        open_writer(tmp_path / "a.webm", fmt_of(PixelLayout("rgb", 8)))


def test_no_frames_make_no_file(tmp_path: Path) -> None:
    for name in ("a.mov", "a.%04d.png"):
        with (
            pytest.raises(OutputError, match="no frames"),
            open_writer(tmp_path / name, fmt_of(PixelLayout("rgb", 8))),
        ):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    fmt = fmt_of(PixelLayout("rgb", 8))
    with pytest.raises(ValueError, match="64x48"), open_writer(tmp_path / "a.mkv", fmt) as writer:
        writer.write(smooth(fmt_of(PixelLayout("rgb", 8), (64, 48))))


@pytest.mark.parametrize("suffix", [".mov", ".mkv", ".mp4"])
@pytest.mark.parametrize("order", [2, 3])
def test_which_field_comes_first_is_kept(tmp_path: Path, suffix: str, order: int) -> None:
    fmt = fmt_of(PixelLayout("yuv", 8, chroma_shift=(1, 1)), (64, 48), field_order=order)
    with open_writer(tmp_path / f"out{suffix}", fmt) as writer:
        for k in range(3):
            writer.write(smooth(fmt, k))
    with open_source(tmp_path / f"out{suffix}") as source:
        assert source.format.field_order == order
        assert source.format.interlaced


def test_a_part_of_a_plate_starts_at_its_own_timecode() -> None:
    fmt = fmt_of(PixelLayout("rgb", 8), timecode="01:00:00:00", start_frame=86400, first_number=1001)
    part = fmt.starting_at(25)
    assert (part.timecode, part.start_frame, part.first_number) == ("01:00:01:01", 86425, 1026)


def with_sound(path: Path, movie_path: Path, seconds: float) -> Path:
    """The movie with a rising tone."""
    import av

    with av.open(str(movie_path)) as source, av.open(str(path), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        audio = target.add_stream("aac", rate=48000, layout="mono")
        time = np.arange(int(48000 * seconds)) / 48000
        tone = np.sin(2 * np.pi * (200 + 200 * time) * time).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
        fifo = av.AudioFifo()
        fifo.write(frame)
        while block := fifo.read(1024):
            target.mux(audio.encode(block))
        target.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv"])
def test_sound_is_copied_for_the_frames_that_are_written(movie, suffix: str, tmp_path: Path) -> None:
    import av

    plate = with_sound(tmp_path / "s.mp4", movie(tmp_path / "v.mp4", 48), 2.0)
    out = tmp_path / f"o.{suffix}"
    with (
        open_source(plate) as source,
        open_writer(
            out, source.format.starting_at(12), audio_from=plate, audio_range=FrameRange(12, 24)
        ) as writer,
    ):
        for picture in source.iter(FrameRange(12, 24)):
            writer.write(picture)
        assert writer.notes == []
    with av.open(str(out)) as result:
        packets = [p for p in result.demux(result.streams.audio[0]) if p.size]
        seconds = float(sum(p.duration for p in packets) * packets[0].time_base)
        assert seconds == pytest.approx(1.0, abs=0.05)
        assert abs(float(packets[0].pts * packets[0].time_base)) < 0.03
