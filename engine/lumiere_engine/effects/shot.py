"""The shot at analysis size, kept on disk: pictures, holes, flow, camera motion, cuts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ..motion.borrow import ShotView
from ..motion.chain import HomographyChain, neighbour_homography
from ..motion.cuts import find_shots, thumbnail
from ..motion.flow import SPOILT_RIM, FlowEstimator, complete_flow, widen
from ..motion.parallel import in_order
from ..motion.relay import key_frames
from .workspace import Workspace

Array = np.ndarray

# Flow is kept in 1/64 pixel: finer than it is ever right.
_FLOW_UNITS = 64.0
# Pictures and holes kept in memory, whatever the clip's length.
_AT_HAND = 48


@dataclass(frozen=True)
class Scale:
    """Between the plate's size and the size that motion is measured at.

    Attributes:
        width, height: of the plate.
        small_width, small_height: of the analysis.
    """

    width: int
    height: int
    small_width: int
    small_height: int

    @classmethod
    def within(cls, width: int, height: int, most_pixels: int) -> Scale:
        """The plate's own size, or the largest of its shape that has no more than `most_pixels`."""
        factor = min(1.0, (most_pixels / (width * height)) ** 0.5)
        return cls(width, height, max(16, round(width * factor)), max(16, round(height * factor)))

    @property
    def same(self) -> bool:
        """Whether both sizes are one."""
        return (self.width, self.height) == (self.small_width, self.small_height)

    @property
    def factors(self) -> tuple[float, float]:
        """Plate pixels per analysis pixel, in x and y."""
        return self.width / self.small_width, self.height / self.small_height

    def shrink(self, picture: Array) -> Array:
        """A plate-sized array at analysis size, by areas."""
        if self.same:
            return picture
        return cv2.resize(picture, (self.small_width, self.small_height), interpolation=cv2.INTER_AREA)


