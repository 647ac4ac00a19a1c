"""Which codec and samples a movie is written in, decided by the result's name and the plate's format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation

from ..protocol.errors import OutputError
from .convert import is_full_range, matrix_code, to_rgb
from .picture import (
    BT709,
    BT2020_NCL,
    RANGE_FULL,
    RANGE_LIMITED,
    TRANSFER_LINEAR,
    TRANSFER_SRGB,
    UNSPECIFIED,
    ColorTags,
    FrameFormat,
    Picture,
    PixelLayout,
)
from .pixfmt import format_name, frame_from_picture, layout_of

MOVIE_SUFFIXES = (".mov", ".mkv", ".mp4", ".nut")
# FFmpeg's numbers of matrices in swscale, by H.273 code.
_SWS_MATRIX = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True)
class Encoding:
    """How a movie is written.

    Attributes:
        container: FFmpeg's name of the container.
        codec: FFmpeg's name of the encoder.
        pixel_format: the samples that the encoder gets.
        color: the tags that the file gets.
        options: the encoder's options.
        container_options: the container's options.
        to_frame: a picture as an `av.VideoFrame` in `pixel_format`.
    """

    container: str
    codec: str
    pixel_format: str
    color: ColorTags
    to_frame: Callable[[Picture], Any]
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)


def choose_encoding(path: Path, fmt: FrameFormat) -> Encoding:
    """ProRes for `.mov`, FFV1 for `.mkv`, H.264 for `.mp4`, Ut Video for `.nut`.

    Raises:
        OutputError: another suffix, or a lossless codec cannot hold the plate's samples.
    """
    suffix = path.suffix.lower()
    if suffix == ".mkv":
        return _lossless(path, fmt)
    if suffix == ".mov":
        return _prores(fmt)
    if suffix == ".mp4":
        return _h264(fmt)
    if suffix == ".nut":
        return _short_lived(path, fmt)
    raise OutputError(
        f"'{suffix}' is no format that can be written",
        clip=str(path),
        remedy="use .mov, .mkv, .mp4, or a sequence such as name.%06d.png, .tif or .exr",
    )


def _prores(fmt: FrameFormat) -> Encoding:
    """422 HQ, or 4444 where there is alpha, and for odd sizes, which 4:2:2 cannot hold."""
    alpha = fmt.layout.alpha
    pixel_format = "yuva444p10le" if alpha else ("yuv444p10le" if fmt.width % 2 else "yuv422p10le")
    profile = "3" if pixel_format == "yuv422p10le" else "4"
    color = _yuv_tags(fmt, keep_full=False)
    return Encoding(
        "mov",
        "prores_ks",
        pixel_format,
        color,
        _converter(fmt, pixel_format, color),
        {"profile": profile, "vendor": "apl0", **({"alpha_bits": "16"} if alpha else {})},
    )


def _h264(fmt: FrameFormat) -> Encoding:
    """8 bit, or 10 bit where the plate has more and the encoder can; 4:4:4 for odd sizes."""
    odd = fmt.width % 2 or fmt.height % 2
    deep = fmt.layout.bits > 8
    wanted = f"yuv{'444' if odd else '420'}p{'10le' if deep else ''}"
    if wanted not in _formats_of("libx264"):
        wanted = wanted.removesuffix("10le")
    color = _yuv_tags(fmt, keep_full=True)
    # H.264 says it in the pictures themselves, not in the file
    fields = {"x264-params": "tff=1" if fmt.top_field_first else "bff=1"} if fmt.interlaced else {}
    return Encoding(
        "mp4",
        "libx264",
        wanted,
        color,
        _converter(fmt, wanted, color),
        {"crf": "14", "preset": "medium", **fields},
        {"movflags": "+faststart"},
    )


def _lossless(path: Path, fmt: FrameFormat) -> Encoding:
    """FFV1 version 3 with checksums, in the plate's own samples."""
    name = ffv1_format(fmt.layout)
    if name is None:
        raise OutputError(
            f"FFV1 cannot hold {fmt.layout} without loss",
            clip=str(path),
            remedy="write a sequence, for example name.%06d.exr",
        )
    if fmt.layout.chroma_shift[0] == 2 and fmt.width % 4:
        # seen in FFmpeg 8.1: the last chroma column of such a picture is lost
        raise OutputError(
            f"FFV1 cannot hold {fmt.layout} of a width that is no multiple of 4 without loss",
            clip=str(path),
            remedy="write a sequence, for example name.%06d.png",
        )
    options = {"level": "3", "coder": "range_def", "context": "0", "g": "1", "slicecrc": "1"}
    if min(fmt.width, fmt.height) >= 128:
        options["slices"] = "4"  # the same on every machine; smaller odd sizes cannot be cut into four
    if fmt.layout.floating:
        options |= {"level": "4", "strict": "experimental"}
    return Encoding(
        "matroska",
        "ffv1",
        name,
        fmt.color,
        lambda picture: frame_from_picture(picture, name),
        options,
        {"fflags": "+bitexact"},  # without, Matroska gives every file a random identifier
    )


