"""How a network of one strength paints frames: its answers, and what it misses of key frames carried to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from ...learning.style.brush import Brush
from ..shot import Scale
from .layers import carried, carried_large, enlarged, spread_out, tone
from .trails import Source

Array = np.ndarray

_TELLING = 12  # key frames, about, that tell the tone


class Easel(Protocol):
    """What is painted; frames are counted from 0 in the job."""

    @property
    def scale(self) -> Scale:
        """Between the plate and the pictures that are analysed."""
        ...

    def plate_small(self, frame: int) -> Array:
        """H w 3 in 0..1 at analysis size."""
        ...

    def key_paint(self, key: int) -> Array:
        """A key frame's paint at the plate's size, working values."""
        ...


class Hand:
    """Paints frames.

    Args:
        easel: what is painted.
        brushes: first frame, end and network of each shot.
        strength: α, as far as key frames are painted; the network's own.
        keys: the key frames that tell the tone.
    """

    def __init__(
        self, easel: Easel, brushes: list[tuple[int, int, Brush]], strength: float, keys: Sequence[int]
    ) -> None:
        self._easel, self._brushes, self._strength = easel, brushes, np.float32(strength)
        shrink = easel.scale.shrink
        # what half a minute of learning has not reached in colour is made up for at once, and for the whole job alike
        telling = keys[:: max(1, len(keys) // _TELLING)]
        self._tone = tone((self._answer(key), shrink(self._wanted(key))) for key in telling)
        self._missed: Callable[[int], Array] = lru_cache(4)(self._missed_paint)

    def frame(self, frame: int, plate: Array, sources: list[Source]) -> Array:
        """A frame as it is painted, working values at the plate's size.

        Args:
            frame: counted from 0 in the job.
            plate: its working values, h w 3.
            sources: of its paint, see `Trails.sources`.
        """
        scale = self._easel.scale
        rgb = enlarged(self._toned(frame), scale)
        if self._strength < 1:
            fine = plate - enlarged(self._easel.plate_small(frame), scale)
            rgb = rgb + (1 - self._strength) * fine
        if not sources:
            return rgb
        small, beyond = self._made_up_for(sources)
        large = small if scale.same else carried_large(sources, self._missed, scale)
        rgb += large + enlarged(beyond, scale)
        return rgb

    def sketch(self, frame: int, sources: list[Source]) -> Array:
        """A frame as it is painted, h w 3 in 0..1 at analysis size."""
        rgb = self._toned(frame)
        if sources:
            small, beyond = self._made_up_for(sources)
            rgb = rgb + small + beyond
        sketched: Array = np.clip(rgb, 0, 1).astype(np.float32)
        return sketched

    def _made_up_for(self, sources: list[Source]) -> tuple[Array, Array]:
        """What the network misses of key frames, h w 3 at analysis size each: carried, and spread beyond that."""
        shrink = self._easel.scale.shrink
        small, followed = carried(sources, lambda key: shrink(self._missed(key)))
        return small, (1 - followed)[..., None] * spread_out(small, followed)

    def _missed_paint(self, key: int) -> Array:
        """What the network misses of a key frame, at the plate's size."""
        return self._wanted(key) - enlarged(self._toned(key), self._easel.scale)

    def _wanted(self, key: int) -> Array:
        """A key frame that is painted as far as the strength says, at the plate's size."""
        plate = enlarged(self._easel.plate_small(key), self._easel.scale)
        wanted: Array = self._strength * self._easel.key_paint(key) + (1 - self._strength) * plate
        return wanted

    def _toned(self, frame: int) -> Array:
        """The network's answer in the key frames' tone, h w 3 in 0..1 at analysis size."""
        toned: Array = self._answer(frame) @ self._tone[:3] + self._tone[3]
        return toned

    def _answer(self, frame: int) -> Array:
        """The network's own answer, h w 3 in 0..1 at analysis size."""
        start, brush = next((s, b) for s, e, b in self._brushes if s <= frame < e)
        return (brush.frame(frame - start) + 1) / 2
