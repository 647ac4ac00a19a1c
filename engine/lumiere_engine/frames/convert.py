"""Between a plate's own samples and the float RGB that networks work in; and back, changing nothing else.

Working RGB is R'G'B': encoded as the plate is (its own transfer curve), full range 0…1, float32, h w 3.
Scene-linear plates (EXR) pass through `shape_linear`, so that working values look like display-encoded ones.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..protocol.errors import UnreadableMediaError
from .picture import RANGE_FULL, RANGE_LIMITED, TRANSFER_LINEAR, FrameFormat, Picture, PixelLayout, Plane

Float = NDArray[np.float32]

# (Kr, Kb) of ITU-T H.273 matrix codes: luma = Kr R' + (1 - Kr - Kb) G' + Kb B'.
_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
# How far, in luma pixels, a chroma sample colours the picture when a player upsamples it (bicubic).
_CHROMA_REACH = 5
# How fast chroma catches up with luma inside a feather, behind the rim where it must not move.
_CHROMA_CATCH_UP = 4.0
# Slope of the sRGB curve at 1: the logarithm above continues it without a kink.
_SHOULDER = 1.055 / 2.4


def matrix_code(fmt: FrameFormat) -> int:
    """The H.273 matrix of a yuv plate; where the file names none, what players assume for its size."""
    if fmt.color.matrix in _WEIGHTS:
        return fmt.color.matrix
    if fmt.color.matrix not in (0, 2, 3):
        raise UnreadableMediaError(f"its colour matrix (H.273 code {fmt.color.matrix}) is not supported")
    return 1 if fmt.width >= 1280 or fmt.height > 576 else 6


def is_full_range(fmt: FrameFormat) -> bool:
    """Whether codes reach from 0 to the peak: rgb and gray do unless told otherwise, yuv only if told so."""
    if fmt.layout.family == "yuv":
        return fmt.color.range == RANGE_FULL
    return fmt.color.range != RANGE_LIMITED or fmt.layout.family == "rgb"


def shape_linear(linear: Float) -> Float:
    """Scene-linear light → working values, invertible by `unshape_linear`.

    The sRGB curve (IEC 61966-2-1) up to 1, mirrored below 0; above 1 its tangent in the logarithm: each stop
    over white adds 0.305. NaN becomes 0, infinities the largest half float.
    """
    finite = np.nan_to_num(linear, nan=0.0, posinf=65504.0, neginf=-65504.0)
    size = np.abs(finite)
    low = size * 12.92
    middle = 1.055 * np.power(np.clip(size, 0.0031308, 1.0), 1 / 2.4) - 0.055
    high = 1.0 + _SHOULDER * np.log(np.maximum(size, 1.0))
    shaped = np.where(size <= 0.0031308, low, np.where(size <= 1.0, middle, high))
    return cast(Float, np.copysign(shaped, finite).astype(np.float32))


def unshape_linear(working: Float) -> Float:
    """Working values → scene-linear light: the inverse of `shape_linear`."""
    size = np.abs(working)
    low = size / 12.92
    middle = np.power((np.clip(size, 0.04045, 1.0) + 0.055) / 1.055, 2.4)
    high = np.exp((np.clip(size, 1.0, 6.0) - 1.0) / _SHOULDER)
    linear = np.where(size <= 0.04045, low, np.where(size <= 1.0, middle, high))
    return cast(Float, np.copysign(linear, working).astype(np.float32))


def to_rgb(picture: Picture, fmt: FrameFormat) -> Float:
    """The picture as working RGB; alpha is ignored.

    Args:
        picture: native samples.
        fmt: of the source that the picture came from.

    Returns:
        float32 h w 3, about 0…1; values outside are kept (super-white, highlights).
    """
    layout = picture.layout
    if layout.family == "rgb":
        rgb = picture.planes[0][..., :3].astype(np.float32)
        return _from_native_scale(rgb, layout, fmt)
    if layout.family == "gray":
        gray = picture.planes[0].astype(np.float32)
        if not layout.floating and not is_full_range(fmt):
            scale = float(1 << (layout.bits - 8))
            gray = (gray - 16 * scale) / (219 * scale) * layout.peak
        return _from_native_scale(cv2.merge([gray, gray, gray]), layout, fmt)
    size = (picture.width, picture.height)
    luma = picture.planes[0].astype(np.float32)
    blue, red = (_upsampled(plane, layout.chroma_shift, size) for plane in picture.planes[1:3])
    return cast(Float, cv2.transform(cv2.merge([luma, blue, red]), _yuv_to_rgb(fmt)))


def blend_rgb(picture: Picture, fmt: FrameFormat, rgb: Float, alpha: Float) -> Picture:
    """New values over a plate, in the plate's own samples: sample = plate·(1 − α) + new·α, rounded.

    Every sample whose α is 0 is copied. A subsampled chroma sample keeps the plate's value as long as it can
    colour any pixel whose α is 0 (in any player's upsampling up to bicubic), so that decoded RGB is
    bit-identical outside the matte; inside the rim chroma follows luma within a few pixels.

    Args:
        picture: the plate.
        fmt: its format.
        rgb: working RGB, float32 h w 3, as `to_rgb` gives it.
        alpha: float32 h w, 0…1.

    Returns:
        a new picture of the same layout; an alpha plane is the plate's.
    """
    layout = picture.layout
    box = _active_box(alpha, layout, picture.width, picture.height)
    if box is None:
        return picture
    top, bottom, left, right = box
    part, weight = rgb[top:bottom, left:right], alpha[top:bottom, left:right]
    planes = [plane.copy() for plane in picture.planes]
    if layout.family == "yuv":
        luma, blue, red = cv2.split(cv2.transform(np.ascontiguousarray(part), _rgb_to_yuv(fmt)))
        _mix(planes[0][top:bottom, left:right], luma, weight, layout)
        horizontal, vertical = layout.chroma_shift
        chroma_weight = _chroma_alpha(weight, layout.chroma_shift)
        rows = slice(top >> vertical, -(-bottom >> vertical))
        columns = slice(left >> horizontal, -(-right >> horizontal))
        for plane, chroma in ((planes[1], blue), (planes[2], red)):
            _mix(plane[rows, columns], _downsampled(chroma, layout.chroma_shift), chroma_weight, layout)
        return Picture(tuple(planes), layout)
    values = _to_native_scale(part, layout, fmt)
    if layout.family == "rgb":
        for channel in range(3):
            _mix(planes[0][top:bottom, left:right, channel], values[..., channel], weight, layout)
    else:
        gray: Float = (values @ np.array([0.2126, 0.7152, 0.0722])).astype(np.float32)
        if not layout.floating and not is_full_range(fmt):
            scale = float(1 << (layout.bits - 8))
            gray = gray * np.float32(219 * scale / layout.peak) + np.float32(16 * scale)
        _mix(planes[0][top:bottom, left:right], gray, weight, layout)
    return Picture(tuple(planes), layout)


def picture_from_rgb(rgb: Float, fmt: FrameFormat) -> Picture:
    """A whole frame of working RGB in the samples of `fmt`; alpha, if the layout has it, is opaque.

    Args:
        rgb: float32 h w 3.
        fmt: the format to make a picture of; its width and height must be those of `rgb`.
    """
    layout = fmt.layout
    shapes = layout.plane_shapes(fmt.width, fmt.height)
    blank = [np.zeros(shape, layout.dtype) for shape in shapes]
    if layout.alpha:
        opaque = blank[0][..., 3] if layout.family == "rgb" else blank[-1]
        opaque[...] = layout.peak
    return blend_rgb(Picture(tuple(blank), layout), fmt, rgb, np.ones(rgb.shape[:2], np.float32))


def covering(rgb: Float, width: int, height: int) -> Float:
    """A picture, h w 3 float32, shrunk or enlarged until it just covers that size, its middle cut out."""
    factor = max(width / rgb.shape[1], height / rgb.shape[0])
    if factor != 1:
        size = (max(width, round(rgb.shape[1] * factor)), max(height, round(rgb.shape[0] * factor)))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    top, left = (rgb.shape[0] - height) // 2, (rgb.shape[1] - width) // 2
    return cast(Float, np.clip(rgb[top : top + height, left : left + width], 0, 1).astype(np.float32))


def _from_native_scale(rgb: Float, layout: PixelLayout, fmt: FrameFormat) -> Float:
    if layout.peak != 1:
        rgb = rgb * np.float32(1 / layout.peak)
    return shape_linear(rgb) if fmt.color.transfer == TRANSFER_LINEAR else rgb


def _to_native_scale(rgb: Float, layout: PixelLayout, fmt: FrameFormat) -> Float:
    if fmt.color.transfer == TRANSFER_LINEAR:
        rgb = unshape_linear(rgb)
    return rgb * np.float32(layout.peak) if layout.peak != 1 else rgb


def _mix(plate: Plane, new: Float, alpha: Float, layout: PixelLayout) -> None:
    """Blend into `plate` in place; samples whose α is 0 are not written."""
    old = plate.astype(np.float32)
    # where α is 1 the result is `new` itself: old + 1·(new - old) could lose a bit to rounding in floats
    mixed = np.where(alpha >= 1, new, old + alpha * (new - old))
    if layout.floating:
        limit = float(np.finfo(plate.dtype.name).max)
        mixed = np.clip(mixed, -limit, limit)
    else:
        mixed = np.clip(np.floor(mixed + np.float32(0.5)), 0, layout.peak)
    np.copyto(plate, mixed.astype(plate.dtype), where=alpha > 0)


def _active_box(
    alpha: Float, layout: PixelLayout, width: int, height: int
) -> tuple[int, int, int, int] | None:
    """Top, bottom, left, right of where α is not 0, with a margin, on the chroma grid; None if nowhere."""
    left, top, box_width, box_height = cv2.boundingRect((alpha > 0).view(np.uint8))
    if box_width == 0:
        return None
    margin = 2 * _CHROMA_REACH << max(layout.chroma_shift)
    across, down = layout.chroma_shift
    return (
        max(0, top - margin) >> down << down,
        min(height, -(-(top + box_height + margin) >> down) << down),
        max(0, left - margin) >> across << across,
        min(width, -(-(left + box_width + margin) >> across) << across),
    )


def _chroma_alpha(alpha: Float, shift: tuple[int, int]) -> Float:
    """α for subsampled planes: 0 where the sample reaches a pixel of α 0, else close behind luma's α."""
    if shift == (0, 0):
        return alpha
    across, down = (1 + 2 * (_CHROMA_REACH << (s - 1)) if s else 1 for s in shift)
    lowest = cv2.erode(alpha, np.ones((down, across), np.uint8))
    lowest = lowest[:: 1 << shift[1], :: 1 << shift[0]]
    return cast(Float, np.minimum(_downsampled(alpha, shift), _CHROMA_CATCH_UP * lowest))


def _upsampled(plane: Plane, shift: tuple[int, int], size: tuple[int, int]) -> Float:
    """A chroma plane at full size, linearly; sited left, and between lines, as in MPEG-2 and H.264."""
    chroma = plane.astype(np.float32)
    width, height = size
    if shift[1]:
        lines = chroma.shape[0] << shift[1]
        chroma = cv2.resize(chroma, (chroma.shape[1], lines), interpolation=cv2.INTER_LINEAR)[:height]
    for _ in range(shift[0]):
        wide = np.empty((chroma.shape[0], chroma.shape[1] * 2), np.float32)
        wide[:, 0::2] = chroma
        wide[:, 1:-1:2] = (chroma[:, :-1] + chroma[:, 1:]) * np.float32(0.5)
        wide[:, -1] = chroma[:, -1]
        chroma = wide
    return cast(Float, np.ascontiguousarray(chroma[:, :width]))


def _downsampled(plane: Float, shift: tuple[int, int]) -> Float:
    """The counterpart of `_upsampled`: a 1-2-1 filter at even columns, the mean of lines."""
    for _ in range(shift[0]):
        padded = np.pad(plane, ((0, 0), (1, 2)), mode="edge")
        plane = _tent(padded, -(-plane.shape[1] // 2))
    for _ in range(shift[1]):
        if plane.shape[0] % 2:
            plane = np.pad(plane, ((0, 1), (0, 0)), mode="edge")
        plane = (plane[0::2] + plane[1::2]) * np.float32(0.5)
    return plane


def _tent(padded: Float, columns: int) -> Float:
    """1-2-1 over a plane padded by one column at the left and two at the right, at every second column."""
    end = 2 * columns
    middle = padded[:, 1 : end + 1 : 2] * np.float32(0.5)
    sides = padded[:, 0:end:2] + padded[:, 2 : end + 2 : 2]
    return cast(Float, middle + sides * np.float32(0.25))


def _scales(fmt: FrameFormat) -> tuple[float, float, float, float]:
    """Luma offset and span, chroma offset and span of a yuv layout, in codes (ITU-T H.273, 8.3)."""
    bits = fmt.layout.bits
    if fmt.layout.floating:
        return 0.0, 1.0, 0.0, 1.0
    unit = float(1 << (bits - 8))
    if is_full_range(fmt):
        return 0.0, float(fmt.layout.peak), 128 * unit, float(fmt.layout.peak)
    return 16 * unit, 219 * unit, 128 * unit, 224 * unit


def _rgb_to_yuv(fmt: FrameFormat) -> NDArray[np.float64]:
    """3 × 4: working RGB → Y, Cb, Cr in codes."""
    kr, kb = _WEIGHTS[matrix_code(fmt)]
    luma_offset, luma_span, chroma_offset, chroma_span = _scales(fmt)
    luma = np.array([kr, 1 - kr - kb, kb])
    blue = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - kb))
    red = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - kr))
    matrix = np.stack([luma * luma_span, blue * chroma_span, red * chroma_span])
    return np.column_stack([matrix, [luma_offset, chroma_offset, chroma_offset]])


def _yuv_to_rgb(fmt: FrameFormat) -> NDArray[np.float64]:
    """3 × 4: the inverse of `_rgb_to_yuv`."""
    forward = _rgb_to_yuv(fmt)
    inverse = np.linalg.inv(forward[:, :3])
    return np.column_stack([inverse, -inverse @ forward[:, 3]])
