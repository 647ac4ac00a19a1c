"""The shot as the still's camera sees it: every frame laid over the still, its exposure that of the still."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from ...frames.convert import to_rgb
from ...frames.prefetch import prefetch
from ...motion.align import Window
from ...motion.flow import channel_mean
from ...motion.loops.alive import still_parts_out
from ...motion.loops.standing import (
    Exposure,
    at_plate_size,
    lay_over,
    likeness_around,
    match_exposure,
    stands_still,
    steadied,
)
from ...motion.parallel import in_order
from ...protocol.errors import SpecError
from ...protocol.ranges import FrameRange
from ..packing import pack, unpack
from ..shot import AnalysedShots
from ..workspace import Workspace
from .scene import Scene

Array = np.ndarray

_AT_HAND = 32
_MARGIN = 8  # analysis pixels around the region, so that motion is measured across its edge
_COVERED = 0.98  # of the region that a frame must show
_LOOKS = 32  # frames that tell what stands still
_ALIVE = 0.005  # of the region; less is none
_FEW_S = 1.5  # seconds; of fewer frames no loop can be made
_THE_SAME = 0.6  # likeness of the surroundings from which a frame shows the still's place at all


def _seen_apart(one: Array, other: Array) -> Array:
    """Difference of two pictures without their noise, h w float32."""
    return cv2.GaussianBlur(channel_mean(np.abs(one - other)), (0, 0), 1.5)


class StandingShot:
    """All frames of a scene laid over its still. Frames are counted from 0 at the first of `scene.frames`.

    Attributes:
        still: the still's number.
        usable: the numbers of the frames that belong to the still's shot and show all of the region.
        tripod: whether the camera stood still: then no pixel is moved.
        notes: what the user should know.
        small_window: the part of the analysed pictures that `small` shows.
        region: where the region lies in it, h w bool.
    """

    def __init__(self, scene: Scene, workspace: Workspace, *, stabilise: bool) -> None:
        self.scene, self.still = scene, scene.still - scene.frames.start
        self.usable = FrameRange(0, scene.frames.duration)
        self.tripod = not stabilise
        self.notes: list[str] = []
        self._stabilise, self._lost = stabilise, False
        self._shots = AnalysedShots(workspace, scene.scale, scene.frames.duration)
        self._motion, self._crops = workspace.shelf("standing"), workspace.shelf("crops")
        self._matrices: dict[int, Array] = {}
        self._exposures: dict[int, Exposure] = {}
        self._alpha = scene.scale.shrink(scene.alpha)
        self.small_window = self._small_window()
        self.small = lru_cache(_AT_HAND)(self._small)
        self.region = self._alpha[self.small_window.slices] > 0

    def read(self) -> Iterator[int]:
        """Take in the frames at analysis size; yields after each one."""
        fmt = self.scene.plate.format
        nothing = np.zeros((fmt.height, fmt.width), bool)
        yield from self._shots.read(
            lambda first: ((rgb, nothing) for rgb in self.scene.read(first)), revisable=False
        )
        start, end = next(shot for shot in self._shots.shots if shot[0] <= self.still < shot[1])
        self.usable = FrameRange.between(start, end)

    def follow(self) -> Iterator[int]:
        """Lay every frame over the still, from it outwards as far as the region is seen; yields after each one.

        Raises:
            SpecError: the camera looks elsewhere in nearly all frames.
        """
        shot = self.usable
        ends = [shot.start - 1, shot.end_exclusive]
        # both ways at once: each frame needs the one before it on its way as a guess
        ways = [iter(range(self.still, ends[0], -1)), iter(range(self.still, ends[1]))]
        guesses, going, done = [np.eye(3), np.eye(3)], [0, 1], 0
        while going:
            steps = [(way, frame) for way in going for frame in itertools.islice(ways[way], 1)]
            going = [way for way, _ in steps]
            laid = in_order(lambda step: self._laid(step[1], guesses[step[0]]), steps)
            for (way, frame), matrix in zip(steps, list(laid), strict=True):
                done += 1
                if self._covered(matrix) < _COVERED:
                    ends[way] = frame
                    going.remove(way)
                    continue
                self._matrices[frame] = guesses[way] = matrix
                yield done
        self.usable = FrameRange.between(ends[0] + 1, ends[1])
        self._matrices = {frame: self._matrices[frame] for frame in self.usable}
        if self.usable.duration < self._few(shot):
            self.notes.append(
                f"the camera shows all of the region in {self.usable.duration} frames alone: it is not stabilised"
            )
            self.usable, self._stabilise, self._lost = self._staying(shot), False, True
        self.tripod = not self._stabilise or stands_still(self._matrices, self._alpha > 0)
        if self.tripod:
            self._matrices = dict.fromkeys(self.usable, np.eye(3))
        else:
            self._matrices = steadied(self._matrices, self._alpha > 0)
        self._measure_exposure()

    def _few(self, shot: FrameRange) -> float:
        """Frames of which no loop can be made."""
        return min(_FEW_S * float(self.scene.plate.format.rate), shot.duration)

    def _staying(self, shot: FrameRange) -> FrameRange:
        """The frames around the still that show its place, though it cannot be told where exactly.

        Raises:
            SpecError: too few do.
        """
        still, region = cv2.cvtColor(self._shots.picture(self.still), cv2.COLOR_RGB2GRAY), self._alpha > 0

        def elsewhere(frame: int) -> bool:
            other = cv2.cvtColor(self._shots.picture(frame), cv2.COLOR_RGB2GRAY)
            return likeness_around(still, other, region) < _THE_SAME

        before, after = range(self.still, shot.start - 1, -1), range(self.still, shot.end_exclusive)
        first = next((frame + 1 for frame in before if elsewhere(frame)), shot.start)
        last = next((frame for frame in after if elsewhere(frame)), shot.end_exclusive)
        if last - first < min(self._few(shot), shot.duration // 2):
            raise SpecError(
                f"the camera looks elsewhere in all but {last - first} frames",
                clip=str(self.scene.plate.path),
                frame=self.scene.still,
                remedy="choose a still (--still) around which the camera rests",
            )
        return FrameRange.between(first, last)

    def _laid(self, frame: int, guess: Array) -> Array:
        """The homography from the still to a frame, at analysis size."""
        if not self._stabilise or frame == self.still:
            return np.eye(3)
        if not self._motion.has(frame):
            still, other = (
                cv2.cvtColor(self._shots.picture(f), cv2.COLOR_RGB2GRAY) for f in (self.still, frame)
            )
            self._motion.put(frame, matrix=lay_over(still, other, self._alpha > 0, guess))
        return self._motion.get(frame)["matrix"]

    def _covered(self, matrix: Array) -> float:
        """The share of the region that a frame shows."""
        scale = self.scene.scale
        size = (scale.small_width, scale.small_height)
        seen = cv2.warpPerspective(
            np.ones((size[1], size[0]), np.uint8),
            matrix,
            size,
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        )
        return float(seen[self._alpha > 0].mean())

    def _measure_exposure(self) -> None:
        """What each frame lacks to the still's exposure, from what stands still around the region."""
        if self._lost:
            # other things stand around the region in each frame, and tell nothing of its light
            same = Exposure(np.ones(3, np.float32), np.zeros(3, np.float32))
            self._exposures = dict.fromkeys(self.usable, same)
            return
        outside = self._alpha == 0
        still = self._shots.picture(self.still).astype(np.float32)
        for frame in self.usable:
            here = self._over_still(frame).astype(np.float32)
            self._exposures[frame] = match_exposure(still, here, outside)

    def _over_still(self, frame: int) -> Array:
        """A frame at analysis size as the still's camera sees it, h w 3 uint8."""
        picture = self._shots.picture(frame)
        if self.tripod:
            return picture
        size = (picture.shape[1], picture.shape[0])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpPerspective(
            picture, self._matrices[frame], size, flags=how, borderMode=cv2.BORDER_REPLICATE
        )

    def _small(self, frame: int) -> Array:
        """A frame around the region at analysis size, exposure corrected, h w 3 float32, code values of 255."""
        part = self._over_still(frame)[self.small_window.slices]
        return self._exposures[frame].applied(part.astype(np.float32), 255)

    def freeze(self, frames: FrameRange) -> None:
        """Take out of the region what stands still in these frames: it shows the still, and can neither swim nor boil.

        Raises:
            SpecError: nothing moves in the region.
        """
        still = self._exposed(self.still)
        apart, steps = [], []
        for frame in np.unique(np.linspace(frames.start, frames.end_exclusive - 2, _LOOKS).astype(int)):
            here = self._exposed(int(frame))
            apart.append(_seen_apart(here, still))
            steps.append(_seen_apart(self._exposed(int(frame) + 1), here))
        # what passes once is alive as well
        moves, step = np.percentile(np.stack(apart), 90, axis=0), np.mean(steps, axis=0)
        live = still_parts_out(moves.astype(np.float32), step, self._alpha)
        if float(live[self._alpha > 0].mean()) < _ALIVE:
            raise SpecError(
                "nothing moves in the region",
                clip=str(self.scene.plate.path),
                frame=self.scene.still,
                remedy="paint what moves, say --no-freeze, or give it motion with --hints",
            )
        scale = self.scene.scale
        fine = cv2.resize(live, (scale.width, scale.height), interpolation=cv2.INTER_LINEAR)
        # less than a bit of the still would change nothing but bits
        self.scene = replace(self.scene, alpha=self.scene.alpha * np.where(fine < 1 / 64, 0, fine))

    def _exposed(self, frame: int) -> Array:
        """A whole frame at analysis size, over the still and as bright; h w 3 float32, code values of 255."""
        return self._exposures[frame].applied(self._over_still(frame).astype(np.float32), 255)

    def keep_crops(self, frames: FrameRange) -> Iterator[int]:
        """Keep the region of these frames at the plate's size on disk; yields after each one."""
        missing = [frame for frame in frames if not self._crops.has(frame)]
        yield frames.duration - len(missing)
        if not missing:
            return
        wanted = FrameRange.between(missing[0], missing[-1] + 1)
        source = self.scene.plate.iter(wanted.shifted(self.scene.frames.start))
        for frame, picture in zip(wanted, prefetch(source), strict=True):
            if not self._crops.has(frame):
                rgb = self._crop(frame, to_rgb(picture, self.scene.plate.format))
                self._crops.put(frame, rgb=rgb if self.scene.plate.format.layout.floating else pack(rgb))
            yield frame - frames.start + 1

    def crop(self, frame: int) -> Array:
        """The region's window of a frame, as the still's camera sees it; working values, h w 3 float32."""
        return unpack(self._crops.get(frame)["rgb"])

    def _crop(self, frame: int, rgb: Array) -> Array:
        window = self.scene.window
        if self.tripod:
            part = rgb[window.slices]
        else:
            matrix = at_plate_size(self._matrices[frame], self.scene.scale.factors)
            corner = np.array([[1, 0, window.x], [0, 1, window.y], [0, 0, 1]], np.float64)
            part = cv2.warpPerspective(
                rgb,
                matrix @ corner,
                (window.width, window.height),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        return self._exposures[frame].applied(part, 1)

    def at_plate_size(self, field: Array) -> Array:
        """A field over `small_window` (h w or h w c, float32) over the scene's window; values are kept."""
        window, (across, down) = self.scene.window, self.scene.scale.factors
        # centres of pixels lie at whole numbers in both
        left = (window.x + 0.5) / across - 0.5 - self.small_window.x
        top = (window.y + 0.5) / down - 0.5 - self.small_window.y
        places = np.array([[1 / across, 0, left], [0, 1 / down, top]])
        return cv2.warpAffine(
            field,
            places,
            (window.width, window.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _small_window(self) -> Window:
        alpha = self._alpha
        x, y, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
        left, top = max(0, x - _MARGIN), max(0, y - _MARGIN)
        right, bottom = min(alpha.shape[1], x + width + _MARGIN), min(alpha.shape[0], y + height + _MARGIN)
        return Window(top, left, bottom - top, right - left)
