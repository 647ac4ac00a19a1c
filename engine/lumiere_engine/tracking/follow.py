"""One direction of a track: frame after frame from a mask that was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ..motion.chain import carry
from ..motion.flow import grid, sample, widen
from .appearance import Appearance, choose, features
from .background import foreign, unexplained
from .propagate import follow_edges, signed_distance, votes
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
    """

    moved: float = 4.0
    looks: float = 1.4
    strange: float = 0.6
    shape: float = 0.3
    sharpness: float = 1.5


_RIM = 3
_SURE = 0.9
_LEARN_EVERY = 4
_RELEARN_SHARE = 0.5


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


class Follower:
    """Tracks in one direction; holds what it has learned on the way."""

    def __init__(self, shelf: Shelf, shot: tuple[int, int], start: int, mask: Array, weights: Weights | None = None):
        """Learn from the drawn frame.

        Args:
            shelf: the frames.
            shot: first frame and exclusive end of what belongs together.
            start: the drawn frame.
            mask: h w bool, what was drawn; not empty.
            weights: of the cues.
        """
        self._shelf, self._shot = shelf, shot
        self._weights = weights or Weights()
        self._grid = grid(shelf.height, shelf.width)
        self._known = [start]
        self._masks = {start: mask}
        self._soft = mask.astype(np.float32)
        self._index = start
        self._drawn_area = float(mask.sum())
        values = self._features(start)
        near = surroundings(mask, 0.6)
        self._looks = Appearance.learn(values, mask, near, seed=start)
        self._drawn = choose(values, mask, ~widen(mask, 2), near, seed=start)

    def run(self, frames: Iterator[int] | range) -> Iterator[Step]:
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
        near = surroundings(warped > 0.4, 0.5)
        window = _window(near)
        values = self._features(index)
        looks = self._looks.log_odds(values, warped.shape)
        evidence = w.looks * looks + w.strange * self._strange(index, near)
        total = np.full(warped.shape, -8, np.float32)
        if window is not None:
            before = sample(shelf.picture(self._index).astype(np.float32), places)
            moved, _ = votes(now, before, warped, window)
            shape = np.clip(signed_distance(warped > 0.5) / 4, -3, 3)
            part = w.moved * (2 * moved - 1) + (evidence + w.shape * shape)[window]
            part = follow_edges(now[window] / 255, np.clip(part, -8, 8).astype(np.float32))
            total[window] = np.where(near[window], np.clip(part, -8, 8), -8)
        soft = (1 / (1 + np.exp(-w.sharpness * total))).astype(np.float32)
        self._remember(index, soft, values, near)
        return Step(index, soft, 1.0)

    def _strange(self, index: int, near: Array) -> Array:
        apart, seen = foreign(self._shelf, index, self._known, self._hidden)
        quiet = seen & ~near
        usual = max(2.0, float(np.percentile(apart[quiet], 90))) if quiet.sum() > 50 else 6.0
        return np.where(seen, np.clip(apart / usual - 1.2, -1, 3), 0)

    def _hidden(self, index: int) -> Array:
        return widen(self._masks[index], _RIM)

    def _remember(self, index: int, soft: Array, values: Array, near: Array) -> None:
        self._soft, self._index = soft, index
        self._known.append(index)
        self._masks[index] = soft > 0.5
        if len(self._known) % _LEARN_EVERY == 0:
            sure = soft > _SURE
            if sure.sum() > 50:
                seen = choose(values, sure, soft < 1 - _SURE, near, seed=index)
                self._looks.improve(_mixed(self._drawn, seen), seed=index)


def _mixed(drawn, seen):  # type: ignore
    from .appearance import Samples
    return Samples(np.concatenate([drawn.values, seen.values]), np.concatenate([drawn.inside, seen.inside]))


def surroundings(mask: Array, reach: float) -> Array:
    """`mask` (h w bool) grown by `reach` times its size, 12 to 60 pixels."""
    radius = int(np.clip(reach * np.sqrt(mask.sum() + 1), 12, 60))
    return signed_distance(mask) > -radius if mask.any() else np.zeros_like(mask)


def _window(mask: Array) -> tuple[slice, slice] | None:
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return (slice(top, top + height), slice(left, left + width)) if width else None
