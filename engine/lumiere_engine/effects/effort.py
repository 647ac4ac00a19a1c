"""What draft, standard and best mean: how large motion is measured, how far is searched, how long is learned."""

from __future__ import annotations

from dataclasses import dataclass

from ..motion.borrow import BorrowParams


@dataclass(frozen=True)
class Effort:
    """The price of a quality.

    Attributes:
        analysis_pixels: most pixels of a frame at which motion is measured and holes are completed.
        borrow: how hard to look for real pixels.
        fit_steps: optimiser steps of learning the shot.
    """

    analysis_pixels: int
    borrow: BorrowParams
    fit_steps: int


EFFORTS = {
    "draft": Effort(320 * 180, BorrowParams(search=40, trace=12, enough=2), 40),
    "standard": Effort(640 * 360, BorrowParams(), 64),
    "best": Effort(960 * 540, BorrowParams(search=90, trace=32, enough=4, worthwhile=0.01), 600),
}