def _short_lived(path: Path, fmt: FrameFormat) -> Encoding:
    """Ut Video, lossless and ten times as quick as FFV1 both ways: for small copies and previews, which nobody keeps.

    NUT says neither matrix nor range, so only what needs none is written: R'G'B'.
    """
    if fmt.layout.family != "rgb" or fmt.layout.bits != 8 or fmt.color.transfer == TRANSFER_LINEAR:
        raise OutputError(
            f"{fmt.layout} is not written as .nut, which would lose its colours",
            clip=str(path),
            remedy="use .mov, .mkv, .mp4, or a sequence such as name.%06d.png, .tif or .exr",
        )
    name = format_name(fmt.layout)
    return Encoding(
        "nut", "utvideo", name, fmt.color, lambda picture: frame_from_picture(picture, name), {"slices": "4"}
    )


def ffv1_format(layout: PixelLayout) -> str | None:
    """The pixel format in which FFV1 keeps a layout exactly; None if it has none."""
    name = format_name(layout)
    if layout.family == "rgb" and layout.bits == 8:
        name = "bgra" if layout.alpha else "bgr0"
    return name if name in _formats_of("ffv1") and layout_of(name) == layout else None


def _formats_of(encoder: str) -> set[str]:
    return {video_format.name for video_format in av.codec.Codec(encoder, "w").video_formats or ()}


def _yuv_tags(fmt: FrameFormat, *, keep_full: bool) -> ColorTags:
    """The tags of a yuv result: the plate's; of rgb and gray plates BT.709 (or BT.2020), limited range."""
    color = fmt.color
    if fmt.layout.family == "yuv":
        full = color.range == RANGE_FULL
        return ColorTags(
            color.primaries,
            color.transfer,
            color.matrix,
            RANGE_LIMITED if full and not keep_full else color.range,
        )
    wide = color.primaries == BT2020_NCL
    transfer = TRANSFER_SRGB if color.transfer == TRANSFER_LINEAR else color.transfer
    primaries = BT709 if color.primaries == UNSPECIFIED else color.primaries
    return ColorTags(primaries, transfer, BT2020_NCL if wide else BT709, RANGE_LIMITED)


def _converter(fmt: FrameFormat, pixel_format: str, color: ColorTags) -> Callable[[Picture], Any]:
    """Pictures of `fmt` → frames of `pixel_format` in `color`, with the right matrix and range."""
    family = fmt.layout.family
    source_full = is_full_range(fmt)
    target_full = color.range == RANGE_FULL
    # swscale assumes BT.601 for both sides unless told
    source_matrix = _SWS_MATRIX[matrix_code(fmt)] if family == "yuv" else 1
    target_matrix = source_matrix if family == "yuv" else _SWS_MATRIX[color.matrix]
    through_rgb = fmt.layout.floating or fmt.color.transfer == TRANSFER_LINEAR

    def convert(picture: Picture) -> Any:
        if through_rgb:
            picture, full = _as_rgb16(picture, fmt), True
        else:
            full = source_full
        frame = frame_from_picture(picture)
        if frame.format.name == pixel_format and full == target_full:
            return frame
        return frame.reformat(
            format=pixel_format,
            src_colorspace=source_matrix,
            dst_colorspace=target_matrix,
            src_color_range=RANGE_FULL if full else RANGE_LIMITED,
            dst_color_range=RANGE_FULL if target_full else RANGE_LIMITED,
            interpolation=_EXACT,
        )

    return convert


def _as_rgb16(picture: Picture, fmt: FrameFormat) -> Picture:
    """Float or scene-linear samples as display-encoded 16-bit RGB(A); what is outside 0…1 is clipped."""
    rgb = np.clip(to_rgb(picture, fmt), 0, 1)
    if picture.layout.alpha:
        plane = picture.planes[0][..., 3] if picture.layout.family == "rgb" else picture.planes[-1]
        opacity = plane.astype(np.float32) / picture.layout.peak
        rgb = np.dstack([rgb, np.clip(opacity, 0, 1)])
    codes = (rgb * 65535 + 0.5).astype(np.uint16)
    return Picture((codes,), PixelLayout("rgb", 16, alpha=picture.layout.alpha))


def time_base_of(rate: Fraction) -> Fraction:
    """One frame's duration, in seconds."""
    return Fraction(rate.denominator, rate.numerator)
