"""From a plan to the region's pixels: loops blended and laid beside each other, their edge joined to the still."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ...motion.loops.closing import Motion, blend
from ...motion.loops.courses import Step
from ...motion.parallel import in_order
from ...protocol.ranges import FrameRange
from ..grain import frozen_grain, measure_grain
from ..packing import pack, unpack
from ..workspace import Workspace
from .joining import Joins
from .plan import Plan
from .standing import StandingShot

Array = np.ndarray

_SEEN = 0.01  # a loop that shows less than this in a pixel is not computed there


StillGrain = Callable[[Array], Array]


def grain_choice(rgb: Array, grain: str, seed: int) -> StillGrain:
    """What is done to the grain of each frame's region: nothing, or it gets that of the still, once for all frames.

    Args:
        rgb: the still, working values, h w 3.
        grain: "alive" or "frozen".
        seed: of the grain.
    """
    found = measure_grain(rgb) if grain == "frozen" else None
    if found is None:
        return lambda region: region
    return lambda region: frozen_grain(region, found, seed)


class LoopRenderer:
    """Renders the region of each frame of a loop once; results are kept on disk.

    Args:
        shot: where the pixels come from.
        plan: which of them.
        workspace: where frames are kept.
        still_grain: freezes the grain, or does nothing.
        change: what is added to a frame of the loop, h w 3 over the shot's `small_window`, working values, or None.

    Attributes:
        length: frames of the loop.
        scene: the still and its region.
    """

    def __init__(
        self,
        shot: StandingShot,
        plan: Plan,
        workspace: Workspace,
        still_grain: StillGrain,
        change: Callable[[int], Array | None] | None = None,
    ) -> None:
        self._shot, self._plan, self._change = shot, plan, change
        self.length, self.scene = plan.length, shot.scene
        self._frames = workspace.shelf("loop")
        self._shares = [shot.at_plate_size(share) for share in plan.shares]
        self._still_grain = still_grain
        self._joins = Joins(shot.scene, workspace, plan.length)

    def render(self) -> Iterator[tuple[int, int]]:
        """Make all frames; yields how many steps are done, and of how many."""
        wanted = FrameRange.between(self._plan.first, self._plan.last + 1)
        total = wanted.duration + self._plan.length
        for done in self._shot.keep_crops(wanted):
            yield done, total
        missing = [number for number in range(self._plan.length) if not self._frames.has(number)]
        done = total - len(missing)
        floating = self._shot.scene.plate.format.layout.floating
        for number, rgb in zip(missing, in_order(self._changed, missing), strict=True):
            self._joins.measure(number, rgb)
            rgb = self._still_grain(rgb)
            self._frames.put(number, rgb=rgb if floating else pack(rgb))
            done += 1
            yield done, total

    def region(self, number: int) -> Array:
        """The region's window in frame `number` of the loop, working values h w 3 float32."""
        return unpack(self._frames.get(number)["rgb"]) + self._joins.of(number)

    def _changed(self, number: int) -> Array:
        composed = self._composed(number)
        change = None if self._change is None else self._change(number)
        return composed if change is None else composed + self._shot.at_plate_size(change)

    def _composed(self, number: int) -> Array:
        """All courses of a frame, each where it shows."""
        total: Array | None = None
        for course, share in zip(self._plan.courses, self._shares, strict=True):
            if len(self._shares) == 1:
                return self._shown(course[number])
            if float(share.max()) < _SEEN:
                continue
            part = self._shown(course[number]) * share[..., None]
            total = part if total is None else total + part
        assert total is not None
        return total

    def _shown(self, step: Step) -> Array:
        """What a step shows, h w 3 float32."""
        first = self._shot.crop(step.first)
        if not step.share:
            return first
        motion = None
        if self._plan.along_motion:
            small = [self._bytes(frame) for frame in (step.first, step.second)]
            found = Motion.between(*small)
            across, down = self._shot.scene.scale.factors
            motion = Motion(self._shot.at_plate_size(found.flow) * np.array([across, down], np.float32))
        return blend(first, self._shot.crop(step.second), step.share, motion)

    def _bytes(self, frame: int) -> Array:
        return np.clip(np.rint(self._shot.small(frame)), 0, 255).astype(np.uint8)
