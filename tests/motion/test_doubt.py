"""Doubt: what strays from where the camera's motion leads has moved by itself, unless it only lies at another depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from lumiere_engine.motion.align import Aligned, Window
from lumiere_engine.motion.chain import HomographyChain
from lumiere_engine.motion.doubt import doubted
from lumiere_engine.motion.flow import grid

HEIGHT, WIDTH = 60, 120


@dataclass(frozen=True)
class Travelling:
    """Two frames; the camera leads `led` pixels to the right, and the hole goes along: nothing is uncovered."""

    led: float

    @property
    def chain(self) -> HomographyChain:
        return HomographyChain([np.array([[1, 0, self.led], [0, 1, 0], [0, 0, 1.0]])])

    def hole(self, frame: int) -> np.ndarray:
        hole = np.zeros((HEIGHT, WIDTH), bool)
        left = 20 + int(frame * self.led)
        hole[20:40, left : left + 30] = True
        return hole


def error_of(shot: Travelling, strayed: float) -> float:
    """Of a candidate that promised 1.0, found `strayed` pixels beside where the camera leads; inside the hole."""
    window = Window(20, 20, 20, 30)
    places = grid(20, 30, 20, 20) + np.float32((shot.led + strayed, 0))
    ones = np.ones((20, 30), np.float32)
    lent = Aligned(
        picture=np.zeros((20, 30, 3), np.float32),
        places=places,
        usable=ones > 0,
        error=ones,
        doubt=0 * ones,
        gain=np.ones(3, np.float32),
        offset=np.zeros((20, 30, 3), np.float32),
    )
    ((_, found),) = doubted(shot, 0, window, [(1, lent)], [1])
    return float(np.median(found.error))


@pytest.mark.parametrize(
    ("led", "strayed", "doubtful"),
    [(0, 0, False), (0, 6, True), (40, 6, False), (40, -10, False), (40, 30, True), (4, 6, True)],
)
def test_what_moves_by_itself_is_doubted_and_parallax_is_not(
    led: float, strayed: float, doubtful: bool
) -> None:
    assert (error_of(Travelling(led), strayed) > 1.2) == doubtful


def test_the_farther_it_strays_the_less_is_promised_up_to_a_limit() -> None:
    errors = [error_of(Travelling(0), strayed) for strayed in (0, 2, 5, 10, 40)]
    assert errors[:4] == sorted(set(errors[:4])) and errors[4] == errors[3]
