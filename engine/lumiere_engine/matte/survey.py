"""One look at a whole matte before anything is computed: is there anything in it, and where."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..protocol.errors import MatteError
from .source import MatteSource, core


@dataclass(frozen=True)
class MatteFrame:
    """Where the core of one frame of a matte is.

    Attributes:
        left, top, right, bottom: the box around it, right and bottom exclusive; all 0 if it is empty.
        area_px: how many pixels it has.
    """

    left: int
    top: int
    right: int
    bottom: int
    area_px: int

    @property
    def empty(self) -> bool:
        """Whether nothing is to be generated in this frame."""
        return self.area_px == 0


@dataclass(frozen=True)
class MatteSurvey:
    """A whole matte at a glance.

    Attributes:
        width, height: the plate's size.
        frames: per frame.
    """

    width: int
    height: int
    frames: tuple[MatteFrame, ...]

    @property
    def empty_frames(self) -> int:
        """How many frames have nothing to generate."""
        return sum(frame.empty for frame in self.frames)

    @property
    def full_frames(self) -> int:
        """How many frames are generated altogether."""
        return sum(frame.area_px == self.width * self.height for frame in self.frames)

    @property
    def coverage(self) -> float:
        """The part of all pixels that is generated, 0…1."""
        total = self.width * self.height * len(self.frames)
        return sum(frame.area_px for frame in self.frames) / total if total else 0.0


def survey(matte: MatteSource) -> MatteSurvey:
    """Measure every frame's core, without judging it.

    Raises:
        UnreadableMediaError: a frame cannot be decoded.
    """
    frames: list[MatteFrame] = []
    for index in range(matte.frame_count):
        mask = core(matte.read(index)).view(np.uint8)
        left, top, width, height = cv2.boundingRect(mask)
        frames.append(MatteFrame(left, top, left + width, top + height, int(cv2.countNonZero(mask))))
    return MatteSurvey(matte.width, matte.height, tuple(frames))


def check_matte(matte: MatteSource, *, allow_full: bool = False, clip: str | None = None) -> MatteSurvey:
    """Measure a matte and refuse one that cannot be meant.

    Args:
        matte: at the plate's size.
        allow_full: an effect that may replace every pixel (stylize) passes True.
        clip: the matte's name, for the error.

    Raises:
        MatteError: no pixel of any frame is in it, or every pixel of every frame is.
    """
    found = survey(matte)
    refuse_unmeant(
        empty=found.empty_frames == len(found.frames),
        full=not allow_full and found.full_frames == len(found.frames),
        clip=clip,
    )
    return found


def refuse_unmeant(*, empty: bool, full: bool, clip: str | None = None) -> None:
    """Refuse a matte that cannot be meant.

    Raises:
        MatteError: it is empty, or full.
    """
    if empty:
        raise MatteError(
            "the matte is empty: nothing is white in any frame",
            clip=clip,
            remedy="white is what is generated, black is kept",
        )
    if full:
        raise MatteError(
            "the matte is full: every pixel of every frame is white, and nothing of the plate is left",
            clip=clip,
            remedy="white is what is generated, black is kept; is it inverted",
        )
