"""How right our optical flow is, on a shot whose true flow is known.

The film's flow files are described in `assets/film/flow_file.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.motion.flow import FlowEstimator, complete_flow
from lumiere_engine.protocol.errors import UnreadableMediaError

from .clips import Size, read_clip, read_mattes
from .footage import Shot

Array = np.ndarray


@dataclass(frozen=True)
class EndPoint:
    """End-point errors of a flow, in pixels.

    Attributes:
        mean_px, median_px: of the length of the difference from the true flow.
        over_1px: share of vectors that are wrong by more than a pixel, 0..1.
        length_px: mean length of the true flow, which is the error of assuming that nothing moves.
    """

    mean_px: float
    median_px: float
    over_1px: float
    length_px: float

    @classmethod
    def of(cls, flow: Array, true: Array) -> EndPoint:
        """Of vectors n 2."""
        apart = np.linalg.norm(flow - true, axis=-1)
        length = np.linalg.norm(true, axis=-1).mean()
        return cls(
            *(round(float(v), 4) for v in (apart.mean(), np.median(apart), (apart > 1).mean(), length))
        )


def end_point_errors(shot: Shot, frames: int) -> dict[str, EndPoint]:
    """Our flow (DIS, medium, at the plate's size) from each frame to the next, against the truth.

    Args:
        shot: with a true flow and mattes.
        frames: most frames.

    Returns:
        "measured, outside the hole": as DIS finds it; "completed, inside the hole": the motion of what is hidden,
        as `complete_flow` continues it; "measured, inside the hole": of what is hidden as well, which is what one
        gets without completion: the object's own.
    """
    assert shot.flow is not None
    true, step = _true_flow(shot.flow)
    plate, _ = read_clip(shot.plate, Size(), frames)
    holes = read_mattes(shot.mattes, shot.plate, Size(), frames, least=0.25)
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in plate]
    estimate = FlowEstimator("medium")
    found: dict[str, list[tuple[Array, Array]]] = {}
    for t in range(min(len(grey) - 1, len(true))):
        raw = estimate(grey[t], grey[t + 1])
        hole = holes[t][::step, ::step]
        completed = complete_flow(raw, holes[t])[::step, ::step]
        raw = raw[::step, ::step]
        for name, flow, where in (
            ("measured, outside the hole", raw, ~hole),
            ("completed, inside the hole", completed, hole),
            ("measured, inside the hole", raw, hole),
        ):
            found.setdefault(name, []).append((flow[where], true[t][where]))
    return {
        name: EndPoint.of(np.concatenate([f for f, _ in pairs]), np.concatenate([g for _, g in pairs]))
        for name, pairs in found.items()
    }


def _true_flow(path: Path) -> tuple[Array, int]:
    """The clean plate's flow at every `step`-th pixel of every `step`-th row, t h w 2 float32; and `step`.

    Raises:
        UnreadableMediaError: it is no such file.
    """
    try:
        with np.load(path) as stored:
            flow = np.cumsum(stored["clean"], axis=1, dtype=np.int16)
            return flow.astype(np.float32) / float(stored["units_per_pixel"]), int(stored["step"])
    except (OSError, KeyError, ValueError) as error:
        raise UnreadableMediaError(f"it is no flow file: {error}", clip=str(path)) from error
