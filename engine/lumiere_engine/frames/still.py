"""One picture file: PNG, JPEG, TIFF, EXR, DPX and more. Its content decides what it is, not its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - the name that its own documentation uses

from ..protocol.errors import MissingMediaError, UnreadableMediaError
from .picture import (
    BT709,
    MATRIX_RGB,
    RANGE_FULL,
    TRANSFER_LINEAR,
    TRANSFER_SRGB,
    UNSPECIFIED,
    ColorTags,
    Picture,
    PixelLayout,
    Plane,
)

_MAGIC = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\x76\x2f\x31\x01",
    b"SDPX",
    b"XPDS",
    b"BM",
    b"#?RADIANCE",
    b"#?RGBE",
    b"\x80\x2a\x5f\xd7",
)
_MOST_NAMED = 4  # channels
# OpenImageIO's integer and float types that are kept as they are; others become float32.
_KEPT = {"uint8": (8, False), "uint16": (16, False), "half": (16, True), "float": (32, True)}


@dataclass(frozen=True)
class StillInfo:
    """What a picture file says about itself.

    Attributes:
        color: colour tags; sRGB for integer files that say nothing, scene-linear for floats.
        pixel_aspect: width of a pixel over its height.
        rate: frames per second, or None.
        timecode: as `hh:mm:ss:ff`, or None.
        left_out: what else it holds and is not read, one sentence each.
    """

    color: ColorTags
    pixel_aspect: Fraction
    rate: Fraction | None
    timecode: str | None
    left_out: tuple[str, ...] = ()


def is_still(path: Path) -> bool:
    """Whether the content of a file is that of a picture (not of a movie)."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def is_palette_png(path: Path) -> bool:
    """Whether a file is a PNG of indexed colour (colour type 3 of its header)."""
    with path.open("rb") as file:
        head = file.read(26)
    return head.startswith(_MAGIC[0]) and len(head) == 26 and head[25] == 3


def read_still(path: Path, frame: int | None = None) -> tuple[Picture, StillInfo]:
    """The picture in a file: upright, over its whole display window, with alpha as the file has it.

    Args:
        path: the file.
        frame: its number in a sequence, for the error.

    Raises:
        MissingMediaError, UnreadableMediaError: no such file; not a picture, truncated or damaged.
    """
    if not path.is_file():
        raise MissingMediaError("no such file", clip=str(path), frame=frame)
    config = oiio.ImageSpec()
    config["oiio:UnassociatedAlpha"] = 1  # PNG and TIFF alpha as stored: multiplying would lose bits
    source = oiio.ImageInput.open(str(path), config)
    if source is None:
        raise _damaged(path, frame, oiio.geterror())
    try:
        spec = source.spec()
        channels = _channels(spec)
        kind = (
            "float"
            if spec.channelformats and len(set(map(str, spec.channelformats))) > 1
            else str(spec.format)
        )
        if kind not in _KEPT:
            kind = "float"
        samples = source.read_image(0, 0, 0, spec.nchannels, kind)
        problem = source.geterror()
        if samples is None or problem:
            raise _damaged(path, frame, problem)
    finally:
        source.close()
    samples = np.asarray(samples).reshape(spec.height, spec.width, spec.nchannels)
    if kind == "half" and samples.dtype != np.float16:
        samples = samples.view(np.float16)
    samples = _on_display_window(samples[..., channels], spec)
    samples = np.ascontiguousarray(_upright(samples, int(spec.getattribute("Orientation") or 1)))
    bits, floating = _KEPT[kind]
    return _picture(samples, bits, floating), _info(spec, floating)


def _damaged(path: Path, frame: int | None, problem: str) -> UnreadableMediaError:
    first_line = next(iter(problem.strip().splitlines()), "it is not a picture")
    return UnreadableMediaError(
        f"cannot be read: {first_line}", clip=str(path), frame=frame, remedy="replace the file"
    )


def _channels(spec: Any) -> list[int]:
    """Which channels make the picture: R, G, B[, A] of the first layer, or Y[, A]; else the first ones."""
    names = [str(name).rsplit(".", 1)[-1].upper() for name in spec.channelnames]
    layers = [str(name).rpartition(".")[0] for name in spec.channelnames]
    if "R" in names and "G" in names and "B" in names:
        layer = layers[names.index("R")]
        wanted = [n for n in "RGBA" if (layer, n) in zip(layers, names, strict=True)]
        if wanted[:3] == ["R", "G", "B"]:
            pairs = list(zip(layers, names, strict=True))
            return [pairs.index((layer, name)) for name in wanted]
    if spec.nchannels >= 3:
        return [0, 1, 2, spec.alpha_channel] if spec.alpha_channel == 3 else [0, 1, 2]
    return [0, 1] if spec.nchannels == 2 and spec.alpha_channel == 1 else [0]


