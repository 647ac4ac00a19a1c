"""What was imagined once is borrowed by its neighbours, so that it stands still where the scene does.

The frame with the largest unseen region is first made as good as the shot allows: a place that lies deep in its
hole lies near the rim in another frame, where filling it was easier, so the fillings of several frames are laid
over it and averaged, each by what it is worth. Every other frame that can be laid over it then takes its pixels
from there; of what is left the largest is next. Frames that cannot be laid over it (water, crowds) keep their
own, which the network made consistent within its windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ..motion.align import Aligned, Aligner, Target, Window
from ..motion.borrow import ShotView, borrowed_rms, window_around
from ..motion.chain import carry
from ..motion.flow import grid, sample, widen
from ..motion.parallel import in_order
from .copied import Copied

Array = np.ndarray

_REACH = 60  # frames; further away the camera's chain has drifted and a later key frame is nearer
_WORST = 5.0  # expected error, of 255, beyond which a frame keeps its own
_SMALLEST = 48  # pixels; a smaller rest is not worth a key frame
_REST = 0.15  # of a frame's unseen pixels, likewise
_ABOUT = 0.8  # of the largest open region, that counts as as large
_CANDIDATES = 4  # for a key frame, compared with each other
_STRANGE = 80.0  # difference of two frames that cannot be laid over each other, code values of 255
_BATCH = 4  # frames that are asked together
_WORTHWHILE = 0.1  # of their open pixels that a batch must take for those beyond it to be asked
_WITNESSES = 9  # frames whose fillings a key frame averages
_MARGIN = 24  # pixels around what is open that alignment looks at


class Frames(Protocol):
    """The completed frames of one shot, counted from 0."""

    def picture(self, frame: int) -> Array:
        """H w 3 float32, 0..255."""

    def unseen(self, frame: int) -> Array:
        """What was imagined of it, h w bool."""

    def doubt(self, frame: int) -> Array:
        """Root mean square error to expect of `picture`, h w float32, code values of 255."""

    def copied(self, frame: int) -> Copied:
        """Where its texture comes from."""

    def keep(self, frame: int, picture: Array, copied: Copied) -> None:
        """Take a settled picture instead."""

    def keep_texture(self, frame: int, places: Array) -> None:
        """Remember from which of its own pixels (h w 2, x and y) a key frame's texture was copied."""


class Synthesise(Protocol):
    """Gives texture to the open part of a picture."""

    def __call__(self, picture: Array, still_open: Array, usable: Array) -> tuple[Array, Array]:
        """h w 3, what is to be closed, what may be copied → the closed picture, the copied places h w 2."""


