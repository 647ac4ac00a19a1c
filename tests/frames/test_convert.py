"""From native samples to working RGB and back, with nothing else changed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from lumiere_engine.frames.convert import (
    blend_rgb,
    picture_from_rgb,
    shape_linear,
    to_rgb,
    unshape_linear,
)
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.pixfmt import frame_from_picture
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer

HD = ColorTags(1, 1, 1, 1)
SRGB = ColorTags(1, 13, 0, 2)
LINEAR = ColorTags(1, 8, 0, 2)
FORMATS = {
    "yuv420p8": (PixelLayout("yuv", 8, chroma_shift=(1, 1)), HD),
    "yuv420p8_untagged": (PixelLayout("yuv", 8, chroma_shift=(1, 1)), ColorTags()),
    "yuv420p8_full": (PixelLayout("yuv", 8, chroma_shift=(1, 1)), ColorTags(1, 1, 1, 2)),
    "yuv420p10": (PixelLayout("yuv", 10, chroma_shift=(1, 1)), HD),
    "yuv422p10": (PixelLayout("yuv", 10, chroma_shift=(1, 0)), HD),
    "yuv444p10": (PixelLayout("yuv", 10), HD),
    "yuv422p10_2020": (PixelLayout("yuv", 10, chroma_shift=(1, 0)), ColorTags(9, 16, 9, 1)),
    "yuv411p8": (PixelLayout("yuv", 8, chroma_shift=(2, 0)), ColorTags(6, 6, 6, 1)),
    "rgb8": (PixelLayout("rgb", 8), SRGB),
    "rgba16": (PixelLayout("rgb", 16, alpha=True), SRGB),
    "rgb_half_linear": (PixelLayout("rgb", 16, floating=True), LINEAR),
    "rgb_float_linear": (PixelLayout("rgb", 32, floating=True), LINEAR),
    "gray8": (PixelLayout("gray", 8), SRGB),
    "gray16": (PixelLayout("gray", 16), SRGB),
}


def fmt_of(name: str, size: tuple[int, int] = (160, 120)) -> FrameFormat:
    layout, color = FORMATS[name]
    return FrameFormat(*size, Fraction(24), layout, color)


def noise(fmt: FrameFormat, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    planes = []
    for shape in fmt.layout.plane_shapes(fmt.width, fmt.height):
        if fmt.layout.floating:
            planes.append(np.abs(rng.normal(0.2, 2, shape)).astype(fmt.layout.dtype))
        else:
            planes.append(rng.integers(0, fmt.layout.peak + 1, shape).astype(fmt.layout.dtype))
    return Picture(tuple(planes), fmt.layout)


def disc(fmt: FrameFormat, feather: float) -> np.ndarray:
    """α: 1 in a disc off the chroma grid, falling over `feather` pixels to 0."""
    rows, columns = np.mgrid[0 : fmt.height, 0 : fmt.width]
    distance = np.hypot(rows - fmt.height / 2 + 3, columns - fmt.width / 2 - 5) - fmt.height / 4
    if feather == 0:
        return (distance <= 0).astype(np.float32)
    return np.clip(1 - distance / feather, 0, 1).astype(np.float32)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("feather", [0, 6])
def test_every_native_sample_outside_the_matte_is_the_plates(name: str, feather: float) -> None:
    fmt = fmt_of(name)
    plate, alpha = noise(fmt), disc(fmt, feather)
    result = blend_rgb(plate, fmt, np.random.default_rng(1).random((120, 160, 3), np.float32), alpha)
    assert result.layout == plate.layout
    outside = alpha == 0
    for number, (old, new) in enumerate(zip(plate.planes, result.planes, strict=True)):
        if old.shape[:2] == outside.shape:
            assert np.array_equal(old[outside], new[outside])
        else:
            down, across = fmt.layout.chroma_shift[1], fmt.layout.chroma_shift[0]
            touched = cv2.dilate(outside.astype(np.uint8), np.ones((1 + down, 1 + across), np.uint8))
            changed = old != new
            assert number and not (changed & (touched[:: 1 << down, :: 1 << across] > 0)).any()
    assert not np.array_equal(plate.planes[0], result.planes[0])


@pytest.mark.parametrize(
    "name", ["yuv420p8", "yuv420p8_full", "yuv420p10", "yuv422p10", "yuv444p10", "yuv411p8"]
)
@pytest.mark.parametrize("feather", [0, 6])
@pytest.mark.parametrize("scaler", ["default", "bilinear", "bicubic"])
def test_rgb_outside_the_matte_is_bit_identical_in_a_player(name: str, feather: float, scaler: str) -> None:
    """swscale's own conversions: the default, and the ones that interpolate chroma between samples."""
    from av.video.reformatter import Interpolation

    fmt = fmt_of(name)
    plate, alpha = noise(fmt), disc(fmt, feather)
    result = blend_rgb(plate, fmt, np.random.default_rng(1).random((120, 160, 3), np.float32), alpha)
    options = {
        "default": {},
        "bilinear": {"interpolation": Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT},
        "bicubic": {
            "interpolation": Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
        },
    }[scaler]
    before = frame_from_picture(plate).to_ndarray(format="rgb24", **options)
    after = frame_from_picture(result).to_ndarray(format="rgb24", **options)
    assert np.array_equal(before[alpha == 0], after[alpha == 0])
    assert not np.array_equal(before[alpha == 1], after[alpha == 1])


