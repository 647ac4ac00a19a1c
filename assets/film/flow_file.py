"""Exact optical flow in a small file.

A flow file (.npz) holds `clean` and `object`: int16, in units of 1/64 pixel of the full picture, x to the
right and y down, from frame t to frame t + 1. Both are (frames - 1, height, width, 2); every stored value is
the flow at the full picture's pixel (step * column, step * row). `object` holds the moving object's own flow
where it covers the picture, `mask` says where that is. Rows are stored as differences from the row above,
modulo 2^16, which packs well.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

UNITS_PER_PIXEL = 64
STEP = 2


def save(path: Path, clean: np.ndarray, plate: np.ndarray, mask: np.ndarray) -> None:
    """Writes full-size flows (t, h, w, 2) of clean plate and plate; mask (t, h, w) is True on the object."""
    mask = mask[:, ::STEP, ::STEP]
    fixed = [np.round(flow[:, ::STEP, ::STEP] * UNITS_PER_PIXEL).astype(np.int16) for flow in (clean, plate)]
    fixed[1][~mask] = 0
    packed = [_differences(flow) for flow in fixed]
    np.savez_compressed(
        path,
        clean=packed[0],
        object=packed[1],
        mask=np.packbits(mask, axis=2),
        step=STEP,
        units_per_pixel=UNITS_PER_PIXEL,
    )


def load(path: Path, which: str = "clean") -> np.ndarray:
    """The flow of the "clean" plate or the "plate": float32 (t, h/2, w/2, 2), in full-size pixels."""
    with np.load(path) as stored:
        flow = np.cumsum(stored["clean"], axis=1, dtype=np.int16)
        if which == "plate":
            mask = np.unpackbits(stored["mask"], axis=2, count=flow.shape[2]).astype(bool)
            flow = np.where(mask[..., None], np.cumsum(stored["object"], axis=1, dtype=np.int16), flow)
        elif which != "clean":
            raise ValueError(f"there is no flow called {which!r}: ask for 'clean' or 'plate'")
        return flow.astype(np.float32) / float(stored["units_per_pixel"])


def full_size(flow: np.ndarray) -> np.ndarray:
    """Flow (t, h/2, w/2, 2) → (t, h, w, 2): stored pixels stay, those between are interpolated."""
    count, rows, columns, _ = flow.shape
    full = np.empty((count, rows * STEP, columns * STEP, 2), dtype=np.float32)
    right = np.concatenate([flow[:, :, 1:], flow[:, :, -1:]], axis=2)
    wide = np.stack([flow, (flow + right) / 2], axis=3).reshape(count, rows, columns * STEP, 2)
    below = np.concatenate([wide[:, 1:], wide[:, -1:]], axis=1)
    full[:, 0::STEP], full[:, 1::STEP] = wide, (wide + below) / 2
    return full


def _differences(fixed: np.ndarray) -> np.ndarray:
    """Each row minus the row above it, modulo 2^16."""
    packed = fixed.copy()
    packed[:, 1:] -= fixed[:, :-1]
    return packed
