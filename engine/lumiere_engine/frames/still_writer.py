"""One picture out: PNG, TIFF or EXR, with colour, timecode, rate and pixel aspect where it has them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - the name that its own documentation uses
from numpy.typing import NDArray

from ..protocol.errors import OutputError
from .commit import output_error
from .convert import to_rgb, unshape_linear
from .picture import RANGE_FULL, TRANSFER_LINEAR, TRANSFER_SRGB, UNSPECIFIED, FrameFormat, Picture, Plane
from .timecode import format_timecode

STILL_SUFFIXES = (".png", ".tif", ".tiff", ".exr")
_OIIO_TYPES = {"uint8": "uint8", "uint16": "uint16", "float16": "half", "float32": "float"}
# OpenImageIO would write the time of day, and no two results would be the same bytes.
_NO_DATE = "1970:01:01 00:00:00"


def write_still(path: Path, picture: Picture, fmt: FrameFormat) -> None:
    """Write one picture.

    Integer rgb and gray go to PNG and TIFF, and floats to EXR and TIFF, as they are. yuv becomes RGB of 8
    bits, or of 16 where it has more than 8; EXR is always scene-linear with associated alpha.

    Args:
        path: its name; the suffix picks the format.
        picture: native samples.
        fmt: the format; its timecode is that of this very frame.

    Raises:
        OutputError: it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".exr":
        samples = _scene_linear(picture, fmt)
    elif suffix == ".png" or not picture.layout.floating:
        samples = _display_encoded(picture, fmt)
    else:
        samples = _interleaved(picture)
    height, width, channels = samples.shape
    spec = oiio.ImageSpec(width, height, channels, _OIIO_TYPES[samples.dtype.name])
    _describe(spec, fmt, suffix)
    if channels in (2, 4):
        spec.alpha_channel = channels - 1
        if suffix != ".exr":
            spec.attribute("oiio:UnassociatedAlpha", 1)
    if channels == 2:
        spec.channelnames = ("Y", "A")
    out = oiio.ImageOutput.create(str(path))
    if out is None:
        raise OutputError(f"'{suffix}' is no picture format that can be written", clip=str(path))
    if not out.open(str(path), spec):
        raise output_error(path, out.geterror())
    written = out.write_image(samples)
    problem = out.geterror()
    # the last bytes are written when the file is closed: a full disk may only show here
    if not out.close() or not written or (suffix == ".png" and not _png_is_whole(path)):
        raise output_error(path, problem or out.geterror())


