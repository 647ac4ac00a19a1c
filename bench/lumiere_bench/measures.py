"""All measures of one result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from lumiere_engine.motion.parallel import in_order

from .cases import Case
from .fidelity import edge_step, psnr, ssim, ssim_inside
from .likeness import patch_distance
from .methods import Array
from .stability import TrueMotion, true_motion, warp_errors, warp_ratio, worst_flicker

# Enough digits to compare, few enough to be alike on another machine.
_DIGITS = 4


@dataclass(frozen=True)
class Measures:
    """How good a result is.

    Of the composite, the truth with the result in its holes, over the frames that have a hole:

    Attributes:
        psnr_db, ssim: of whole frames, mean over the frames; SSIM with a window of 65, see `fidelity.ssim`.
        hole_psnr_db: of the holes' pixels of all frames together.
        hole_ssim: mean over a frame's hole, then over the frames; window 11, see `fidelity.ssim_inside`.
        patch_distance: see `likeness.patch_distance`; mean over the frames.
        warp_ratio: warp error in the holes along the truth's flow over the truth's own, see `stability`.
        worst_flicker: the worst pair of frames over the median, see `stability`.
        seam_step: mean step across the holes' edge less the truth's own, codes of 255: above 0 the edge shows,
            below 0 it is softer than it should be.
        outside_changed: share of the pixels outside the holes that the method changed, 0..1.
    """

    psnr_db: float
    ssim: float
    hole_psnr_db: float
    hole_ssim: float
    patch_distance: float
    warp_ratio: float | None
    worst_flicker: float | None
    seam_step: float
    outside_changed: float

    def to_wire(self) -> dict[str, float | None]:
        """By name, rounded."""
        return {
            name: None if value is None else round(value, _DIGITS) for name, value in asdict(self).items()
        }


class Judge:
    """Measures results of one case; what they share is computed once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._shown = [t for t in range(len(case.holes)) if case.holes[t].any()]

    @cached_property
    def _motion(self) -> TrueMotion:
        return true_motion(self._case.truth)

    @cached_property
    def _true_errors(self) -> Array:
        return warp_errors(self._case.truth, self._case.holes, self._motion)

    @cached_property
    def _true_step(self) -> float:
        return self._step(self._case.truth)

    def composite(self, frames: Array) -> Array:
        """The truth with a result (t h w 3 uint8) in its holes."""
        return np.where(self._case.holes[..., None], frames, self._case.truth)

    def measure(self, frames: Array) -> Measures:
        """Everything about a result, t h w 3 uint8."""
        case, whole = self._case, self.composite(frames)
        truth, holes = case.truth, case.holes
        by_frame = np.array(list(in_order(lambda t: self._of_frame(whole, t), self._shown)))
        psnr_db, ssim_, hole_ssim, distance = (float(mean) for mean in by_frame.mean(0))
        errors = warp_errors(whole, holes, self._motion)
        return Measures(
            psnr_db=psnr_db,
            ssim=ssim_,
            hole_psnr_db=psnr(whole[holes], truth[holes]),
            hole_ssim=hole_ssim,
            patch_distance=distance,
            warp_ratio=warp_ratio(errors, self._true_errors),
            worst_flicker=worst_flicker(errors, self._true_errors),
            seam_step=self._step(whole) - self._true_step,
            outside_changed=float((frames != case.plate).any(-1)[~holes].mean()),
        )

    def _of_frame(self, whole: Array, t: int) -> tuple[float, float, float, float]:
        """PSNR, SSIM, SSIM inside the hole, patch distance."""
        mine, true, hole = whole[t], self._case.truth[t], self._case.holes[t]
        return (
            psnr(mine, true),
            ssim(mine, true),
            ssim_inside(mine, true, hole),
            patch_distance(mine, true, hole),
        )

    def _step(self, frames: Array) -> float:
        steps = [edge_step(frames[t], self._case.holes[t]) for t in self._shown]
        return sum(total for total, _ in steps) / max(1, sum(count for _, count in steps))
