"""The shot with its holes closed, at analysis size: by borrowing, then by imagining, settled over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import cv2
import numpy as np

from ..motion.align import Window
from ..motion.borrow import Borrowed, Borrower, BorrowParams, Source, borrowed_rms, filled_rms
from ..motion.flow import grid
from ..motion.parallel import in_order
from ..motion.relay import KeyedView, Relay
from .copied import Copied
from .shot import AnalysedShots
from .workspace import Numbered, Workspace

Array = np.ndarray


# The shelf of what was imagined, each frame for itself.
IMAGINED = "imagined"
# Frames at analysis size that are kept in memory, whatever the clip's length.
_AT_HAND_BYTES = 160 << 20
# Places are kept in 1/32 pixel, as OpenCV's interpolation tables have them.
_PLACE_UNITS = 32.0
# Of the texture that is laid over a steady picture, at least. Texture that is merely likely costs accuracy by its
# square; at this share it still looks alike, and almost half of the cost is saved.
_TEXTURE_STRENGTH = 0.75
# Pixels of the analysis size over which it rises from the edge of what was seen, where the steady picture is almost
# right as it is. Measured against full texture up to the edge: whole-frame PSNR + 0.03 to + 1.0 dB, warp ratio
# - 3 to - 23 %, patch distance + 3 to + 5 %.
_TEXTURE_RISES = 8.0


class CompletedShots:
    """What closes the holes of all frames, kept on disk.

    Args:
        borrowing: keeps what is borrowed, which jobs that differ in what they imagine share.
        workspace: keeps what is imagined.
        shots: the analysed shots.
        structure: how far what is unseen is made of pieces of the picture, 0 to 1 (see `RemoveParams`).

    Attributes:
        strength: of the texture, at most.
        keys: the frames that searched the whole shot, and lend to those between them; known after `borrow`.
    """

    def __init__(
        self, borrowing: Workspace, workspace: Workspace, shots: AnalysedShots, structure: float = 0.0
    ) -> None:
        self.shots, self.structure = shots, structure
        self.strength = max(_TEXTURE_STRENGTH, structure)
        self.keys: frozenset[int] = frozenset()
        self.folder = workspace.folder
        self._borrowed = borrowing.shelf("borrowed")
        self._sources = borrowing.shelf("sources")
        self._imagined = workspace.shelf(IMAGINED)
        self._later = workspace.shelf("later")
        self._steady = workspace.shelf("steady")
        self._copied = workspace.shelf("copied")
        self._textures = workspace.shelf("textures")
        # A float frame takes 12 bytes a pixel; learning reads the whole shot again and again, in random order.
        at_hand = max(8, _AT_HAND_BYTES // (shots.scale.small_width * shots.scale.small_height * 12))
        self.filling = lru_cache(16)(self._filling)
        self.filled = lru_cache(at_hand)(self._filled)
        self.unseen = lru_cache(at_hand)(self._unseen)
        self.picture = lru_cache(8)(self._picture)
        self.detail = lru_cache(4)(self._detail)

    def adopt(self, earlier: CompletedShots, frame: int) -> None:
        """Take over what closes a frame's hole, as far as each frame for itself."""
        for mine, theirs in (
            (self._borrowed, earlier._borrowed),
            (self._sources, earlier._sources),
            (self._imagined, earlier._imagined),
        ):
            mine.adopt(theirs, frame)

    def borrow(self, params: BorrowParams) -> Iterator[int]:
        """Borrow for every frame, key frames first; yields how many are done, after each one."""
        done = 0
        self.keys = self.shots.key_frames(params.key_every)
        for start, view in self.shots.views():
            keys = frozenset(t for t in range(view.frame_count) if start + t in self.keys)
            borrower = Borrower(view, params)
            for borrowed in self._kept(start, keys, borrower.borrow):
                done += borrowed
                yield done
            relayed = KeyedView(view, lambda t, start=start: self.filling(start + t), keys)  # type: ignore[misc]
            relay = Relay(relayed, params)
            between = [t for t in range(view.frame_count) if t not in keys]
            for borrowed in self._kept(start, between, relay.borrow):
                done += borrowed
                yield done

    def _kept(
        self, start: int, frames: Iterable[int], borrow: Callable[[int], Borrowed | None]
    ) -> Iterator[int]:
        """Borrow for those frames of a shot that are not done yet, in parallel, and keep what comes; yields 1 each."""
        wanted = sorted(frames)
        missing = [t for t in wanted if not self._borrowed.has(start + t)]
        yield len(wanted) - len(missing)
        for frame, borrowed in zip(missing, in_order(borrow, missing), strict=True):
            if borrowed is not None:
                self._sources.put(start + frame, **_packed_sources(borrowed.sources, start))
            self._borrowed.put(start + frame, **_packed(borrowed))
            yield 1

    def _filling(self, frame: int) -> Borrowed | None:
        """What closes a frame's hole, without its sources; None if it has no hole."""
        arrays = self._borrowed.get(frame)
        return _unpacked(arrays) if arrays["window"].any() else None

    def sources(self, frame: int) -> tuple[Source, ...]:
        """The frames that lend to `frame`, counted in the job like it."""
        return _unpacked_sources(self._sources.get(frame))

    def _unseen(self, frame: int) -> Array:
        """Pixels of the whole frame that are to be imagined; h w bool."""
        scale = self.shots.scale
        out = np.zeros((scale.small_height, scale.small_width), bool)
        filling = self.filling(frame)
        if filling is not None:
            out[filling.window.slices] = filling.unseen
        return out

    def doubt(self, frame: int) -> Array:
        """Root mean square error to expect of `picture`, code values of 255; h w, 0 outside the hole."""
        scale, filling = self.shots.scale, self.filling(frame)
        out = np.zeros((scale.small_height, scale.small_width), np.float32)
        if filling is not None:
            rms = np.where(filling.filled, borrowed_rms(filling.error), filled_rms(filling.error))
            out[filling.window.slices] = np.where(filling.hole, rms, 0)
        return out

    def _filled(self, frame: int) -> Array:
        """The whole frame with its hole closed by borrowing and smooth fill alone; h w 3 float32, 0..255."""
        picture = self.shots.picture(frame).astype(np.float32)
        filling = self.filling(frame)
        if filling is not None:
            picture[filling.window.slices] = filling.picture
        return picture

    def imagined(self, frame: int) -> Array:
        """The same with what was imagined so far, each frame for itself."""
        picture = self.filled(frame)
        if self._imagined.has(frame):
            picture = picture.copy()
            picture[self.unseen(frame)] = self._imagined.get(frame, "values")["values"]
        return picture

    def _picture(self, frame: int) -> Array:
        """The same, steady over time and with texture, as far as that is known."""
        if not self._steady.has(frame):
            return self.imagined(frame)
        unseen = self.unseen(frame)
        picture = self.filled(frame) + np.where(unseen[..., None], 0, self.change(frame))
        picture[unseen] = self._steady.get(frame, "values")["values"]
        if self._copied.has(frame):
            picture += self.texture_strength(frame)[..., None] * self.copied(frame).layer(self.detail)
        return picture

    def texture_strength(self, frame: int) -> Array:
        """How much of its texture a frame's unseen pixels show: h w float32, 0 at the edge of what is seen."""
        depth = cv2.distanceTransform(self.unseen(frame).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.minimum(depth / _TEXTURE_RISES, 1) * np.float32(self.strength)

    def set_imagined(self, frame: int, picture: Array) -> None:
        """Keep what was imagined for a frame; `picture` is the whole frame, 0..255."""
        self._imagined.put(frame, values=picture[self.unseen(frame)].astype(np.float32))
        self.picture.cache_clear()

    def has_imagined(self, frame: int) -> bool:
        """Whether `set_imagined` was called for this frame."""
        return self._imagined.has(frame)

    def later(self, start: int) -> Numbered:
        """What settling keeps for the shot that begins with frame `start`."""
        return Numbered(self._later, start)

    def set_steady(self, frame: int, values: Array, change: Array) -> None:
        """Keep what stands still: it stands before what was imagined.

        Args:
            frame: counted in the job.
            values: of the unseen pixels, n 3.
            change: what is added to what was borrowed, h w 3; read inside the hole.
        """
        changed = change[self.shots.hole(frame)].astype(np.float16)
        self._steady.put(frame, values=values.astype(np.float32), change=changed)
        self.picture.cache_clear()

    def change(self, frame: int) -> Array:
        """What is added to borrowed pixels so that they stand still, h w 3 float32; 0 outside the hole."""
        hole = self.shots.hole(frame)
        out = np.zeros((*hole.shape, 3), np.float32)
        if self._steady.has(frame):
            out[hole] = self._steady.get(frame, "change")["change"]
        return out

    def copied(self, frame: int) -> Copied:
        """Whose texture the unseen pixels of a frame have."""
        unseen = self.unseen(frame)
        out = Copied.nothing(*unseen.shape)
        if self._copied.has(frame):
            kept = self._copied.get(frame, "lender", "places")
            out.lender[unseen], out.places[unseen] = kept["lender"], kept["places"]
        return out

    def set_copied(self, frame: int, copied: Copied) -> None:
        """Keep whose texture the unseen pixels of a frame have."""
        unseen = self.unseen(frame)
        self._copied.put(frame, lender=copied.lender[unseen], places=copied.places[unseen])
        self.picture.cache_clear()

    def set_texture(self, frame: int, detail: Array, places: Array) -> None:
        """Keep a key frame's layer of texture (h w 3), and from which of its own pixels (h w 2) it was copied."""
        self._textures.put(frame, detail=detail.astype(np.float32), places=places.astype(np.float32))
        self.picture.cache_clear()

    def _detail(self, frame: int) -> Array:
        """The layer of a key frame, h w 3 float32."""
        return self._textures.get(frame, "detail")["detail"]

    def textured(self) -> list[int]:
        """The frames that were given texture."""
        return [t for t in range(self.shots.frame_count) if self._textures.has(t)]

    def texture(self, frame: int) -> Array:
        """From which of its own pixels a key frame's texture was copied, h w 2."""
        return self._textures.get(frame, "places")["places"]

    def forget_settled(self) -> None:
        """Go back to what was imagined: settling half done cannot be gone on with, as it reads what it writes."""
        for frame in range(self.shots.frame_count):
            for shelf in (self._steady, self._copied, self._textures):
                shelf.drop(frame)
        self.picture.cache_clear()
        self.detail.cache_clear()


def _packed(borrowed: Borrowed | None) -> dict[str, Array]:
    """Arrays of a `Borrowed` without its sources."""
    if borrowed is None:
        return {"window": np.zeros(4, np.int32)}
    return {
        "window": _numbers(borrowed.window),
        "hole": borrowed.hole,
        "picture": borrowed.picture,
        "filled": borrowed.filled,
        "error": borrowed.error.astype(np.float32),
    }


def _unpacked(arrays: dict[str, Array]) -> Borrowed:
    return Borrowed(
        _window(arrays["window"]),
        arrays["hole"],
        arrays["picture"],
        arrays["filled"],
        arrays["error"],
        sources=(),
    )


def _packed_sources(sources: tuple[Source, ...], start: int) -> dict[str, Array]:
    """Arrays of sources whose frames are counted from `start`."""
    arrays: dict[str, Array] = {"frames": np.array([start + s.frame for s in sources], np.int32)}
    for index, source in enumerate(sources):
        arrays[f"window{index}"] = _numbers(source.window)
        moved = source.places - _grid_of(source.window)
        arrays[f"moved{index}"] = np.clip(np.rint(moved * _PLACE_UNITS), -32767, 32767).astype(np.int16)
        arrays[f"weight{index}"] = source.weight.astype(np.float16)
        arrays[f"gain{index}"] = source.gain
        arrays[f"offset{index}"] = _coarse(source.offset).astype(np.float16)
    return arrays


def _unpacked_sources(arrays: dict[str, Array]) -> tuple[Source, ...]:
    sources = []
    for index, frame in enumerate(arrays["frames"]):
        window = _window(arrays[f"window{index}"])
        places = arrays[f"moved{index}"].astype(np.float32) / _PLACE_UNITS + _grid_of(window)
        offset = cv2.resize(arrays[f"offset{index}"].astype(np.float32), (window.width, window.height))
        weight, gain = arrays[f"weight{index}"].astype(np.float32), arrays[f"gain{index}"]
        sources.append(Source(int(frame), window, places, weight, gain, offset))
    return tuple(sources)


def _grid_of(window: Window) -> Array:
    return grid(window.height, window.width, window.y, window.x)


def _coarse(field: Array) -> Array:
    """A smooth field at a quarter of its size."""
    height, width = field.shape[:2]
    return cv2.resize(field, (-(-width // 4), -(-height // 4)), interpolation=cv2.INTER_AREA)


def _numbers(window: Window) -> Array:
    return np.array([window.y, window.x, window.height, window.width], np.int32)


def _window(numbers: Array) -> Window:
    y, x, height, width = (int(v) for v in numbers)
    return Window(y, x, height, width)
