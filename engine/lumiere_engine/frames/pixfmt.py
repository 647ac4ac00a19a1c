"""FFmpeg's pixel formats and this package's layouts: samples cross without being changed."""

from __future__ import annotations

import re
from typing import Any

import av
import cv2
import numpy as np

from .picture import Picture, PixelLayout, Plane

_YUV = re.compile(r"yuv([ja]?)(4\d\d)p(\d*)(?:le)?")
_PLANAR_RGB = re.compile(r"gbr(a?)p(f?)(\d*)(?:le)?")
_GRAY = re.compile(r"gray(f?)(\d*)(?:le)?")
_GRAY_ALPHA = re.compile(r"ya(f?)(\d+)(?:le)?")
_SHIFTS = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "440": (0, 1), "411": (2, 0), "410": (2, 2)}
_SAMPLINGS = {shift: name for name, shift in _SHIFTS.items()}

# Packed RGB: format → (bits, cv2 conversion to RGB(A) order or None, samples per pixel, alpha).
_PACKED_RGB: dict[str, tuple[int, int | None, int, bool]] = {
    "rgb24": (8, None, 3, False),
    "bgr24": (8, cv2.COLOR_BGR2RGB, 3, False),
    "rgb0": (8, cv2.COLOR_RGBA2RGB, 4, False),
    "bgr0": (8, cv2.COLOR_BGRA2RGB, 4, False),
    "rgba": (8, None, 4, True),
    "bgra": (8, cv2.COLOR_BGRA2RGBA, 4, True),
    "rgb48le": (16, None, 3, False),
    "bgr48le": (16, cv2.COLOR_BGR2RGB, 3, False),
    "rgba64le": (16, None, 4, True),
    "bgra64le": (16, cv2.COLOR_BGRA2RGBA, 4, True),
}

# Formats that hold the same samples in another order: swscale moves them without arithmetic.
_REPACKED = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "nv42": "yuv444p",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "uyyvyy411": "yuv411p",
    "p010le": "yuv420p10le",
    "p012le": "yuv420p12le",
    "p016le": "yuv420p16le",
    "p210le": "yuv422p10le",
    "p212le": "yuv422p12le",
    "p216le": "yuv422p16le",
    "y210le": "yuv422p10le",
    "y212le": "yuv422p12le",
    "x2rgb10le": "gbrp10le",
    "x2bgr10le": "gbrp10le",
    "argb": "rgba",
    "abgr": "rgba",
    "0rgb": "rgb24",
    "0bgr": "rgb24",
    "pal8": "rgba",
    "monob": "gray",
    "monow": "gray",
    "rgb565le": "rgb24",
    "bgr565le": "rgb24",
    "rgb555le": "rgb24",
    "bgr555le": "rgb24",
    "vuya": "yuva444p",
    "vuyx": "yuv444p",
    "ayuv64le": "yuva444p16le",
}


def _depth(digits: str, floating: str) -> int:
    return int(digits) if digits else (32 if floating else 8)


def _direct_layout(name: str) -> PixelLayout | None:
    """The layout of a format whose samples can be taken as they lie; None for any other."""
    if match := _YUV.fullmatch(name):
        if match[2] not in _SHIFTS:
            return None
        return PixelLayout("yuv", _depth(match[3], ""), alpha=match[1] == "a", chroma_shift=_SHIFTS[match[2]])
    if match := _PLANAR_RGB.fullmatch(name):
        return PixelLayout("rgb", _depth(match[3], match[2]), bool(match[2]), alpha=bool(match[1]))
    if match := _GRAY.fullmatch(name):
        return PixelLayout("gray", _depth(match[2], match[1]), bool(match[1]))
    if match := _GRAY_ALPHA.fullmatch(name):
        return PixelLayout("gray", _depth(match[2], match[1]), bool(match[1]), alpha=True)
    if name in _PACKED_RGB:
        bits, _, _, alpha = _PACKED_RGB[name]
        return PixelLayout("rgb", bits, alpha=alpha)
    return None


def direct_format(name: str) -> str | None:
    """The format that frames of pixel format `name` are read in without loss; None if there is none."""
    if name.endswith("be"):
        name = name[:-2] + "le"
    name = _REPACKED.get(name, name)
    return name if _direct_layout(name) else None


def layout_of(name: str) -> PixelLayout | None:
    """The layout of frames of FFmpeg's pixel format `name`; None if it cannot be read without loss."""
    direct = direct_format(name)
    return _direct_layout(direct) if direct else None


