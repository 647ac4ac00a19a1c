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
        fit_steps: optimiser steps of learning the shot; with 0 the prior imagines as it is.
        sample_steps: noise levels that imagining goes through.
    """

    analysis_pixels: int
    borrow: BorrowParams
    fit_steps: int
    sample_steps: int


EFFORTS = {
    "draft": Effort(320 * 180, BorrowParams(search=40, trace=12, enough=2), 0, 1),
    "standard": Effort(640 * 360, BorrowParams(), 48, 2),
    "best": Effort(960 * 540, BorrowParams(search=90, trace=32, enough=4, worthwhile=0.01), 600, 4),
}
