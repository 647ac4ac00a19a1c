"""Back to the plate's own size: borrowed pixels are fetched again from the plate, imagined ones are enlarged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..motion.align import Window
from ..motion.borrow import Borrowed, window_around
from ..motion.flow import grid, sample, widen
from .completion import CompletedShots
from .copied import Detail, add_details, nearest
from .shot import Scale

Array = np.ndarray

# The shelf that finished patches are kept on.
PATCHES = "patches"
# Expected error, in code values of 255, at which confidence has fallen to 1/e.
_DOUBT = 12.0


@dataclass(frozen=True)
class Patch:
    """What closes the hole of one frame at the plate's size.

    Attributes:
        window: where it lies in the plate.
        rgb: h w 3 float32 working values, about 0..1.
        borrowed: h w float32, share of each pixel that is borrowed, 0..1; the rest is imagined.
        confidence: h w float32, 0..1.
    """

    window: Window
    rgb: Array
    borrowed: Array
    confidence: Array

    def arrays(self) -> dict[str, Array]:
        """The patch as it is put on a shelf."""
        w = self.window
        return {
            "window": np.array([w.y, w.x, w.height, w.width], np.int32),
            "rgb": self.rgb,
            "borrowed": self.borrowed,
            "confidence": self.confidence,
        }

    @classmethod
    def of(cls, arrays: dict[str, Array]) -> Patch:
        """The patch that lay on a shelf."""
        y, x, height, width = (int(v) for v in arrays["window"])
        return cls(Window(y, x, height, width), arrays["rgb"], arrays["borrowed"], arrays["confidence"])


def refine(
    frame: int,
    completed: CompletedShots,
    filling: Borrowed,
    plate: Callable[[int], Array],
    details: Callable[[int], Detail],
) -> Patch:
    """The patch of `frame`, without grain.

    Args:
        frame: counted from 0 in the job.
        completed: the shots at analysis size.
        filling: what closes this frame's hole there.
        plate: working RGB of any frame at the plate's size, h w 3 float32.
        details: of a key frame's texture, see `texture_detail`.
    """
    scale, small = completed.shots.scale, filling.window
    window = _plate_window(small, scale)
    where = _places_in(small, window, scale)
    rgb = sample(completed.picture(frame)[small.slices] / 255, where, cubic=not scale.same)
    if not scale.same:
        rgb = add_details(
            rgb,
            completed.copied(frame),
            where + np.array([small.x, small.y], np.float32),
            lambda places: _enlarged_places(places, scale),
            details,
            completed.texture_strength(frame),
        )
    share = np.zeros((window.height, window.width), np.float32)
    lent = np.zeros_like(rgb)
    for source in completed.sources(frame):
        part = _plate_window(source.window, scale)
        there = _places_in(source.window, part, scale)
        places = _enlarged_places(sample(source.places, there), scale)
        pixels = sample(plate(source.frame), places, cubic=True) * source.gain
        pixels += sample(source.offset, there) / 255
        weight = sample(source.weight, there)
        inside = Window(part.y - window.y, part.x - window.x, part.height, part.width).slices
        lent[inside] += weight[..., None] * pixels
        share[inside] += weight
    # the weights sum to 1 or to nothing; between the two, and where they were rounded, they are made to
    borrowed = np.clip(share, 0, 1)
    lent /= np.maximum(share, 1e-6)[..., None]
    lent += _steadying(frame, completed, small, where)
    rgb = rgb + borrowed[..., None] * (lent - rgb)
    confidence = np.exp(-sample(filling.error, where) / _DOUBT)
    return Patch(window, rgb.astype(np.float32), borrowed, confidence.astype(np.float32))


def lending(frame: int, completed: CompletedShots, filling: Borrowed, patch: Patch) -> Array:
    """What a key frame's patch lends to the frames between keys, h w 3 float32: it as it was borrowed.

    Their own change, which makes them steady, counts from there.
    """
    where = _places_in(filling.window, patch.window, completed.shots.scale)
    change = _steadying(frame, completed, filling.window, where)
    return patch.rgb - patch.borrowed[..., None] * change


def _steadying(frame: int, completed: CompletedShots, small: Window, where: Array) -> Array:
    """What makes a frame's borrowed pixels stand still, at the places `where` of its window; h w 3, about 0..1."""
    scale = completed.shots.scale
    return sample(completed.change(frame)[small.slices] / 255, where, cubic=not scale.same)


def texture_detail(key: int, completed: CompletedShots, plate: Array) -> Detail:
    """What the texture of a key frame shows at the plate's size, less what the analysis size shows of it.

    Args:
        key: a frame that was given texture.
        completed: the shots at analysis size.
        plate: this frame's working RGB, h w 3 float32.
    """
    scale, texture = completed.shots.scale, completed.texture(key)
    small = window_around(completed.unseen(key), 2)
    window = _plate_window(small, scale)
    where = _places_in(small, window, scale) + np.array([small.x, small.y], np.float32)
    rows, columns, rest = nearest(where, scale.small_height, scale.small_width)
    there = texture[rows, columns] + rest
    fine = sample(plate, _enlarged_places(there, scale), cubic=True)
    coarse = sample(completed.shots.picture(key).astype(np.float32) / 255, there, cubic=True)
    # a place that was itself borrowed shows the object in the plate
    hidden = sample(widen(completed.shots.hole(key), 2).astype(np.float32), there) > 0
    copied = (texture[rows, columns] != np.stack([columns, rows], -1)).any(-1) & ~hidden
    return Detail(window, np.where(copied[..., None], fine - coarse, 0).astype(np.float32))


def _plate_window(small: Window, scale: Scale) -> Window:
    """The plate's pixels that a window of the analysis size covers."""
    fx, fy = scale.factors
    left, top = int(small.x * fx), int(small.y * fy)
    right = min(scale.width, int(np.ceil((small.x + small.width) * fx)))
    bottom = min(scale.height, int(np.ceil((small.y + small.height) * fy)))
    return Window(top, left, bottom - top, right - left)


def _places_in(small: Window, window: Window, scale: Scale) -> Array:
    """For every plate pixel of `window` its place in the cut-out `small`, centres on centres; h w 2."""
    fx, fy = scale.factors
    places = grid(window.height, window.width, window.y, window.x)
    out = (places + 0.5) / (fx, fy) - 0.5 - (small.x, small.y)
    return out.astype(np.float32)


def _enlarged_places(places: Array, scale: Scale) -> Array:
    """Places at analysis size → places in the plate; h w 2."""
    if scale.same:
        return places
    return ((places + 0.5) * scale.factors - 0.5).astype(np.float32)


def origin_colours(patch: Patch, alpha: Array) -> Array:
    """The origin matte of a patch: h w 3 float32.

    Red: imagined, green: borrowed (shares of the pixel, times `alpha`); blue: confidence, wherever alpha is not 0.
    """
    imagined = (1 - patch.borrowed) * alpha
    return cv2.merge([imagined, patch.borrowed * alpha, patch.confidence * (alpha > 0)]).astype(np.float32)