def format_name(layout: PixelLayout) -> str:
    """FFmpeg's planar format of a layout (`gbrp` for rgb): the inverse of `layout_of` up to order."""
    depth = f"{layout.bits}le" if layout.bits > 8 else ""
    kind = "f" if layout.floating else ""
    if layout.family == "rgb":
        return f"gbr{'a' if layout.alpha else ''}p{kind}{depth}"
    if layout.family == "gray":
        return f"ya{kind}{depth or '8'}" if layout.alpha else f"gray{kind}{depth}"
    return f"yuv{'a' if layout.alpha else ''}{_SAMPLINGS[layout.chroma_shift]}p{depth}"


def _view(plane: Any, dtype: np.dtype[np.generic], samples: int, lines: int) -> Plane:
    """One of FFmpeg's planes as an array, lines × samples, without its padding and without a copy."""
    flat: Plane = np.frombuffer(plane, dtype)
    stride = plane.line_size // dtype.itemsize
    return flat[: stride * lines].reshape(lines, stride)[:, :samples]


def picture_from_frame(frame: Any) -> Picture:
    """A decoded `av.VideoFrame` as a picture that owns its samples.

    Raises:
        ValueError: no layout holds the frame's pixel format without loss.
    """
    name = frame.format.name
    direct = direct_format(name)
    layout = _direct_layout(direct) if direct else None
    if direct is None or layout is None:
        raise ValueError(f"the pixel format {name} is not supported")
    if direct != name:
        frame = frame.reformat(format=direct)
    width, height, dtype = frame.width, frame.height, layout.dtype
    if direct in _PACKED_RGB:
        _, conversion, count, _ = _PACKED_RGB[direct]
        packed = _view(frame.planes[0], dtype, width * count, height).reshape(height, width, count)
        return Picture((packed.copy() if conversion is None else cv2.cvtColor(packed, conversion),), layout)
    if layout.family == "rgb":
        order = (2, 0, 1, 3) if layout.alpha else (2, 0, 1)  # planes lie as G, B, R[, A]
        channels = [_view(frame.planes[index], dtype, width, height) for index in order]
        return Picture((np.stack(channels, axis=-1),), layout)
    if layout.family == "gray" and layout.alpha:
        pairs = _view(frame.planes[0], dtype, width * 2, height)
        return Picture((pairs[:, 0::2].copy(), pairs[:, 1::2].copy()), layout)
    shapes = layout.plane_shapes(width, height)
    return Picture(
        tuple(
            _view(plane, dtype, shape[1], shape[0]).copy()
            for plane, shape in zip(frame.planes, shapes, strict=True)
        ),
        layout,
    )


def frame_from_picture(picture: Picture, name: str | None = None) -> Any:
    """A picture as an `av.VideoFrame` with the same samples.

    Args:
        picture: what to copy.
        name: the pixel format: that of the layout (default), or a packed one of the same samples.
    """
    layout = picture.layout
    name = name or format_name(layout)
    width, height, dtype = picture.width, picture.height, layout.dtype
    frame = av.VideoFrame(width, height, name)
    if name in _PACKED_RGB:
        _, conversion, count, _ = _PACKED_RGB[name]
        target = _view(frame.planes[0], dtype, width * count, height)
        target[:] = _packed(picture.planes[0], conversion).reshape(height, width * count)
    elif layout.family == "rgb":
        for index, channel in zip((2, 0, 1, 3), range(picture.planes[0].shape[2]), strict=False):
            _view(frame.planes[index], dtype, width, height)[:] = picture.planes[0][..., channel]
    elif layout.family == "gray" and layout.alpha:
        pairs = _view(frame.planes[0], dtype, width * 2, height)
        pairs[:, 0::2], pairs[:, 1::2] = picture.planes
    else:
        for plane, samples in zip(frame.planes, picture.planes, strict=True):
            _view(plane, dtype, samples.shape[1], samples.shape[0])[:] = samples
    return frame


_INVERSE = {
    cv2.COLOR_BGR2RGB: cv2.COLOR_RGB2BGR,
    cv2.COLOR_RGBA2RGB: cv2.COLOR_RGB2RGBA,
    cv2.COLOR_BGRA2RGB: cv2.COLOR_RGB2BGRA,
    cv2.COLOR_BGRA2RGBA: cv2.COLOR_RGBA2BGRA,
}


def _packed(rgb: Plane, conversion: int | None) -> Plane:
    """Samples in RGB(A) order, in the order that `conversion` would read back."""
    return rgb if conversion is None else cv2.cvtColor(rgb, _INVERSE[conversion])
