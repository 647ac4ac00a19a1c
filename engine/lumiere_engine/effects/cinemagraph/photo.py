"""A photograph's region set in motion: a steady field carries its texture around an endless loop.

In frame t of N every pixel shows a mixture of what came to it in t frames, and of what it will give back N - t frames
later: at t = 0 and t = N that is the picture itself, so that the loop has no seam (the symmetric splatting of Holynski
et al., 2021). Since the field is steady, where a pixel's content comes from is found by going against it: each pixel is
looked up once, and nothing opens that would have to be filled.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from ...motion.flow import grid
from ...motion.loops.closing import blend
from ...motion.loops.field import carried, motion_field
from ...motion.parallel import in_order
from ...protocol.errors import SpecError
from ...protocol.params import CinemagraphParams
from ..packing import pack, unpack
from ..workspace import Workspace
from .scene import Scene

Array = np.ndarray

_LOOP_S = 3.0
_STANDS = 3.0  # feathers from the region's edge over which motion sets in: nothing slides under the edge
_LEAST_PX = 0.5  # in a whole loop; less is no motion


class PhotoRenderer:
    """Renders each frame of a photograph's loop; results are kept on disk.

    Args:
        scene: the still and its region.
        params: with hints.
        seed: of a preset's whirls.
        workspace: where frames are kept.

    Raises:
        SpecError: the hints leave the region standing.

    Attributes:
        length: frames of the loop.
        scene: the still and its region.
    """

    def __init__(self, scene: Scene, params: CinemagraphParams, seed: int, workspace: Workspace) -> None:
        assert params.hints is not None
        rate = float(scene.plate.format.rate)
        self.length = params.period or round(_LOOP_S * rate)
        self.scene = scene
        self._picture = scene.rgb[scene.window.slices]
        self._frames = workspace.shelf("loop")
        scale = scene.scale
        field = motion_field(
            params.hints, scale.small_height, scale.small_width, 1 / scale.factors[0], rate, seed
        )
        inside = scale.shrink((scene.alpha > 0).astype(np.float32)) > 0.5
        distance = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        onset = np.clip(distance / max(1.0, _STANDS * scale.small_height / 60), 0, 1)
        field = field * (onset * onset * (3 - 2 * onset))[..., None].astype(np.float32)
        if float(np.abs(field).max()) * self.length < _LEAST_PX:
            raise SpecError(
                "the hints move nothing in the region",
                clip=str(scene.plate.path),
                frame=scene.still,
                remedy="draw an arrow inside the region, or a longer one",
            )
        self._field = field

    def render(self) -> Iterator[tuple[int, int]]:
        """Make all frames; yields how many are done, and of how many."""
        missing = [number for number in range(self.length) if not self._frames.has(number)]
        done = self.length - len(missing)
        floating = self.scene.plate.format.layout.floating
        for number, rgb in zip(missing, in_order(self._frame, missing), strict=True):
            self._frames.put(number, rgb=rgb if floating else pack(rgb))
            done += 1
            yield done, self.length

    def region(self, number: int) -> Array:
        """The region's window in frame `number` of the loop, working values h w 3 float32."""
        return unpack(self._frames.get(number)["rgb"])

    def _frame(self, number: int) -> Array:
        if number == 0:
            return self._picture
        came, will_come = (self._carried(steps) for steps in (-number, self.length - number))
        share = number / self.length
        return blend(came, will_come, share * share * (3 - 2 * share), None)

    def _carried(self, steps: int) -> Array:
        """The picture with each pixel's content from where the field has it `steps` frames later."""
        scale, window = self.scene.scale, self.scene.window
        moved = carried(self._field, steps) * np.array(scale.factors, np.float32)
        whole = cv2.resize(moved, (scale.width, scale.height), interpolation=cv2.INTER_LINEAR)
        places = grid(window.height, window.width) + whole[window.slices]
        # what is sharper in the first frame, which nothing moved, than in the next is seen as a seam
        return cv2.remap(self._picture, places, None, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
