"""Where each pixel of a frame is in its key frames, and how sure that is: composed along the flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ...motion.chain import carry
from ...motion.flow import channel_mean, grid, inside, sample
from ..shot import AnalysedShots
from ..workspace import Workspace

Array = np.ndarray

_UNITS = 32.0  # places are kept in 1/32 pixel
_APART = 1.0  # pixels by which flows there and back may differ until a step is doubted
_BEYOND = 0.5  # pixels beyond the picture's edge that flow may lead by its own noise
_UNLIKE = 16.0  # code values by which a pixel may differ from the place that it came from
_CAMERA = 0.9  # how sure the camera's motion is where pixels look the same
_NEAR = 0.5  # pixels by which flow and camera may differ where they are the same motion
_LOST = 0.5  # share of the camera's sureness below which the flow has lost a place
_HASTE = 0.3  # share of a frame in how alike a trail has looked lately
_AROUND = 2.0  # pixels, standard deviation, over which likeness is judged


@dataclass(frozen=True)
class Source:
    """Where a frame's pixels are in a key frame.

    Attributes:
        key: that one, counted from 0 in the job.
        share: what it counts by its distance in time; those of a frame's key frames sum to 1.
        places: h w 2, x and y in pixels.
        sure: h w, 0..1.
    """

    key: int
    share: float
    places: Array
    sure: Array


class Trails:
    """From every frame to the key frames before and after it, within its shot.

    Frames are counted from 0 in the job. What is known of a frame lies on disk, by frame and side.

    Args:
        shots: the followed shots.
        keys: the key frames.
        workspace: where trails are kept.
        name: of these trails there.
    """

    def __init__(
        self, shots: AnalysedShots, keys: Sequence[int], workspace: Workspace, name: str = "trails"
    ) -> None:
        self._shots = shots
        self._keys = sorted(keys)
        self._shelves = {1: workspace.shelf(f"{name}_on"), -1: workspace.shelf(f"{name}_back")}

    def follow(self) -> Iterator[int]:
        """Follow all trails; yields how many key frames are done, after each one."""
        for done, key in enumerate(self._keys, start=1):
            for direction in (1, -1):
                self._outwards(key, direction)
            yield done

    def sources(self, frame: int) -> list[Source]:
        """The key frames that a frame takes from: itself, or the nearest on either side."""
        if frame in self._keys:
            height, width = self._size
            return [Source(frame, 1.0, grid(height, width), np.ones((height, width), np.float32))]
        found = []
        for direction, keys in ((1, self._keys[::-1]), (-1, self._keys)):
            key = next((k for k in keys if (frame - k) * direction > 0), None)
            if key is not None and self._shelves[direction].has(frame):
                entry = self._shelves[direction].get(frame)
                places = entry["places"].astype(np.float32) / _UNITS
                found.append((key, abs(frame - key), places, entry["sure"].astype(np.float32) / 255))
        total = sum(far for _, far, _, _ in found)
        return [
            Source(key, 1 - far / total if len(found) > 1 else 1.0, places, sure)
            for key, far, places, sure in found
        ]

    @property
    def _size(self) -> tuple[int, int]:
        return self._shots.scale.small_height, self._shots.scale.small_width

    def _outwards(self, key: int, direction: int) -> None:
        """From a key frame to the next one on that side, or to the shot's end."""
        shelf, span = self._shelves[direction], self._span(key, direction)
        if all(shelf.has(frame) for frame in span):
            return
        for frame, places, likely in walk(self._shots, key, direction):
            if frame not in span:
                return
            shelf.put(
                frame,
                places=np.clip(np.rint(places * _UNITS), -32767, 32767).astype(np.int16),
                sure=np.rint(likely * 255).astype(np.uint8),
            )

    def _span(self, key: int, direction: int) -> range:
        start, end = next((s, e) for s, e in self._shots.shots if s <= key < e)
        others = [k for k in self._keys if (k - key) * direction > 0 and start <= k < end]
        if direction > 0:
            return range(key + 1, min(others, default=end))
        return range(key - 1, max(others, default=start - 1), -1)


