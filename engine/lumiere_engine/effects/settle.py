"""What was imagined once is borrowed by its neighbours, so that it stands still where the scene does.

The frame with the largest unseen region keeps what was imagined for it; every other frame that can be laid over
it takes its pixels from there; of what is left the largest is next. Frames that cannot be laid over it (water,
crowds) keep their own, which the network made consistent within its windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..motion.align import Aligner, Target
from ..motion.borrow import ShotView, window_around
from ..motion.chain import carry
from ..motion.flow import grid, widen

Array = np.ndarray

_REACH = 60  # frames; further away the camera's chain has drifted and a later key frame is nearer
_WORST = 10.0  # expected error, of 255, beyond which a frame keeps its own
_SMALLEST = 24  # pixels; a smaller rest is not worth a key frame


class Settler:
    """Settles one shot.

    Args:
        view: the shot; frames counted from 0.
        picture: the completed frame, h w 3 float32 0..255.
        unseen: what was imagined of a frame, h w bool.
        keep: stores a frame's completed picture.
    """

    def __init__(
        self,
        view: ShotView,
        picture: Callable[[int], Array],
        unseen: Callable[[int], Array],
        keep: Callable[[int, Array], None],
    ) -> None:
        self._view, self._picture, self._unseen, self._keep = view, picture, unseen, keep
        self._aligner = Aligner(layered=False)

    def run(self) -> Iterator[int]:
        """Yields how many frames are settled, as it goes."""
        left = {t: int(self._unseen(t).sum()) for t in range(self._view.frame_count)}
        left = {t: area for t, area in left.items() if area >= _SMALLEST}
        open_pixels: dict[int, Array] = {}
        done = 0
        while left:
            key = min(left, key=lambda t: (-left[t], t))
            left.pop(key)
            open_pixels.pop(key, None)
            done += 1
            yield done
            for frame in sorted(left, key=lambda t: (abs(t - key), t)):
                if abs(frame - key) > _REACH:
                    break
                still_open = open_pixels.get(frame)
                if still_open is None:
                    still_open = self._unseen(frame)
                still_open = self._take(frame, key, still_open)
                open_pixels[frame] = still_open
                left[frame] = int(still_open.sum())
                if left[frame] < _SMALLEST:
                    del left[frame], open_pixels[frame]
                    done += 1
                    yield done

    def _take(self, frame: int, key: int, still_open: Array) -> Array:
        """Let `frame` take what it can from `key`; returns what is still open."""
        window = window_around(still_open, 24)
        picture = self._picture(frame)
        cut = still_open[window.slices]
        seen = np.clip(np.rint(picture[window.slices]), 0, 255).astype(np.uint8)
        target = Target(seen, cut, ~widen(cut, 1))
        here = grid(window.height, window.width, window.y, window.x)
        key_picture = np.clip(np.rint(self._picture(key)), 0, 255).astype(np.uint8)
        guess = carry(self._view.chain.between(frame, key), here)
        variants = self._aligner.align(target, key_picture, np.zeros(key_picture.shape[:2], bool), [guess])
        if not variants:
            return still_open
        aligned = variants[0]
        taken = aligned.usable & (aligned.error <= _WORST)
        if not taken.any():
            return still_open
        picture = picture.copy()
        picture[window.slices][taken] = aligned.picture[taken]
        self._keep(frame, picture)
        rest = still_open.copy()
        rest[window.slices] &= ~taken
        return rest