def _png_is_whole(path: Path) -> bool:
    """Whether a PNG's chunks follow one another to the end: its writer does not notice a full disk."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at, name = 8, b""
        while at + 12 <= size and name != b"IEND":
            file.seek(at)
            length, name = struct.unpack(">I4s", file.read(8))
            at += length + 12
    return name == b"IEND" and at == size


def _interleaved(picture: Picture) -> Plane:
    """Native rgb or gray samples as h w c."""
    if picture.layout.family == "rgb":
        return np.ascontiguousarray(picture.planes[0])
    return np.ascontiguousarray(np.stack(picture.planes, axis=-1))


def _display_encoded(picture: Picture, fmt: FrameFormat) -> Plane:
    """Integer samples as a PNG holds them."""
    layout = picture.layout
    native = layout.family != "yuv" and not layout.floating and layout.bits in (8, 16)
    if native and fmt.color.transfer != TRANSFER_LINEAR and fmt.color.range in (0, RANGE_FULL):
        return _interleaved(picture)
    peak = 255 if layout.bits <= 8 else 65535
    rgb = np.clip(to_rgb(picture, fmt), 0, 1)
    if layout.alpha:
        alpha = _alpha(picture)
        if layout.floating:  # EXR's alpha is associated, PNG's is not
            rgb = np.clip(to_rgb(_unassociated(picture), fmt), 0, 1)
        rgb = np.dstack([rgb, np.clip(alpha, 0, 1)])
    return (rgb * np.float32(peak) + np.float32(0.5)).astype(np.uint8 if peak == 255 else np.uint16)


def _scene_linear(picture: Picture, fmt: FrameFormat) -> Plane:
    """Float samples as an EXR holds them: half for 8 to 16 bits, float32 for float32."""
    layout = picture.layout
    if layout.floating and layout.family != "yuv":
        return _interleaved(picture)
    # working values of an integer plate are display-encoded: light is on the other side of the curve
    linear = unshape_linear(to_rgb(picture, fmt))
    if layout.alpha:
        alpha = _alpha(picture)[..., None]
        linear = np.concatenate([linear * alpha, alpha], axis=-1)
    return linear.astype(np.float32 if layout.bits == 32 else np.float16)


def _alpha(picture: Picture) -> NDArray[np.float32]:
    """The alpha plane, float32, 1 = opaque."""
    plane = picture.planes[0][..., 3] if picture.layout.family == "rgb" else picture.planes[-1]
    return np.asarray(plane, np.float32) / np.float32(picture.layout.peak)


def _unassociated(picture: Picture) -> Picture:
    """Float rgb or gray with its colour divided by its alpha."""
    alpha = np.maximum(_alpha(picture), 1e-6)
    if picture.layout.family == "rgb":
        samples = picture.planes[0].astype(np.float32)
        samples[..., :3] /= alpha[..., None]
        return Picture((samples.astype(picture.layout.dtype),), picture.layout)
    gray = (picture.planes[0].astype(np.float32) / alpha).astype(picture.layout.dtype)
    return Picture((gray, picture.planes[1]), picture.layout)


def _describe(spec: Any, fmt: FrameFormat, suffix: str) -> None:
    """Colour, timecode, rate and pixel aspect, each where the format has a place for it."""
    if suffix != ".png":
        spec.attribute("DateTime", _NO_DATE)
    if fmt.pixel_aspect != 1:
        spec.attribute("PixelAspectRatio", float(fmt.pixel_aspect))
        if suffix != ".exr":  # these formats keep it as two resolutions
            spec.attribute("XResolution", float(fmt.pixel_aspect.denominator * 100))
            spec.attribute("YResolution", float(fmt.pixel_aspect.numerator * 100))
    if suffix == ".exr":
        spec.attribute("compression", "zip")
        spec.attribute("oiio:ColorSpace", "lin_rec709_scene")
        spec.attribute(
            "FramesPerSecond", oiio.TypeDesc("rational"), (fmt.rate.numerator, fmt.rate.denominator)
        )
        if fmt.timecode is not None:
            words = np.array([_smpte_word(fmt), 0], np.uint32)
            spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), words)
        return
    if suffix == ".png":
        spec.attribute("png:compressionLevel", 4)
        spec.attribute("FramesPerSecond", str(fmt.rate))
        if fmt.timecode is not None:
            spec.attribute("smpte:TimeCode", fmt.timecode)
        primaries, transfer = fmt.color.primaries, fmt.color.transfer
        if UNSPECIFIED not in (primaries, transfer):
            transfer = TRANSFER_SRGB if transfer == TRANSFER_LINEAR else transfer
            spec.attribute("CICP", oiio.TypeDesc("int[4]"), (primaries, transfer, 0, 1))
        return
    spec.attribute("compression", "zip")


def _smpte_word(fmt: FrameFormat) -> int:
    """A timecode as SMPTE ST 12-1 packs it: two decimal digits to a byte, bit 6 for drop-frame."""
    text = format_timecode(fmt.start_frame, fmt.rate, fmt.drop_frame)
    hours, minutes, seconds, frames = (int(text[at : at + 2]) for at in (0, 3, 6, 9))
    packed = [value // 10 << 4 | value % 10 for value in (frames, seconds, minutes, hours)]
    packed[0] |= 0x40 if fmt.drop_frame else 0
    return packed[0] | packed[1] << 8 | packed[2] << 16 | packed[3] << 24