class Settler:
    """Settles one shot.

    Args:
        view: the shot.
        frames: its completed frames.
        synthesise: None leaves key frames as they were imagined.
        most: key frames that are synthesised.
    """

    def __init__(
        self, view: ShotView, frames: Frames, synthesise: Synthesise | None = None, most: int = 8
    ) -> None:
        self._view, self._frames = view, frames
        self._synthesise, self._most = synthesise, most
        self._picture, self._unseen, self._doubt = frames.picture, frames.unseen, frames.doubt

    def run(self) -> Iterator[int]:
        """Yields how many frames are settled, as it goes."""
        area = {t: int(self._unseen(t).sum()) for t in range(self._view.frame_count)}
        enough = {t: max(_SMALLEST, _REST * pixels) for t, pixels in area.items()}
        left = {t: pixels for t, pixels in area.items() if pixels >= _SMALLEST}
        open_pixels: dict[int, Array] = {}
        done = 0
        while left:
            key = self._key(left)
            left.pop(key)
            still_open = open_pixels.pop(key, self._unseen(key))
            self._gather(key, still_open)
            self._texture(key, still_open)
            done += 1
            yield done
            for direction in (-1, 1):
                for frame in self._spread(key, direction, left, open_pixels):
                    if left[frame] < enough[frame]:
                        del left[frame], open_pixels[frame]
                        done += 1
                        yield done

    def _key(self, left: dict[int, int]) -> int:
        """The frame with the largest open region; of several about as large, the one that is most like the others.

        Whatever passes through a frame while it is the key would be carried into all others.
        """
        largest = max(left.values())
        alike = [t for t in sorted(left) if left[t] >= _ABOUT * largest]
        if len(alike) <= 2 or self._synthesise is None or self._most <= 0:
            return min(left, key=lambda t: (-left[t], t))
        chosen = [alike[int(i)] for i in np.unique(np.linspace(0, len(alike) - 1, _CANDIDATES).astype(int))]
        pairs = [(a, b) for a in chosen for b in chosen if a != b]
        apart = dict(zip(pairs, in_order(lambda pair: self._apart(*pair), pairs), strict=True))
        return min(chosen, key=lambda a: (np.median([apart[a, b] for b in chosen if b != a]), a))

    def _apart(self, frame: int, other: int) -> float:
        """How much `other`, laid over `frame`, differs from it around what is open, code values of 255."""
        still_open = self._unseen(frame)
        aligned = self._laid_over(frame, other, still_open, window_around(still_open, _MARGIN))
        return _STRANGE if aligned is None else float(aligned.error.mean())

    def _spread(
        self, key: int, direction: int, left: dict[int, int], open_pixels: dict[int, Array]
    ) -> Iterator[int]:
        """Let frames take from `key`, outwards, until hardly any takes something; yields each that was asked.

        `left` and `open_pixels` are brought up to date for a frame before it is yielded.
        """
        near = sorted(t for t in left if 0 < (t - key) * direction <= _REACH)[::direction]
        for first in range(0, len(near), _BATCH):
            takers = near[first : first + _BATCH]
            before = [open_pixels.get(t, self._unseen(t)) for t in takers]
            windows = [window_around(pixels, _MARGIN) for pixels in before]
            jobs = zip(takers, before, windows, strict=True)
            takes = in_order(lambda job: self._laid_over(job[0], key, job[1], job[2]), jobs)
            wanted, taken = sum(left[t] for t in takers), 0
            for frame, pixels, window, aligned in zip(takers, before, windows, takes, strict=True):
                rest = self._take(frame, key, window, pixels, aligned)
                taken += left[frame] - int(rest.sum())
                open_pixels[frame], left[frame] = rest, int(rest.sum())
                yield frame
            if taken < _WORTHWHILE * wanted:
                return

    def _laid_over(self, frame: int, other: int, still_open: Array, window: Window) -> Aligned | None:
        """The completed `other` seen from `frame`, compared outside what is open; None if they do not compare."""
        cut = still_open[window.slices]
        target = Target(_bytes(self._picture(frame)[window.slices]), cut, ~widen(cut, 1))
        here = grid(window.height, window.width, window.y, window.x)
        guess = carry(self._view.chain.between(frame, other), here)
        picture = _bytes(self._picture(other))
        variants = Aligner(layered=False).align(target, picture, np.zeros(picture.shape[:2], bool), [guess])
        return variants[0] if variants else None

    def _gather(self, key: int, still_open: Array) -> None:
        """Make the open pixels of `key` the mean of what its witnesses show there, each by its expected error."""
        window = window_around(still_open, _MARGIN)
        here = still_open[window.slices]
        weight = 1 / _variance(self._doubt(key)[window.slices])
        total = self._picture(key)[window.slices] * weight[..., None]
        witnesses = self._witnesses(key)
        views = in_order(lambda other: self._laid_over(key, other, still_open, window), witnesses)
        for other, aligned in zip(witnesses, views, strict=True):
            if aligned is None:
                continue
            doubt = sample(self._doubt(other), aligned.places)
            share = aligned.usable / (_variance(doubt) + borrowed_rms(aligned.error) ** 2)
            total += aligned.picture * share[..., None]
            weight += share
        picture = self._picture(key).copy()
        picture[window.slices][here] = (total / weight[..., None])[here]
        self._frames.keep(key, picture, self._frames.copied(key).without(still_open))

    def _texture(self, key: int, still_open: Array) -> None:
        """Give the open pixels of `key` the texture of what the frame shows around them."""
        if self._synthesise is None or self._most <= 0:
            return
        self._most -= 1
        picture = self._picture(key).copy()
        closed, places = self._synthesise(picture, still_open, ~self._unseen(key))
        picture[still_open] = closed[still_open]
        self._frames.keep(key, picture, self._frames.copied(key).own(key, still_open))
        self._frames.keep_texture(key, places)

    def _witnesses(self, key: int) -> list[int]:
        """Frames around `key`, spread evenly over its reach."""
        first, last = max(0, key - _REACH), min(self._view.frame_count - 1, key + _REACH)
        spread = np.linspace(first, last, _WITNESSES + 1).astype(int)
        return sorted({int(t) for t in spread} - {key})

    def _take(
        self, frame: int, key: int, window: Window, still_open: Array, aligned: Aligned | None
    ) -> Array:
        """Let `frame` take what it can from `key`, laid over it; returns what is still open."""
        if aligned is None:
            return still_open
        taken = aligned.usable & (aligned.error <= _WORST)
        if not taken.any():
            return still_open
        picture = self._picture(frame).copy()
        picture[window.slices][taken] = aligned.picture[taken]
        copied = self._frames.copied(frame).taking(window, taken, aligned, self._frames.copied(key))
        self._frames.keep(frame, picture, copied)
        rest = still_open.copy()
        rest[window.slices] &= ~taken
        return rest


def _variance(doubt: Array) -> Array:
    """Of a pixel whose root mean square error is `doubt`; never 0, since no pixel is without noise."""
    return np.square(doubt) + 1


def _bytes(picture: Array) -> Array:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
