"""A photograph's region set in motion: a steady field carries its texture around an endless loop.

In frame t of N every pixel shows a mixture of what came to it in t frames, and of what it will give back N - t frames
later: at t = 0 and t = N that is the picture itself, so that the loop has no seam (the symmetric splatting of Holynski
et al., 2021). Since the field is steady, where a pixel's content comes from is found by going against it: each pixel is
looked up once, and no holes open. What came from beyond the region or the picture's border, where there is nothing, or
is smeared, gives way to the other of the two. Where a loop is so long or a motion so fast that both do, it begins anew
within its length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from ...motion.flow import grid
from ...motion.loops.closing import blend
from ...motion.loops.field import carried, motion_field, reachable, trust, turns_of
from ...motion.parallel import in_order
from ...protocol.errors import SpecError
from ...protocol.hints import Anchor, Arrow, MotionHints
from ...protocol.params import CinemagraphParams
from ..packing import pack, unpack
from ..workspace import Workspace
from .joining import Joins
from .scene import Scene

Array = np.ndarray

_LOOP_S = 3.0
_RAMP = 0.06  # of the picture's height, over which what comes from its border is believed
_SLACK = 0.015  # see `Joins`; a steady field brings other light to the edge and leaves it there
_MOST_JOIN = 0.06  # of white; a larger difference is another thing, not another light, and would glow
_JOINED = 3.0  # frames from the still in which its edge begins to be joined
_MOST_DIAGONALS = 4  # of the picture, that an arrow may be long: nobody sees a motion that fast
_LEAST_PX = 0.5  # in a whole loop; less is no motion


class PhotoRenderer:
    """Renders each frame of a photograph's loop; results are kept on disk.

    Args:
        scene: the still and its region.
        params: with hints.
        seed: of a preset's whirls.
        workspace: where frames are kept.

    Raises:
        SpecError: the hints lie outside of the picture, are wildly long, or leave the region standing.

    Attributes:
        length: frames of the loop.
        scene: the still and its region.
    """

    def __init__(self, scene: Scene, params: CinemagraphParams, seed: int, workspace: Workspace) -> None:
        assert params.hints is not None
        _refuse_astray(params.hints, scene)
        rate = float(scene.plate.format.rate)
        self.length = params.period or round(_LOOP_S * rate)
        self.scene = scene
        self._picture = scene.rgb[scene.window.slices]
        self._frames, self._joins = workspace.shelf("loop"), Joins(scene, workspace, self.length, _SLACK)
        scale = scene.scale
        field = motion_field(
            params.hints, scale.small_height, scale.small_width, 1 / scale.factors[0], rate, seed
        )
        inside = scale.shrink((scene.alpha > 0).astype(np.float32)) > 0.5
        if float(np.abs(field[inside]).max(initial=0)) * self.length < _LEAST_PX:
            raise SpecError(
                "the hints move nothing in the region",
                clip=str(scene.plate.path),
                frame=scene.still,
                remedy="draw an arrow inside the region, or a longer one",
            )
        self._reachable = reachable(inside, _RAMP * scale.small_height)
        self._turns = turns_of(field, self._reachable, self.length)
        self._field = field / np.float32(self._turns)

    def render(self) -> Iterator[tuple[int, int]]:
        """Make all frames; yields how many are done, and of how many."""
        missing = [number for number in range(self.length) if not self._frames.has(number)]
        done = self.length - len(missing)
        floating = self.scene.plate.format.layout.floating
        for number, rgb in zip(missing, in_order(self._frame, missing), strict=True):
            self._joins.measure(number, rgb)
            self._frames.put(number, rgb=rgb if floating else pack(rgb))
            done += 1
            yield done, self.length

    def region(self, number: int) -> Array:
        """The region's window in frame `number` of the loop, working values h w 3 float32."""
        # nothing is added to the still itself
        away = min(number, self.length - number) / _JOINED
        join = np.tanh(self._joins.of(number) / _MOST_JOIN) * np.float32(
            _MOST_JOIN * (1 - np.exp(-away * away))
        )
        return unpack(self._frames.get(number)["rgb"]) + join

    def _frame(self, number: int) -> Array:
        done = number * self._turns % self.length
        if done == 0:
            return self._picture
        came, will_come = (self._carried(steps) for steps in (-done, self.length - done))
        share = done / self.length
        share = share * share * (3 - 2 * share)
        one, other = (1 - share) * came[1], share * will_come[1]
        return blend(came[0], will_come[0], other / (one + other), None)

    def _carried(self, steps: int) -> tuple[Array, Array]:
        """The picture with each pixel's content from where the field has it `steps` frames later, and how good that is.

        h w 3 and h w.
        """
        scale, window = self.scene.scale, self.scene.window
        small = carried(self._field, steps)
        whole = self._whole(small * np.array(scale.factors, np.float32))
        places = grid(window.height, window.width) + whole[window.slices]
        # what is sharper in the first frame, which nothing moved, than in the next is seen as a seam
        shown = cv2.remap(self._picture, places, None, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101)
        return shown, self._whole(trust(small, self._reachable))[window.slices]

    def _whole(self, small: Array) -> Array:
        """At the plate's size."""
        scale = self.scene.scale
        return cv2.resize(small, (scale.width, scale.height), interpolation=cv2.INTER_LINEAR)


def _refuse_astray(hints: MotionHints, scene: Scene) -> None:
    """Refuse arrows and anchors that are not meant for this picture.

    Raises:
        SpecError: which, and why.
    """
    width, height = scene.scale.width, scene.scale.height
    places: tuple[Arrow | Anchor, ...] = (*hints.arrows, *hints.anchors)
    for one in places:
        if not (0 <= one.x <= width and 0 <= one.y <= height):
            kind = "arrow" if isinstance(one, Arrow) else "anchor"
            raise SpecError(
                f"an {kind} at ({one.x:g}, {one.y:g}) lies outside of the picture of {width}x{height}",
                clip=str(scene.plate.path),
                remedy="give places in pixels of the plate, from its upper left corner",
            )
    for arrow in hints.arrows:
        if math.hypot(arrow.dx, arrow.dy) > _MOST_DIAGONALS * math.hypot(width, height):
            raise SpecError(
                f"the arrow at ({arrow.x:g}, {arrow.y:g}) is {math.hypot(arrow.dx, arrow.dy):.0f} pixels long",
                clip=str(scene.plate.path),
                remedy="make it as long as the texture moves in a second",
            )
