"""Fills that need no learning and no search: what any method must beat."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.motion.flow import FlowEstimator, complete_flow, grid, inside, sample

from .cases import Case
from .methods import Answer, OnProgress, code_of

Array = np.ndarray
Fill = Callable[[Array, Array], Array]
_RADIUS = 3  # pixels, of OpenCV's fills
# An interpolated pixel is known if this much of what it is interpolated from is.
_KNOWN = 0.99


@dataclass(frozen=True)
class Baseline:
    """A fill in this process.

    Attributes:
        name: see `Method`.
        fill: (plate t h w 3 uint8, holes t h w bool) → t h w 3 uint8.
    """

    name: str
    fill: Fill

    @property
    def identity(self) -> str:
        """The code that computes."""
        return code_of([Path(__file__)])

    def run(self, case: Case, on_progress: OnProgress) -> Answer:
        """See `Method`."""
        began = time.monotonic()
        frames = self.fill(case.plate, case.holes)
        return Answer(frames, time.monotonic() - began)


def frame_copy(plate: Array, holes: Array) -> Array:
    """Each hidden pixel from the frame nearest in time that shows its place, the earlier of two; else Telea's fill."""
    count = len(plate)
    out = plate.copy()
    for t in range(count):
        missing = holes[t].copy()
        for other in sorted(range(count), key=lambda k: (abs(k - t), k)):
            if not missing.any():
                break
            shown = missing & ~holes[other]
            out[t][shown] = plate[other][shown]
            missing &= ~shown
        out[t] = _inpainted_frame(out[t], missing, cv2.INPAINT_TELEA)
    return out


def telea(plate: Array, holes: Array) -> Array:
    """Fast marching (Telea, 2004), frame by frame."""
    return _inpainted(plate, holes, cv2.INPAINT_TELEA)


def navier_stokes(plate: Array, holes: Array) -> Array:
    """Isophotes continued by a fluid's equations (Bertalmio et al., 2001), frame by frame."""
    return _inpainted(plate, holes, cv2.INPAINT_NS)


def dis_propagation(plate: Array, holes: Array) -> Array:
    """Pixels carried along optical flow from neighbour to neighbour, both ways; nothing asks whether they fit.

    DIS flow (medium), inside the holes completed by an affine motion and push-pull. The two ways are blended
    by the number of frames that a pixel has come; what neither reaches is filled by Telea's method.
    """
    estimate = FlowEstimator("medium")
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in plate]
    later = [complete_flow(estimate(a, b), hole) for (a, b), hole in zip(pairwise(grey), holes, strict=False)]
    sooner = [
        complete_flow(estimate(b, a), hole) for (a, b), hole in zip(pairwise(grey), holes[1:], strict=True)
    ]
    order = range(len(plate))
    past, past_age = _carried(plate, holes, list(order), lambda t: sooner[t - 1])
    future, future_age = _carried(plate, holes, list(reversed(order)), lambda t: later[t])
    out = plate.copy()
    for t in order:
        weights = [
            np.where(np.isfinite(age), 1 / np.maximum(age, 1), 0) for age in (past_age[t], future_age[t])
        ]
        total = weights[0] + weights[1]
        blend = weights[0][..., None] * past[t] + weights[1][..., None] * future[t]
        blend = np.rint(blend / np.maximum(total, 1e-9)[..., None]).clip(0, 255).astype(np.uint8)
        reached = holes[t] & (total > 0)
        out[t][reached] = blend[reached]
        out[t] = _inpainted_frame(out[t], holes[t] & ~reached, cv2.INPAINT_TELEA)
    return out


BASELINES = (
    Baseline("copy", frame_copy),
    Baseline("telea", telea),
    Baseline("ns", navier_stokes),
    Baseline("dis", dis_propagation),
)


def _inpainted(plate: Array, holes: Array, how: int) -> Array:
    return np.stack([_inpainted_frame(*both, how) for both in zip(plate, holes, strict=True)])


def _inpainted_frame(frame: Array, hole: Array, how: int) -> Array:
    return cv2.inpaint(frame, hole.astype(np.uint8), _RADIUS, how)


def _carried(
    plate: Array, holes: Array, order: list[int], flow_to: Callable[[int], Array]
) -> tuple[list[Array], list[Array]]:
    """Frames filled in this order, each from the one before it in it.

    Args:
        flow_to: of a frame, its flow to the one before it in `order`.

    Returns:
        By frame: h w 3 float32, and h w float32: how many frames each pixel has come, infinite where none has.
    """
    count, height, width = holes.shape
    here = grid(height, width)
    pictures: list[Array] = [np.empty(0)] * count
    ages: list[Array] = [np.empty(0)] * count
    before: int | None = None
    for t in order:
        picture = plate[t].astype(np.float32)
        age = np.where(holes[t], np.inf, 0).astype(np.float32)
        if before is not None and holes[t].any():
            places = here + flow_to(t)
            known = sample(np.isfinite(ages[before]).astype(np.float32), places) > _KNOWN
            shown = holes[t] & known & inside(places, height, width)
            picture[shown] = sample(pictures[before], places)[shown]
            travelled = sample(np.where(np.isfinite(ages[before]), ages[before], 0), places)
            age[shown] = travelled[shown] + 1
        pictures[t], ages[t] = picture, age
        before = t
    return pictures, ages