def walk(shots: AnalysedShots, key: int, direction: int) -> Iterator[tuple[int, Array, Array]]:
    """From a key frame outwards to the end of its shot.

    Args:
        shots: followed.
        key: counted from 0 in the job.
        direction: 1 forwards, -1 backwards.

    Yields:
        Frame, where its pixels are in the key frame (h w 2, x and y), and how sure that is (h w, 0..1): how well the
        flows there and back agree at every step, times how much the pixels have looked like where they came from.
        Where the flow agrees with the camera's motion, or has lost what the camera's motion finds, as around
        whatever passes by, the camera's motion is taken and followed from there on.
    """
    start, view = next((s, v) for s, v in shots.views() if s <= key < s + v.frame_count)
    end = start + view.frame_count
    height, width = shots.scale.small_height, shots.scale.small_width
    here = grid(height, width)
    places, sure = here, np.ones((height, width), np.float32)
    alike = sure
    for frame in range(key + 1, end) if direction > 0 else range(key - 1, start - 1, -1):
        pair = frame - 1 if direction > 0 else frame
        there, back = ("backward", "forward") if direction > 0 else ("forward", "backward")
        step = here + shots.flow(pair, there)
        apart = np.square(step + sample(shots.flow(pair, back), step) - here).sum(-1)
        places, alike = sample(places, step), sample(alike, step)
        sure = sample(sure, step) / (1 + np.square(apart / _APART**2))
        beyond = np.square(step - np.clip(step, 0, (width - 1, height - 1))).sum(-1)
        sure = (sure / (1 + np.square(beyond / _BEYOND**2))).astype(np.float32)
        now = _likeness(shots, frame, key, places)
        by_camera = carry(view.chain.between(frame - start, key - start), here)
        on_screen = inside(by_camera, height, width)
        like_camera = np.where(on_screen, _likeness(shots, frame, key, by_camera), 0) * np.float32(_CAMERA)
        # the camera's motion is free of the flow's noise: where both say the same, paint does not tremble
        near = 1 / (1 + np.square(np.square(places - by_camera).sum(-1) / _NEAR**2))
        near = np.where(on_screen & (like_camera >= _CAMERA * now), near, 0).astype(np.float32)[..., None]
        lost = sure * now < _LOST * like_camera
        places = np.where(lost[..., None], by_camera, places + near * (by_camera - places))
        sure = np.where(lost, like_camera, sure).astype(np.float32)
        # likeness is told over a few frames, so that paint does not come and go with the grain
        alike = np.where(lost, 1, alike + _HASTE * (now - alike)).astype(np.float32)
        yield frame, places, sure * alike


def _likeness(shots: AnalysedShots, frame: int, key: int, places: Array) -> Array:
    """How much the pixels of a frame look like where they came from; h w, 0..1."""
    now = shots.picture(frame).astype(np.float32)
    then = sample(shots.picture(key).astype(np.float32), places)
    apart = cv2.GaussianBlur(channel_mean(np.square(now - then)), (0, 0), _AROUND)
    like: Array = 1 / (1 + np.square(apart / _UNLIKE**2))
    return like


def mixed(sources: list[Source]) -> list[tuple[int, Array]]:
    """What each key frame counts in a frame; together at most 1, less where no trail is sure.

    Args:
        sources: see `Trails.sources`.

    Returns:
        Key frame and weight (h w, 0..1).
    """
    if not sources:
        return []
    # in the middle between two keys either is enough; near one of them the other does not count
    reach = [source.sure * min(1.0, 2 * source.share) for source in sources]
    doubt = np.prod([1 - r for r in reach], axis=0)
    shares = [source.share * source.sure for source in sources]
    total = sum(shares) + np.float32(1e-6)
    return [
        (source.key, ((1 - doubt) * part / total).astype(np.float32))
        for source, part in zip(sources, shares, strict=True)
    ]