class AnalysedShots:
    """All frames of a job at analysis size; motion is measured once and kept.

    Frames are counted from 0 in the job. `shots` lists start and exclusive end of each shot.
    """

    def __init__(self, workspace: Workspace, scale: Scale, frame_count: int) -> None:
        self.scale = scale
        self.frame_count = frame_count
        self.shots: list[tuple[int, int]] = [(0, frame_count)]
        self._pictures = workspace.shelf("pictures")
        self._motion = workspace.shelf("motion")
        self._chains: list[HomographyChain] = []
        # Aligning asks for the same neighbours again and again.
        self.picture = lru_cache(_AT_HAND)(self._picture)
        self.hole = lru_cache(_AT_HAND)(self._hole)

    def read(
        self, frames: Callable[[int], Iterator[tuple[Array, Array]]], *, revisable: bool = True
    ) -> Iterator[int]:
        """Take in the frames; yields after each one.

        Args:
            frames: given the first frame that is still missing, yields plate-sized h w 3 float32 (0..1) and
                h w float32 (the alpha; the hole is where it is not 0) from there on.
            revisable: keep each frame's `digest`, which costs more than the rest of it.
        """
        first = 0
        while first < self.frame_count and self._pictures.has(first):
            first += 1
        for number, (rgb, alpha) in enumerate(frames(first), start=first):
            picture = np.clip(np.rint(self.scale.shrink(rgb) * 255), 0, 255).astype(np.uint8)
            covered = self.scale.shrink((alpha > 0).astype(np.float32)) > 0
            self._pictures.put(
                number,
                picture=picture,
                hole=np.packbits(covered),
                thumbnail=thumbnail(picture),
                **({"digest": _digest(rgb, alpha)} if revisable else {}),
            )
            yield number + 1
        self.shots = find_shots(
            [self._pictures.get(t, "thumbnail")["thumbnail"] for t in range(self.frame_count)]
        )

    def digest(self, frame: int) -> bytes:
        """Names plate and alpha of a frame at the plate's size: frames alike in it are the same."""
        return self._pictures.get(frame, "digest")["digest"].tobytes()

    @classmethod
    def kept(cls, workspace: Workspace, scale: Scale, frame_count: int) -> AnalysedShots | None:
        """Those that an earlier job read, its motion not looked at; None if they are not of this size and length."""
        shots = cls(workspace, scale, frame_count)
        read = [t for t in range(frame_count + 1) if shots._pictures.has(t)]
        if len(read) != frame_count or shots.picture(0).shape[:2] != (scale.small_height, scale.small_width):
            return None
        for _ in shots.read(lambda first: iter(())):
            pass
        return shots

    def adopt_motion(self, earlier: AnalysedShots, frame: int) -> None:
        """Take over the motion from `frame` to its neighbour, which must look as they did."""
        self._motion.adopt(earlier._motion, frame)

    def follow(self) -> Iterator[int]:
        """Measure the motion between neighbours; yields after each frame."""
        pairs = [t for start, end in self.shots for t in range(start, end - 1)]
        missing = [t for t in pairs if not self._motion.has(t)]
        for frame, motion in zip(missing, in_order(self._measure, missing), strict=True):
            self._motion.put(frame, **motion)
            yield frame + 1
        self._chains = [
            HomographyChain([self._motion.get(t, "homography")["homography"] for t in range(start, end - 1)])
            for start, end in self.shots
        ]
        yield self.frame_count

    def _measure(self, frame: int) -> dict[str, Array]:
        estimate = FlowEstimator("medium")
        first, second = (cv2.cvtColor(self.picture(f), cv2.COLOR_RGB2GRAY) for f in (frame, frame + 1))
        hole, next_hole = self.hole(frame), self.hole(frame + 1)
        forward, backward = estimate(first, second), estimate(second, first)
        return {
            "homography": neighbour_homography(forward, widen(hole, 2 * SPOILT_RIM)),
            "forward": _packed(complete_flow(forward, hole)),
            "backward": _packed(complete_flow(backward, next_hole)),
        }

    def key_frames(self, every: int) -> frozenset[int]:
        """The frames that search their whole shot, `every` so many frames one; see `motion.relay`."""
        return frozenset(start + key for start, end in self.shots for key in key_frames(end - start, every))

    def views(self) -> Iterator[tuple[int, ShotView]]:
        """Each shot's first frame and the shot as the borrower sees it."""
        for (start, end), chain in zip(self.shots, self._chains, strict=True):
            yield start, _View(self, start, end, chain)

    def _picture(self, frame: int) -> Array:
        """h w 3 uint8."""
        return self._pictures.get(frame, "picture")["picture"]

    def _hole(self, frame: int) -> Array:
        """h w bool."""
        bits = self._pictures.get(frame, "hole")["hole"]
        size = self.scale.small_height * self.scale.small_width
        return np.unpackbits(bits, count=size).view(bool).reshape(self.scale.small_height, -1)

    def flow(self, frame: int, direction: str) -> Array:
        """The "forward" flow of `frame` or the "backward" flow of `frame + 1`; h w 2."""
        return self._motion.get(frame, direction)[direction].astype(np.float32) / _FLOW_UNITS


@dataclass(frozen=True)
class _View:
    """One shot of an `AnalysedShots`, its frames counted from 0."""

    whole: AnalysedShots
    start: int
    end: int
    chain: HomographyChain

    @property
    def frame_count(self) -> int:
        return self.end - self.start

    @property
    def height(self) -> int:
        return self.whole.scale.small_height

    @property
    def width(self) -> int:
        return self.whole.scale.small_width

    def picture(self, frame: int) -> Array:
        return self.whole.picture(self.start + frame)

    def hole(self, frame: int) -> Array:
        return self.whole.hole(self.start + frame)

    def forward_flow(self, frame: int) -> Array:
        return self.whole.flow(self.start + frame, "forward")

    def backward_flow(self, frame: int) -> Array:
        return self.whole.flow(self.start + frame - 1, "backward")


def _digest(rgb: Array, alpha: Array) -> Array:
    digest = hashlib.sha256(np.ascontiguousarray(rgb).data)
    digest.update(np.ascontiguousarray(alpha).data)
    return np.frombuffer(digest.digest(), np.uint8)


def _packed(flow: Array) -> Array:
    return np.clip(np.rint(flow * _FLOW_UNITS), -32767, 32767).astype(np.int16)
