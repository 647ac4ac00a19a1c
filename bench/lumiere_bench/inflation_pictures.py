"""The pictures of `bench/inflation.py`: clips below each other, places over time, losses."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .world import PERIOD, SIDE

Array = np.ndarray


def sheet(path: Path, clips: list[Array]) -> None:
    """Clips below each other, their frames side by side."""
    width = max(len(clip) for clip in clips)
    rows = [
        np.pad(np.hstack(list(clip)), ((0, 1), (0, (width - len(clip)) * SIDE), (0, 0))) for clip in clips
    ]
    cv2.imwrite(
        str(path), cv2.resize(np.vstack(rows)[..., ::-1], None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    )


def paths(path: Path, groups: dict[str, list[Array]]) -> None:
    """Sideways place over time, one panel per group, a line per clip; key frames are marked."""
    panels = []
    for name, lines in groups.items():
        panel = np.full((300, 420, 3), 250, np.uint8)
        cv2.putText(panel, name, (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
        for t in range(0, 16, PERIOD):
            cv2.line(panel, (20 + 25 * t, 30), (20 + 25 * t, 290), (215, 215, 215), 1)
        for k, x in enumerate(lines[:3]):
            points = [(20 + 25 * t, round(290 - 16 * float(v))) for t, v in enumerate(x) if np.isfinite(v)]
            colour = ((200, 90, 30), (40, 140, 40), (40, 40, 200))[k]
            cv2.polylines(panel, [np.array(points, np.int32)[:, None]], False, colour, 2, cv2.LINE_AA)
        panels.append(panel)
    cv2.imwrite(str(path), np.hstack(panels))


def loss_curves(path: Path, curves: dict[str, Array]) -> None:
    """Losses of two trainings over their steps, smoothed, on a logarithmic scale."""
    page = np.full((360, 760, 3), 250, np.uint8)
    smooth = {name: np.convolve(v, np.ones(15) / 15, "valid") for name, v in curves.items()}
    low = np.log(min(v.min() for v in smooth.values()))
    high = np.log(max(v.max() for v in smooth.values()))
    for (name, values), colour in zip(smooth.items(), ((200, 90, 30), (40, 40, 200)), strict=True):
        across = np.linspace(60, 740, len(values))
        down = 330 - (np.log(values) - low) / (high - low) * 290
        cv2.polylines(
            page, [np.stack([across, down], 1).astype(np.int32)[:, None]], False, colour, 2, cv2.LINE_AA
        )
        place = (600, 40 + 20 * list(smooth).index(name))
        cv2.putText(page, f"{name} start", place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
    for value, y in ((np.exp(low), 330), (np.exp(high), 40)):
        cv2.putText(page, f"{value:.3f}", (5, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (60, 60, 60), 1, cv2.LINE_AA)
    cv2.imwrite(str(path), page)
