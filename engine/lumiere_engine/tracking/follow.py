"""One direction of a track: frame after frame from a mask that was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from ..motion.flow import grid, sample, widen
from .appearance import Drawing, Looks, features, learn
from .background import foreign, unexplained
from .propagate import follow_edges, signed_distance, surroundings, votes
from .shelf import Shelf

Array = np.ndarray


@dataclass(frozen=True)
class Weights:
    """How much each cue says, in log odds; chosen on many shots together, the same for all.

    Attributes:
        moved: what the patches of the frame before vote.
        looks: what the appearance says.
        strange: what the background does not explain.
        shape: distance from the warped edge.
        sharpness: what the sum is multiplied by.
        least: what is left of "it was not here before" when the object is hidden, as a share.
    """

    moved: float = 4.0
    looks: float = 1.4
    strange: float = 0.6
    shape: float = 0.3
    sharpness: float = 1.5
    least: float = 0.3


_RIM = 3  # pixels around a mask that are not taken for background
_KEPT = 64  # frames whose masks are at hand: as far back as the background is looked at
_AWAY = 0.25  # of its usual area: an object of which less is seen is searched for
_PART = 0.1  # of its usual area: what is smaller is no object that came back
_SLOWLY = 0.98  # how fast the usual area follows an object that shrinks, per frame
_FASTEST = 0.02  # of the diagonal per frame: how fast the search widens


@dataclass
class Step:
    """One tracked frame.

    Attributes:
        index: the frame.
        soft: h w float32, how likely each pixel is inside, 0..1.
        confidence: how far the mask can be trusted, 0..1.
    """

    index: int
    soft: Array
    confidence: float


@dataclass(frozen=True)
class Taught:
    """What the drawn frames teach, for tracking in either direction.

    Attributes:
        drawings: by frame.
        looks: learned from all of them.
    """

    drawings: Mapping[int, Drawing]
    looks: Looks


def teach(shelf: Shelf, shot: tuple[int, int], drawn: Mapping[int, Array]) -> Taught:
    """Learn from drawn frames.

    Args:
        shelf: the frames.
        shot: first frame and exclusive end of what belongs together.
        drawn: masks by frame, h w bool, not all of them empty.
    """
    drawings = {
        frame: Drawing(shelf.picture(frame), unexplained(shelf, frame, shot), drawn[frame])
        for frame in sorted(drawn)
    }
    return Taught(drawings, learn(list(drawings.values()), seed=min(drawn)))


class Follower:
    """Tracks in one direction."""

    def __init__(
        self,
        shelf: Shelf,
        shot: tuple[int, int],
        start: int,
        taught: Taught,
        weights: Weights | None = None,
    ) -> None:
        """Begin at a drawn frame.

        Args:
            shelf: the frames.
            shot: first frame and exclusive end of what belongs together.
            start: the drawn frame that tracking starts from; its mask is not empty.
            taught: by this frame and others.
            weights: of the cues.
        """
        self._shelf, self._shot = shelf, shot
        self._weights = weights or Weights()
        self._grid = grid(shelf.height, shelf.width)
        self._known = [start]
        self._index = start
        mask = taught.drawings[start].mask
        self._trust = _precision(taught.drawings[start].strange, mask)
        self._looks = taught.looks
        self._soft = mask.astype(np.float32)
        self._usual_area = float(mask.sum())
        self._masks = {start: mask}
        self._place, self._away = mask, 0

    def run(self, frames: Iterable[int]) -> Iterator[Step]:
        """Track through these frames, each a neighbour of the one before."""
        for index in frames:
            yield self._step(index)

    def _features(self, index: int) -> Array:
        strange = unexplained(self._shelf, index, self._shot)
        return features(self._shelf.picture(index), strange)

    def _step(self, index: int) -> Step:
        w, shelf = self._weights, self._shelf
        places = self._grid + shelf.flow(index, self._index)
        now = shelf.picture(index).astype(np.float32)
        warped = sample(self._soft, places)
        left = min(1.0, float((warped > 0.5).sum()) / self._usual_area)
        near = self._near(index, warped)
        window = _window(near)
        values = self._features(index)
        looks = self._looks.log_odds(values, warped.shape)
        evidence = w.looks * looks + w.strange * self._trust * self._strange(index, near)
        total = np.full(warped.shape, -8, np.float32)
        if window is not None:
            before = sample(shelf.picture(self._index).astype(np.float32), places)
            moved, _ = votes(now, before, warped, window)
            shape = np.clip(signed_distance(warped > 0.5) / 4, -3, 3)[window]
            prior = w.moved * (2 * moved - 1) + w.shape * shape
            prior = np.where(prior < 0, prior * max(left, w.least), prior)
            part = follow_edges(
                now[window] / 255, np.clip(prior + evidence[window], -8, 8).astype(np.float32)
            )
            total[window] = np.where(near[window], np.clip(part, -8, 8), -8)
        soft = (1 / (1 + np.exp(-w.sharpness * total))).astype(np.float32)
        if self._away:
            soft = self._only_likely(soft)
        mask = soft > 0.5
        certain = _agreement(mask, 1 / (1 + np.exp(-total / 2)))
        alike = _agreement(mask, near / (1 + np.exp(-looks)))
        self._remember(index, soft)
        return Step(index, soft, float(np.sqrt(certain * alike)))

    def _near(self, index: int, warped: Array) -> Array:
        """Where the object may be: around where it was; ever farther while it is away."""
        size = (self._shelf.width, self._shelf.height)
        matrix = self._shelf.camera(self._index, index)
        place = cv2.warpPerspective(self._place.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST) > 0
        self._place = (
            place if place.any() else self._place
        )  # it left with the camera's motion: where it was last
        near = surroundings(warped > 0.4, 0.5)
        if self._away:
            near = near | (signed_distance(self._place) > -(12 + _FASTEST * self._away * np.hypot(*size)))
        return near

    def _only_likely(self, soft: Array) -> Array:
        """After an absence, nothing that is much too small to be the object."""
        count, labels, stats, _ = cv2.connectedComponentsWithStats((soft > 0.5).astype(np.uint8))
        parts = range(1, count)
        small = [n for n in parts if stats[n, cv2.CC_STAT_AREA] < _PART * self._usual_area]
        large = [n for n in parts if n not in small]
        dropped = widen(np.isin(labels, small), 2) & ~np.isin(labels, large)
        return np.where(dropped, 0, soft).astype(np.float32)

    def _strange(self, index: int, near: Array) -> Array:
        apart, seen = foreign(self._shelf, index, self._known, self._hidden)
        quiet = seen & ~near
        usual = max(2.0, float(np.percentile(apart[quiet], 90))) if quiet.sum() > 50 else 6.0
        return np.where(seen, np.clip(apart / usual - 1.2, -1, 3), 0)

    def _hidden(self, index: int) -> Array:
        return widen(self._masks[index], _RIM)

    def _remember(self, index: int, soft: Array) -> None:
        mask = soft > 0.5
        area = float(mask.sum())
        self._soft, self._index = soft, index
        self._known.append(index)
        self._masks[index] = mask
        for old in self._known[max(1, len(self._known) - _KEPT - 1) : -_KEPT]:
            self._masks.pop(old, None)
        if area < _AWAY * self._usual_area:
            self._away += 1
        else:
            self._away, self._place = 0, mask
        self._usual_area = max(area, _SLOWLY * self._usual_area)


def _agreement(first: Array, second: Array) -> float:
    """Intersection over union of two masks, soft (0..1) or bool, h w."""
    union = float(np.maximum(first, second).sum())
    return float(np.minimum(first, second).sum()) / union if union > 0 else 0.0


def _precision(strange: Array, mask: Array) -> float:
    """How much of what the background does not explain around a drawn mask is inside it, 0..1."""
    unusual = (strange > 3) & surroundings(mask, 1.5)
    return min(1.0, 2 * float((unusual & mask).sum() + 1) / float(unusual.sum() + 1))


def _window(mask: Array) -> tuple[slice, slice] | None:
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return (slice(top, top + height), slice(left, left + width)) if width else None
