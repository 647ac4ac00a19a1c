"""How a still region should move: arrows, anchors and a speed, or a preset's name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Optional

from .errors import SpecError
from .wire import decode, labelled

HINTS_LABEL = "MotionHints.1"
PRESETS = ("water", "smoke", "clouds", "flag", "flame")
_MOST_HINTS = 1000


@dataclass(frozen=True)
class Arrow:
    """Where the picture moves, and how far in a second.

    Attributes:
        x, y: its tail, pixels of the plate.
        dx, dy: from tail to head, pixels of the plate per second.
    """

    x: float
    y: float
    dx: float
    dy: float


@dataclass(frozen=True)
class Anchor:
    """A place that stands still.

    Attributes:
        x, y: pixels of the plate.
    """

    x: float
    y: float


@labelled(HINTS_LABEL)
@dataclass(frozen=True)
class MotionHints:
    """What becomes one smooth field of motion.

    Attributes:
        arrows: what moves.
        anchors: what stands still.
        speed: factor on the length of all arrows, above 0 and up to 10.
        preset: a way to move that needs no arrows: "water", "smoke", "clouds", "flag" or "flame"; arrows bend it.
    """

    arrows: tuple[Arrow, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    speed: float = 1.0
    preset: Optional[str] = None

    def __post_init__(self) -> None:
        if self.preset is not None and self.preset not in PRESETS:
            raise SpecError(
                f"'{self.preset}' is no preset of motion", remedy=f"choose from {', '.join(PRESETS)}"
            )
        if not self.arrows and self.preset is None:
            raise SpecError("the motion hints have no arrow", remedy="draw at least one, or name a preset")
        if len(self.arrows) + len(self.anchors) > _MOST_HINTS:
            raise SpecError(f"more than {_MOST_HINTS} arrows and anchors")
        if not 0 < self.speed <= 10:
            raise SpecError(f"a speed of {self.speed} is out of range", remedy="choose above 0 and up to 10")
        if self.preset is None and all(math.hypot(a.dx, a.dy) == 0 for a in self.arrows):
            raise SpecError("all arrows have the length 0", remedy="draw at least one that points somewhere")

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> "MotionHints":
        """What a hints file holds.

        Raises:
            UnknownVersionError: another label.
            SpecError: it makes no sense.
        """
        return decode(cls, data)
