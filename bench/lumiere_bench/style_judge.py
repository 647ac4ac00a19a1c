"""How a stylised shot is judged: near to the picture, near to the shot's edges, still along its motion."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .fidelity import ssim
from .likeness import style_distance
from .stability import TrueMotion, true_motion, warp_errors, warp_ratio

Array = np.ndarray
_JUDGED = 5  # frames whose patches and edges are compared


@dataclass(frozen=True)
class Figures:
    """One result.

    Attributes:
        style: patch distance to the reference, codes of 255 (see `likeness`); less is better.
        content: SSIM of edges with the source's, 1 is the source.
        warp: warp error along the source's motion over the source's own; 1 is as still as the source.
        seconds: that it took.
        key: least SSIM of the edges of a painted key frame with the painting's; None where nothing was painted by hand.
    """

    style: float
    content: float
    warp: float | None
    seconds: float
    key: float | None = None


class Judge:
    """Measures results on one shot; its motion is measured once.

    Args:
        frames: the shot, t h w 3 uint8.
    """

    def __init__(self, frames: Array) -> None:
        self._frames = frames
        self._motion = true_motion(frames)
        self._everywhere = np.ones(frames.shape[:3], bool)
        self._true = warp_errors(frames, self._everywhere, self._motion)

    def figures(
        self, answer: Array, reference: Array, seconds: float, paintings: dict[int, Array] | None = None
    ) -> Figures:
        """Of a result that may have the first frames alone.

        Args:
            answer: t' h w 3 uint8.
            reference: the style picture, h' w' 3 uint8.
            seconds: that it took.
            paintings: what frames were painted as, by their numbers.
        """
        count = len(answer)
        judged = np.unique(np.linspace(0, count - 1, _JUDGED).astype(int))
        fitted = as_large(reference, answer.shape[1:3])
        motion = TrueMotion(self._motion.flows[: count - 1], self._motion.same[: count - 1])
        errors = warp_errors(answer, self._everywhere[:count], motion)
        like = [ssim(edges(answer[t]), edges(p), 11) for t, p in (paintings or {}).items()]
        return Figures(
            style=round(float(np.mean([style_distance(answer[t], fitted) for t in judged])), 3),
            content=round(
                float(np.mean([ssim(edges(answer[t]), edges(self._frames[t]), 11) for t in judged])), 4
            ),
            warp=warp_ratio(errors, self._true[: count - 1]),
            seconds=round(seconds, 1),
            key=round(min(like), 4) if like else None,
        )


def edges(picture: Array) -> Array:
    """The length of the luma's gradient, h w 3 uint8, its largest 255."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    length = np.hypot(across, down)
    scaled = np.clip(255 * length / max(1.0, float(np.percentile(length, 99))), 0, 255)
    return np.repeat(np.rint(scaled).astype(np.uint8)[..., None], 3, 2)


def as_large(reference: Array, shape: tuple[int, ...]) -> Array:
    """The whole reference with as many pixels as a frame of `shape`: so large are its strokes wanted."""
    factor = (shape[0] * shape[1] / (reference.shape[0] * reference.shape[1])) ** 0.5
    size = (round(reference.shape[1] * factor), round(reference.shape[0] * factor))
    return cv2.resize(reference, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
