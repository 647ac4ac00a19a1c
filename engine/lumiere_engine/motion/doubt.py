"""Doubt in what was found behind a hole where nothing but a motion of its own could have uncovered it.

What moves by itself in front of a camera that stands comes from beside the hole: the ring around the hole can be laid
over anything there, and its agreement says little about what is behind the hole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np

from .align import Aligned, Window
from .chain import HomographyChain, carry
from .flow import grid, inside, sample, widen

Array = np.ndarray

# What the error of a place that the camera's motion never uncovers grows by, for each pixel (up to the most) that it
# lies beside where that motion leads. Fitted to 33 cases with known truth.
_PER_STRAYED = 0.15
_FARTHEST_STRAYED = 10.0
# Of how far the camera's motion leads: things at another depth lie that far beside it, and have not moved. Before a
# camera that stands this is nothing.
_PARALLAX = 0.3
# Pixels from another frame's hole at which a place is beside it, however the camera's measured motion drifts.
_BESIDE = 1
_COARSE = 4  # every so manieth pixel is asked


class Uncovering(Protocol):
    """What is asked of a shot; see `borrow.ShotView`."""

    @property
    def chain(self) -> HomographyChain:
        """The camera's motion."""

    def hole(self, frame: int) -> Array:
        """H w bool."""


def doubted(
    shot: Uncovering, frame: int, window: Window, found: list[tuple[int, Aligned]], order: list[int]
) -> list[tuple[int, Aligned]]:
    """The candidates, their errors (code values of 255) grown where there is reason to doubt.

    Args:
        shot: holes and the camera's motion.
        frame: that borrows.
        window: around its hole, h w.
        found: candidates of it, each with the frame that lends.
        order: the frames that were to be tried.
    """
    if not found:
        return found
    here = grid(window.height, window.width, window.y, window.x)
    never = ~_uncovered(shot, frame, here, order)
    out = []
    for other, aligned in found:
        led = carry(shot.chain.between(frame, other), here)
        strayed = _length(aligned.places - led) - _PARALLAX * _length(led - here)
        far = np.clip(strayed, 0, _FARTHEST_STRAYED)
        error = aligned.error * (1 + _PER_STRAYED * far * never)
        out.append((other, replace(aligned, error=error.astype(np.float32))))
    return out


def _length(field: Array) -> Array:
    """h w, of h w 2."""
    return np.hypot(field[..., 0], field[..., 1])


def _uncovered(shot: Uncovering, frame: int, here: Array, order: list[int]) -> Array:
    """Which pixels (h w bool) of the places `here` (h w 2) another frame shows where the camera's motion leads."""
    height, width = here.shape[:2]
    coarse = here[::_COARSE, ::_COARSE]
    shown = np.zeros(coarse.shape[:2], bool)
    for other in order:
        hidden = widen(shot.hole(other), _BESIDE).astype(np.float32)
        places = carry(shot.chain.between(frame, other), coarse)
        shown |= inside(places, *hidden.shape) & (sample(hidden, places) < 0.5)
        if shown.all():
            break
    return cv2.resize(shown.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
