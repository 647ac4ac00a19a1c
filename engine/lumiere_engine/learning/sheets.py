"""Pictures of a training as it goes: the loss, and what the network answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from lumiere_engine.protocol.errors import OutputError

Array = np.ndarray

_WIDTH, _HEIGHT, _MARGIN = 900, 420, 60
_PAPER, _INK, _CURVE, _MARKS = 250, (60, 60, 60), (170, 90, 30), (60, 60, 200)


def loss_plot(losses: Sequence[float], gains: Sequence[tuple[int, float]], path: Path) -> None:
    """A picture of the smoothed loss (left scale, logarithmic) and the validation gain in dB (right scale).

    Args:
        losses: one per step.
        gains: (step, dB).
        path: a .png.

    Raises:
        OutputError: it cannot be written.
    """
    page = np.full((_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)
    smooth = _smoothed(np.asarray(losses, np.float64))
    steps = np.arange(1, len(smooth) + 1)
    top = max(len(smooth), 2)
    low, high = np.log10(smooth.min()) - 0.02, np.log10(smooth.max()) + 0.02
    _curve(page, _points(steps, np.log10(smooth), (1, top), (low, high)), _CURVE)
    for level in (low, (low + high) / 2, high):
        _label(page, f"{10**level:.3g}", (4, _row(level, (low, high)) + 4), _CURVE)
    if gains:
        at, db = np.array([s for s, _ in gains]), np.array([g for _, g in gains])
        bounds = (min(0.0, db.min()) - 0.1, max(0.0, db.max()) + 0.1)
        _curve(page, _points(at, db, (1, top), bounds), _MARKS)
        for level in (bounds[0], 0.0, bounds[1]):
            _label(page, f"{level:+.1f} dB", (_WIDTH - _MARGIN + 4, _row(level, bounds) + 4), _MARKS)
    _label(
        page,
        f"training loss (left) and gain over a smooth fill (right), {len(losses)} steps",
        (_MARGIN, 20),
        _INK,
    )
    _write(page, path)


def sample_sheet(rows: Sequence[tuple[str, Tensor]], path: Path, columns: int = 10) -> None:
    """Rows of pictures under each other, the middle frame of each clip.

    Args:
        rows: name and b 3 t h w in [-1, 1].
        path: a .png or .jpg.
        columns: most pictures of a row.

    Raises:
        OutputError: it cannot be written.
    """
    strips = []
    for name, clips in rows:
        pictures = clips[:columns, :, clips.shape[2] // 2].float().cpu().numpy().transpose(0, 2, 3, 1)
        strip = np.concatenate(list(np.clip((pictures + 1) * 127.5, 0, 255)), 1).astype(np.uint8)[..., ::-1]
        strip = np.ascontiguousarray(strip)
        _label(strip, name, (5, 15), (0, 0, 0))
        _label(strip, name, (4, 14), (255, 255, 255))
        strips.append(strip)
    _write(np.concatenate(strips, 0), path)


def side_by_side(rows: Sequence[Tensor]) -> Array:
    """Rows of pictures under each other, the middle frame of each clip.

    Args:
        rows: b 3 t h w in [-1, 1].

    Returns:
        h w 3 float, 0..1.
    """
    strips = []
    for clips in rows:
        pictures = clips[:, :, clips.shape[2] // 2].float().cpu().numpy().transpose(0, 2, 3, 1)
        strips.append(np.concatenate(list(pictures), 1))
    return np.clip(np.concatenate(strips, 0) / 2 + 0.5, 0, 1)


def _smoothed(values: Array) -> Array:
    """A running mean over about a fiftieth of the whole."""
    width = max(1, len(values) // 50)
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - width)
    return np.maximum((sums[ends] - sums[starts]) / (ends - starts), 1e-9)


def _points(x: Array, y: Array, x_bounds: tuple[int, int], y_bounds: tuple[float, float]) -> Array:
    across = _MARGIN + (x - x_bounds[0]) / max(1, x_bounds[1] - x_bounds[0]) * (_WIDTH - 2 * _MARGIN)
    down = np.array([_row(float(v), y_bounds) for v in y])
    return np.stack([across, down], 1).astype(np.int32)


def _row(value: float, bounds: tuple[float, float]) -> int:
    share = (value - bounds[0]) / max(1e-9, bounds[1] - bounds[0])
    return int(_HEIGHT - 30 - share * (_HEIGHT - 70))


def _curve(page: Array, points: Array, colour: tuple[int, int, int]) -> None:
    cv2.polylines(page, [points[:, None]], False, colour, 2, cv2.LINE_AA)


def _label(page: Array, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)


def _write(picture: Array, path: Path) -> None:
    if not cv2.imwrite(str(path), picture):
        raise OutputError("the picture cannot be written", clip=str(path))