def test_a_lossless_result_decodes_to_the_plates_rgb_outside_the_matte(movie, tmp_path: Path) -> None:
    plate_path = movie(tmp_path / "p.mp4", 6, bframes=2)
    with open_source(plate_path) as source:
        fmt = source.format
        alpha = disc(fmt, 5)
        with open_writer(tmp_path / "o.mkv", fmt) as writer:
            for k in range(6):
                rgb = np.random.default_rng(k).random((fmt.height, fmt.width, 3), np.float32)
                writer.write(blend_rgb(source.read(k), fmt, rgb, alpha))
    with av.open(str(plate_path)) as plate, av.open(str(tmp_path / "o.mkv")) as result:
        for old, new in zip(plate.decode(video=0), result.decode(video=0), strict=True):
            outside = alpha == 0
            assert np.array_equal(
                old.to_ndarray(format="rgb24")[outside], new.to_ndarray(format="rgb24")[outside]
            )


@pytest.mark.parametrize("name", ["yuv420p8", "yuv420p10", "yuv422p10", "yuv411p8"])
def test_chroma_is_wholly_new_well_inside_the_matte(name: str) -> None:
    fmt = fmt_of(name)
    gray = Picture(
        tuple(
            np.full(s, 1 << (fmt.layout.bits - 1), fmt.layout.dtype)
            for s in fmt.layout.plane_shapes(160, 120)
        ),
        fmt.layout,
    )
    red = np.zeros((120, 160, 3), np.float32)
    red[..., 0] = 1
    alpha = disc(fmt, 0)
    result = to_rgb(blend_rgb(gray, fmt, red, alpha), fmt)
    inside = cv2.erode(alpha, np.ones((31, 31), np.uint8)) == 1
    assert np.allclose(result[inside], [1, 0, 0], atol=0.01)


@pytest.mark.parametrize("name", FORMATS)
def test_a_matte_of_zeros_gives_the_very_plate(name: str) -> None:
    fmt = fmt_of(name)
    plate = noise(fmt)
    zeros = np.zeros((120, 160), np.float32)
    assert blend_rgb(plate, fmt, np.ones((120, 160, 3), np.float32), zeros).equals(plate)


@pytest.mark.parametrize("name", [n for n in FORMATS if "42" not in n and "411" not in n])
def test_rgb_round_trips_exactly_where_chroma_is_not_subsampled(name: str) -> None:
    fmt = fmt_of(name)
    plate = noise(fmt)
    again = blend_rgb(plate, fmt, to_rgb(plate, fmt), np.ones((120, 160), np.float32))
    for old, new in zip(plate.planes, again.planes, strict=True):
        if fmt.layout.floating:
            assert np.allclose(old.astype(np.float32), new.astype(np.float32), rtol=2e-3, atol=1e-5)
        else:
            assert np.abs(old.astype(int) - new.astype(int)).max() <= (fmt.layout.bits > 14)


@pytest.mark.parametrize("name", ["yuv420p8", "yuv422p10", "yuv420p8_full", "yuv422p10_2020"])
def test_flat_colours_survive_the_whole_way(name: str) -> None:
    fmt = fmt_of(name)
    for color in ([0.2, 0.5, 0.7], [1, 1, 1], [0, 0, 0], [0.9, 0.1, 0.1]):
        rgb = np.broadcast_to(np.float32(color), (120, 160, 3)).copy()
        assert np.allclose(to_rgb(picture_from_rgb(rgb, fmt), fmt), color, atol=0.012)


@pytest.mark.parametrize(
    ("name", "matrix"), [("yuv420p8", 1), ("yuv444p10", 1), ("yuv422p10_2020", 9), ("yuv420p8_untagged", 5)]
)
def test_colours_agree_with_ffmpeg(name: str, matrix: int) -> None:
    from av.video.reformatter import Interpolation

    fmt = fmt_of(name)
    rows, columns = np.mgrid[0:120, 0:160]
    rgb = np.stack([columns / 159, rows / 119, 1 - columns / 159], -1).astype(np.float32) * 0.8 + 0.1
    picture = picture_from_rgb(rgb, fmt)
    theirs = frame_from_picture(picture).to_ndarray(
        format="rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=1,
        dst_color_range=2,
        interpolation=Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND,
    )
    difference = to_rgb(picture, fmt) * 255 - theirs
    assert np.abs(difference).mean() < 1.0
    assert abs(difference.mean()) < 0.3


def test_codes_are_those_of_the_standard() -> None:
    """BT.709, limited range, 10 bit: white 940, black 64, green luma 0.7152 of the way."""
    fmt = fmt_of("yuv444p10")
    rgb = np.zeros((120, 160, 3), np.float32)
    rgb[0] = 1
    rgb[1] = [0, 1, 0]
    luma, blue, _ = picture_from_rgb(rgb, fmt).planes
    assert (luma[0, 0], luma[2, 0], blue[0, 0]) == (940, 64, 512)
    assert luma[1, 0] == round(64 + 876 * 0.7152)


def test_the_shaper_is_invertible_and_keeps_highlights() -> None:
    linear = np.float32([0, 1e-4, 0.0031308, 0.18, 0.5, 1, 1.01, 4, 100, 60000, -0.02, -3])
    working = shape_linear(linear)
    assert np.allclose(unshape_linear(working), linear, rtol=1e-4, atol=1e-7)
    assert np.all(np.diff(working[:10]) > 0)
    assert working[5] == pytest.approx(1) and 0 <= working[3] <= 0.5 and working[9] < 6
    assert np.isfinite(shape_linear(np.float32([np.nan, np.inf, -np.inf]))).all()


def test_half_float_highlights_survive_a_blend() -> None:
    fmt = fmt_of("rgb_half_linear")
    plate = noise(fmt)
    new = shape_linear(np.full((120, 160, 3), 50.0, np.float32))
    result = blend_rgb(plate, fmt, new, disc(fmt, 0))
    assert np.allclose(result.planes[0][disc(fmt, 0) == 1].astype(np.float32), 50, rtol=2e-3)