def _on_display_window(samples: Plane, spec: Any) -> Plane:
    """The data window placed in the display window: what lies outside is cut, what is missing is 0."""
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    if (left, top, spec.width, spec.height) == (0, 0, spec.full_width, spec.full_height):
        return samples
    canvas = np.zeros((spec.full_height, spec.full_width, samples.shape[2]), samples.dtype)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(spec.full_width, left + spec.width), min(spec.full_height, top + spec.height)
    if x1 > x0 and y1 > y0:
        canvas[y0:y1, x0:x1] = samples[y0 - top : y1 - top, x0 - left : x1 - left]
    return canvas


def _upright(samples: Plane, orientation: int) -> Plane:
    """Samples h w c turned as the EXIF orientation (1 to 8) asks."""
    if orientation in (2, 4, 5, 7):
        samples = samples[:, ::-1]
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.rot90(samples, turns) if turns else samples


def _picture(samples: Plane, bits: int, floating: bool) -> Picture:
    count = samples.shape[2]
    layout = PixelLayout("gray" if count < 3 else "rgb", bits, floating, alpha=count in (2, 4))
    if count >= 3:
        return Picture((samples,), layout)
    return Picture(tuple(np.ascontiguousarray(samples[..., c]) for c in range(count)), layout)


def _info(spec: Any, floating: bool) -> StillInfo:
    cicp = spec.getattribute("CICP")
    space = str(spec.getattribute("oiio:ColorSpace") or "").lower()
    if cicp is not None:
        primaries, transfer, _, _ = (int(code) for code in cicp)
        color = ColorTags(primaries, transfer, MATRIX_RGB, RANGE_FULL)
    elif floating or "lin_" in space or space == "linear":
        color = ColorTags(BT709, TRANSFER_LINEAR, MATRIX_RGB, RANGE_FULL)
    elif "log" in space:
        color = ColorTags(UNSPECIFIED, UNSPECIFIED, MATRIX_RGB, RANGE_FULL)
    else:
        color = ColorTags(BT709, TRANSFER_SRGB, MATRIX_RGB, RANGE_FULL)
    aspect = spec.getattribute("PixelAspectRatio")
    return StillInfo(
        color=color,
        pixel_aspect=Fraction(float(aspect)).limit_denominator(1000) if aspect else Fraction(1),
        rate=_rate(spec),
        timecode=_timecode(spec.getattribute("smpte:TimeCode")),
        left_out=tuple(_left_out(spec)),
    )


def _left_out(spec: Any) -> Iterator[str]:
    """Sentences on what of a file is not in its picture."""
    read = _channels(spec)
    others = [str(name) for place, name in enumerate(spec.channelnames) if place not in read]
    if others:
        some = ", ".join(others[:_MOST_NAMED]) + (", …" if len(others) > _MOST_NAMED else "")
        yield f"the plate's files hold channels that are not read, and that the result does not have: {some}"
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    if min(left, top) < 0 or left + spec.width > spec.full_width or top + spec.height > spec.full_height:
        yield "the plate's files reach beyond their display window; the result does not"


def _timecode(value: Any) -> str | None:
    """A timecode attribute as text: text already (PNG), or packed as SMPTE ST 12-1 has it (EXR)."""
    if isinstance(value, str):
        return value
    if not isinstance(value, (tuple, list, np.ndarray)) or len(value) < 1:
        return None
    word = int(value[0])
    fields = ((24, 3), (16, 7), (8, 7), (0, 3))  # where the units of hours … frames are, and the mask of tens
    hours, minutes, seconds, frames = (
        (word >> shift & 0xF) + 10 * (word >> (shift + 4) & tens) for shift, tens in fields
    )
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if word & 0x40 else ':'}{frames:02d}"


def _rate(spec: Any) -> Fraction | None:
    value = spec.getattribute("FramesPerSecond") or spec.getattribute("framesPerSecond")
    if value is None:
        return None
    try:
        if isinstance(value, (tuple, list, np.ndarray)):
            return Fraction(int(value[0]), int(value[1]))
        return Fraction(str(value)).limit_denominator(1001)
    except (ValueError, ZeroDivisionError):
        return None
