"""Small real media in which every frame shows its own number, so that frame exactness can be proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from lumiere_engine.frames.picture import Picture

WIDTH, HEIGHT = 192, 96
_BITS = 8


def numbered_frame(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """uint8 h w 3: `number` in binary as black and white bars above a moving texture."""
    rows, columns = np.mgrid[0:height, 0:width]
    moving = (columns + 3 * number) % 64 * 3 + 20
    picture = np.stack([moving, 255 - moving, (rows * 5 + number) % 256], axis=-1).astype(np.uint8)
    bar = width // _BITS
    for bit in range(_BITS):
        picture[: height // 2, bit * bar : (bit + 1) * bar] = 235 if number >> bit & 1 else 16
    return picture


def shown_number(picture: Picture) -> int:
    """The number in a decoded picture."""
    plane = np.asarray(picture.planes[0], np.float64)
    if plane.ndim == 3:
        plane = plane[..., 1]
    height, width = plane.shape
    bar = width // _BITS
    middle = (plane.max() + plane.min()) / 2
    number = 0
    for bit in range(_BITS):
        part = plane[height // 8 : height // 3, bit * bar + bar // 4 : (bit + 1) * bar - bar // 4]
        number |= int(part.mean() > middle) << bit
    return number


def write_movie(
    path: Path,
    frames: int = 40,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction = Fraction(24),
    gop: int = 12,
    bframes: int = 0,
    first_pts: int = 0,
    times: Sequence[int] | None = None,
    timecode: str | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    tags: tuple[int, int, int, int] | None = None,
    turn: int = 0,
) -> Path:
    """A movie whose frame k shows k; `times` are presentation times in frames, for variable rates."""
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        context = stream.codec_context
        context.time_base = 1 / rate
        context.gop_size = gop
        context.max_b_frames = bframes
        context.options = {"bf": str(bframes), **(options or {})} if codec == "libx264" else (options or {})
        if tags:
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        if turn:
            stream.set_display_rotation(turn)
        if timecode:
            stream.metadata["timecode"] = timecode
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered_frame(index, *size), format="rgb24")
            if tags:
                frame = frame.reformat(format=pix_fmt, dst_color_range=tags[3])
                frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = tags
            else:
                frame = frame.reformat(format=pix_fmt)
            frame.pts = first_pts + (times[index] if times else index)
            frame.time_base = 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_picture(path: Path, samples: np.ndarray, **attributes: Any) -> Path:
    """One picture file; uint8, uint16, float16 or float32 samples h w [c]."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    kind = {"uint8": "uint8", "uint16": "uint16", "float16": "half", "float32": "float"}[samples.dtype.name]
    spec = oiio.ImageSpec(samples.shape[1], samples.shape[0], samples.shape[2], kind)
    for name, value in attributes.items():
        spec.attribute(name, value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec) and out.write_image(samples) and out.close(), out.geterror()
    return path


def write_sequence(
    folder: Path,
    frames: int = 12,
    name: str = "plate.{:04d}.png",
    first: int = 1001,
    convert: Callable[[np.ndarray], np.ndarray] = lambda rgb: rgb,
) -> Path:
    """A folder of numbered pictures; the k-th shows k."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(frames):
        write_picture(folder / name.format(first + index), convert(numbered_frame(index)))
    return folder


@pytest.fixture(scope="session")
def movie() -> Callable[..., Path]:
    """`write_movie`."""
    return write_movie


@pytest.fixture(scope="session")
def sequence() -> Callable[..., Path]:
    """`write_sequence`."""
    return write_sequence


@pytest.fixture(scope="session")
def picture_file() -> Callable[..., Path]:
    """`write_picture`."""
    return write_picture


@pytest.fixture(scope="session")
def number_of() -> Callable[[Picture], int]:
    """`shown_number`."""
    return shown_number


@pytest.fixture(scope="session")
def numbered() -> Callable[..., np.ndarray]:
    """`numbered_frame`."""
    return numbered_frame


HALF = {"convert": lambda rgb: (rgb / 255).astype(np.float16)}
DEEP = {"convert": lambda rgb: rgb.astype(np.uint16) * 257}
NTSC = Fraction(24000, 1001)

MEDIA: dict[str, Callable[[Path], tuple[Path, int, Fraction]]] = {
    "h264_long_gop_b_frames": lambda p: (
        write_movie(p / "a.mp4", 60, gop=48, bframes=3),
        60,
        Fraction(24),
    ),
    "h264_open_gop": lambda p: (
        write_movie(
            p / "b.mp4", 60, gop=15, bframes=3, options={"x264-params": "open-gop=1:scenecut=0:b-adapt=0"}
        ),
        60,
        Fraction(24),
    ),
    "h264_nonzero_start": lambda p: (
        write_movie(p / "c.mov", 40, bframes=2, first_pts=37, rate=NTSC),
        40,
        NTSC,
    ),
    "h264_mkv_ms_clock": lambda p: (
        write_movie(p / "d.mkv", 60, bframes=2, rate=Fraction(60000, 1001)),
        60,
        Fraction(60000, 1001),
    ),
    "h264_mpegts": lambda p: (write_movie(p / "e.ts", 40, bframes=2), 40, Fraction(24)),
    "hevc_10_bit": lambda p: (
        write_movie(
            p / "f.mp4", 30, "libx265", "yuv420p10le", gop=20, options={"x265-params": "log-level=none"}
        ),
        30,
        Fraction(24),
    ),
    "mpeg4_avi": lambda p: (write_movie(p / "g.avi", 40, "mpeg4", gop=100), 40, Fraction(24)),
    "mjpeg_mov": lambda p: (write_movie(p / "h.mov", 20, "mjpeg", "yuvj422p"), 20, Fraction(24)),
    "vp8_webm": lambda p: (
        write_movie(p / "i.webm", 40, "libvpx", gop=30, options={"auto-alt-ref": "1", "lag-in-frames": "16"}),
        40,
        Fraction(24),
    ),
    "vp9_webm": lambda p: (write_movie(p / "j.webm", 30, "libvpx-vp9", gop=30), 30, Fraction(24)),
    "prores": lambda p: (
        write_movie(p / "k.mov", 20, "prores_ks", "yuv422p10le", options={"profile": "3"}),
        20,
        Fraction(24),
    ),
    "ffv1_10_bit": lambda p: (write_movie(p / "l.mkv", 20, "ffv1", "yuv422p10le"), 20, Fraction(24)),
    "png_folder": lambda p: (write_sequence(p / "m"), 12, Fraction(24)),
    "png_16_bit_folder": lambda p: (write_sequence(p / "n", **DEEP), 12, Fraction(24)),
    "png_pattern": lambda p: (write_sequence(p / "o") / "plate.%04d.png", 12, Fraction(24)),
    "jpeg_folder": lambda p: (write_sequence(p / "q", name="{:05d}.jpg", first=0), 12, Fraction(24)),
    "tiff_folder": lambda p: (write_sequence(p / "r", name="{:05d}.tif", **DEEP), 12, Fraction(24)),
    "exr_hashes": lambda p: (
        write_sequence(p / "s", name="{:04d}.exr", **HALF) / "####.exr",
        12,
        Fraction(24),
    ),
}


@pytest.fixture(scope="session", params=sorted(MEDIA))
def medium(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, Fraction]:
    """(path, how many frames, rate) of one of many kinds of media, made once."""
    return MEDIA[request.param](tmp_path_factory.mktemp(request.param))
