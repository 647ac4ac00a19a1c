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
        sample_steps: noise levels that imagining goes through; with 0 the network is not asked at all, and what no
            frame shows has the smooth fill's colours and the texture of its surroundings.
        textures: frames of a shot that are given texture by example; the others take it from them.
    """

    analysis_pixels: int
    borrow: BorrowParams
    fit_steps: int
    sample_steps: int
    textures: int


EFFORTS = {
    "draft": Effort(256 * 144, BorrowParams(search=40, trace=12, enough=2, key_every=8), 0, 0, 2),
    "standard": Effort(640 * 360, BorrowParams(), 48, 2, 8),
    # Learning for longer than standard does, and more textures, made results worse (docs/benchmarks.md).
    "best": Effort(960 * 540, BorrowParams(search=90, trace=32, enough=4), 48, 2, 8),
}
