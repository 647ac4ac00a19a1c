"""A contact sheet of a tracked shot: the mask in red, the true edge in green, the figures below."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .clips import Size, read_clip
from .footage import Shot

Array = np.ndarray
_COLUMNS, _ROWS = 4, 2
_WIDTH = 400
_MASK, _TRUE, _INK = (255, 30, 30), (40, 255, 60), (235, 235, 235)


def contact_sheet(
    shot: Shot,
    truth: Array,
    masks: Sequence[Array],
    scores: Sequence[float],
    confidence: Sequence[float],
    first: int,
) -> Array:
    """Eight frames, h w 3 uint8 in OpenCV's order of colours.

    Args:
        shot: for its plate.
        truth, masks: per frame h w bool, from frame `first` on.
        scores, confidence: likewise, IoU and what the tracker said.
        first: the plate's frame that they begin with.
    """
    height = round(_WIDTH * truth.shape[1] / truth.shape[2])
    pictures, _ = read_clip(shot.plate, Size(_WIDTH, height), first + len(truth))
    tiles = []
    for n in np.linspace(0, len(truth) - 1, _COLUMNS * _ROWS).astype(int):
        tile = pictures[first + n].copy()
        mask, true = (_small(layer, (_WIDTH, height)) for layer in (masks[n], truth[n]))
        tile[mask] = (tile[mask] // 2 + np.array(_MASK, np.uint8) // 2).astype(np.uint8)
        edges, _ = cv2.findContours(true.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tile, edges, -1, _TRUE, 1)
        text = f"frame {first + n}   IoU {scores[n]:.2f}   confidence {confidence[n]:.2f}"
        foot = np.full((24, _WIDTH, 3), 24, np.uint8)
        cv2.putText(foot, text, (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
        tiles.append(np.pad(np.vstack([tile, foot]), ((0, 3), (0, 3), (0, 0)), constant_values=24))
    rows = [np.hstack(tiles[row * _COLUMNS : (row + 1) * _COLUMNS]) for row in range(_ROWS)]
    return np.ascontiguousarray(np.vstack(rows)[..., ::-1])


def _small(mask: Array, size: tuple[int, int]) -> Array:
    return cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
