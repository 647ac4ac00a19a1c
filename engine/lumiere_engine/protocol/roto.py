"""Roto: the shapes that a matte is drawn with, as they are stored beside a shot and sent between processes.

All places are pixels of the plate, x to the right, y down, 0 at the upper left corner of the picture: the middle of
the first pixel is (0.5, 0.5). Frames are those of the media file, counted from 0. Everything is frozen: an edit makes
a new `Roto`, so an undo is the one before.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Dict, Iterable, Optional, Tuple

from .errors import SpecError
from .shapes import MOST_KNOTS as MOST_KNOTS
from .shapes import Knot as Knot
from .shapes import ShapeKey as ShapeKey
from .shapes import Stroke as Stroke
from .shapes import ellipse as ellipse
from .shapes import rectangle as rectangle
from .shapes import smoothed as smoothed
from .wire import encode, labelled

ROTO_SUFFIX = ".roto.json"
# Files of shapes: the document of this module, and what other programs draw.
DRAWN_SUFFIXES = (ROTO_SUFFIX, ".nk", ".fxs", ".svg")
KINDS = ("rectangle", "ellipse", "spline", "brush", "matte")
MODES = ("add", "subtract")
MOST_MASKS = 200
MOST_FADE = 1000


@dataclass(frozen=True)
class Painting:
    """All strokes that are seen on one frame, and in a brush mask on those after it up to the next painting.

    Attributes:
        frame: of the media.
        strokes: in the order in which they were painted.
        base: absolute path of the picture that they were painted over: what was tracked there.
    """

    frame: int
    strokes: Tuple[Stroke, ...]
    base: Optional[str] = None


@dataclass(frozen=True)
class Tracked:
    """Neighbouring frames for which a mask was tracked.

    Attributes:
        folder: absolute path; `000012.png` is the matte of frame 12. It is never written to again.
        start: the first frame, of the media.
        confidence: of each frame from `start` on, 0..1; 1 where it is drawn.
    """

    folder: str
    start: int
    confidence: Tuple[float, ...]

    def __post_init__(self) -> None:
        if self.start < 0 or not self.confidence or not all(0 <= one <= 1 for one in self.confidence):
            raise SpecError("tracked frames have a start of 0 or more and a confidence of 0 to 1 each")

    @property
    def end_exclusive(self) -> int:
        """The frame after the last."""
        return self.start + len(self.confidence)

    def picture(self, frame: int) -> str:
        """The file of a frame's matte."""
        return f"{self.folder}/{frame:06d}.png"

    def part(self, start: int, end_exclusive: int) -> "Tuple[Tracked, ...]":
        """What of it lies between two frames; nothing or one."""
        start, end = max(start, self.start), min(end_exclusive, self.end_exclusive)
        if start >= end:
            return ()
        return (
            replace(self, start=start, confidence=self.confidence[start - self.start : end - self.start]),
        )


@dataclass(frozen=True)
class Mask:
    """One mask of the list.

    Attributes:
        id: unique among the masks of its roto, and never reused.
        name: for people.
        kind: "rectangle", "ellipse" and "spline" have `keys`; "brush" has `paintings`; "matte" has `media`.
        mode: "add" or "subtract"; masks count from the first to the last.
        enabled: whether it counts at all.
        locked: whether the panel refuses to change it.
        inverted: whether its outside counts.
        keys: in the order of their frames; between two of them the shape moves straight from one to the other.
        paintings: in the order of their frames.
        media: absolute path of a rendered matte: a movie, sequence or picture.
        media_first: the frame that the matte's first frame belongs to; outside of it there is nothing.
        tracked: in the order of their frames; they are seen wherever nothing is drawn.
        tracked_from: frame → `fingerprint` of the drawing there that was tracked; what is drawn otherwise now is
            still to be tracked again.
    """

    id: int
    name: str
    kind: str
    mode: str = "add"
    enabled: bool = True
    locked: bool = False
    inverted: bool = False
    keys: Tuple[ShapeKey, ...] = ()
    paintings: Tuple[Painting, ...] = ()
    media: Optional[str] = None
    media_first: int = 0
    tracked: Tuple[Tracked, ...] = ()
    tracked_from: Dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SpecError(
                f"'{self.kind[:40]}' is no kind of mask", remedy=f"choose from {', '.join(KINDS)}"
            )
        if self.mode not in MODES:
            raise SpecError(f"'{self.mode[:40]}' is no mode of a mask", remedy="choose add or subtract")
        for frames in ([key.frame for key in self.keys], [one.frame for one in self.paintings]):
            if any(after <= before for before, after in zip(frames, frames[1:])):  # noqa: B905, RUF007
                raise SpecError("the keyframes of a mask are not in order", clip=self.name)
        if not self.tracked and len({len(key.knots) for key in self.keys}) > 1:
            raise SpecError("the keyframes of a mask differ in their number of points", clip=self.name)
        if any(b.start < a.end_exclusive for a, b in zip(self.tracked, self.tracked[1:])):  # noqa: B905
            raise SpecError("the tracked frames of a mask are not in order", clip=self.name)
        if not all(frame.isdecimal() and len(frame) < 16 for frame in self.tracked_from):
            raise SpecError("a mask was tracked from what is no frame", clip=self.name)

    def knots_at(self, frame: int) -> Tuple[Knot, ...]:
        """The shape on a frame: before the first keyframe and after the last it stands still."""
        if not self.keys:
            return ()
        after = next((key for key in self.keys if key.frame >= frame), self.keys[-1])
        before = next((key for key in reversed(self.keys) if key.frame <= frame), self.keys[0])
        if after.frame <= before.frame or len(after.knots) != len(before.knots):
            return before.knots
        share = (frame - before.frame) / (after.frame - before.frame)
        return tuple(a.towards(b, share) for a, b in zip(before.knots, after.knots))  # noqa: B905

    def painting_at(self, frame: int) -> Optional[Painting]:
        """What is painted on a frame; in a brush mask the last painting up to it, or else the first."""
        found = next((one for one in self.paintings if one.frame == frame), None)
        if found is not None or self.kind != "brush" or not self.paintings:
            return found
        held = next((one for one in reversed(self.paintings) if one.frame <= frame), None)
        return held or self.paintings[0]

    def tracked_at(self, frame: int) -> Optional[Tracked]:
        """The tracking that is seen on a frame; None where there is none, or something is drawn."""
        if frame in self.key_frames():
            return None
        return next((one for one in self.tracked if one.start <= frame < one.end_exclusive), None)

    def key_frames(self) -> Tuple[int, ...]:
        """Frames on which something was drawn, in order."""
        return tuple(sorted({key.frame for key in self.keys} | {one.frame for one in self.paintings}))

    def with_knots(self, frame: int, knots: Tuple[Knot, ...]) -> "Mask":
        """The mask with its shape drawn on a frame, anew if something was painted there.

        A shape of another number of points replaces all others, unless they are tracked: then nothing moves between
        them.
        """
        key = ShapeKey(frame, knots)
        others = [one for one in self.keys if one.frame != frame]
        if not self.tracked:
            others = [one for one in others if len(one.knots) == len(knots)]
        paintings = tuple(one for one in self.paintings if one.frame != frame)
        return replace(
            self, keys=tuple(sorted([*others, key], key=lambda one: one.frame)), paintings=paintings
        )

    def with_stroke(self, frame: int, stroke: Stroke) -> "Mask":
        """The mask with one stroke more on a frame, over what is seen there."""
        tracked, seen = self.tracked_at(frame), self.painting_at(frame)
        if tracked is not None:
            painting = Painting(frame, (stroke,), tracked.picture(frame))
        elif seen is not None:
            painting = Painting(frame, (*seen.strokes, stroke), seen.base)
        else:
            painting = Painting(frame, (stroke,))
        others = [one for one in self.paintings if one.frame != frame]
        return replace(self, paintings=tuple(sorted([*others, painting], key=lambda one: one.frame)))

    def without_key(self, frame: int) -> "Mask":
        """The mask without what was drawn on a frame."""
        return replace(
            self,
            keys=tuple(key for key in self.keys if key.frame != frame),
            paintings=tuple(one for one in self.paintings if one.frame != frame),
        )

    def drawings(self) -> Dict[str, str]:
        """Frame → fingerprint of what is drawn there."""
        return {str(frame): self._fingerprint(frame) for frame in self.key_frames()}

    def untracked_changes(self) -> Tuple[int, ...]:
        """Frames whose drawing is new, changed or gone since it was tracked; nothing if nothing is tracked."""
        if not self.tracked:
            return ()
        now, then = self.drawings(), self.tracked_from
        return tuple(sorted(int(frame) for frame in {*now, *then} if now.get(frame) != then.get(frame)))

    def with_tracked(self, found: Iterable[Tracked], tracked_from: Dict[str, str]) -> "Mask":
        """The mask with other frames tracked; those that were tracked elsewhere stay."""
        kept = list(self.tracked)
        for new in found:
            parts = [one.part(0, new.start) + one.part(new.end_exclusive, one.end_exclusive) for one in kept]
            kept = [*(part for both in parts for part in both), new]
        return replace(
            self, tracked=tuple(sorted(kept, key=lambda one: one.start)), tracked_from=dict(tracked_from)
        )

    def without_tracked(self) -> "Mask":
        """The mask as it was drawn alone; of shapes with different numbers of points the first one's stay."""
        keys = tuple(key for key in self.keys if len(key.knots) == len(self.keys[0].knots))
        return replace(self, keys=keys, tracked=(), tracked_from={})

    def folders(self) -> Tuple[str, ...]:
        """All rendered mattes that it names: a movie, sequence or picture, or the folder of such."""
        bases = [one.base for one in self.paintings if one.base is not None]
        named = [one.folder for one in self.tracked] + bases + ([] if self.media is None else [self.media])
        return tuple(dict.fromkeys(named))

    def _fingerprint(self, frame: int) -> str:
        drawn = [_fingerprint(key) for key in self.keys if key.frame == frame]
        drawn += [_fingerprint(one) for one in self.paintings if one.frame == frame]
        return "+".join(drawn)


@dataclass(frozen=True)
class Span:
    """The frames on which a drawing counts, blended in and out.

    Attributes:
        start, end_exclusive: of the media.
        fade: over how many frames it comes and goes, within them.
    """

    start: int
    end_exclusive: int
    fade: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end_exclusive or not 0 <= self.fade <= MOST_FADE:
            raise SpecError("a drawing counts on one frame at least, and fades over 0 to 1000 frames")

    def level(self, frame: int) -> float:
        """How much of it is seen on a frame, 0..1: more than 0 within it, and 1 where no fade reaches."""
        inside = min(frame - self.start + 1, self.end_exclusive - frame)
        return min(1.0, max(0, inside) / (self.fade + 1))


@labelled("Roto.1")
@dataclass(frozen=True)
class Roto:
    """All masks of one shot.

    Attributes:
        width, height: of the plate, pixels.
        masks: from the first that counts to the last.
        span: the frames on which they count; None for all.
    """

    width: int
    height: int
    masks: Tuple[Mask, ...] = ()
    span: Optional[Span] = None

    def __post_init__(self) -> None:
        if not (0 < self.width <= 100_000 and 0 < self.height <= 100_000):
            raise SpecError(f"a roto for a plate of {self.width}x{self.height} pixels")
        if len(self.masks) > MOST_MASKS:
            raise SpecError(f"a roto has at most {MOST_MASKS} masks")
        if len({mask.id for mask in self.masks}) < len(self.masks):
            raise SpecError("two masks of a roto have one number")

    @property
    def draws(self) -> bool:
        """Whether any enabled mask adds something."""
        return any(
            mask.enabled and mask.mode == "add" and (mask.keys or mask.paintings or mask.media)
            for mask in self.masks
        )

    def mask(self, number: "int | None") -> Optional[Mask]:
        """The mask of that id."""
        return next((mask for mask in self.masks if mask.id == number), None)

    def next_id(self) -> int:
        """An id that no mask has."""
        return max((mask.id for mask in self.masks), default=0) + 1

    def with_mask(self, mask: Mask) -> "Roto":
        """The roto with a mask in place of the one of its id, or at the end."""
        if self.mask(mask.id) is None:
            return replace(self, masks=(*self.masks, mask))
        return replace(self, masks=tuple(mask if one.id == mask.id else one for one in self.masks))

    def without_mask(self, number: int) -> "Roto":
        """The roto without a mask."""
        return replace(self, masks=tuple(mask for mask in self.masks if mask.id != number))


@lru_cache(maxsize=4096)
def _fingerprint(drawn: "ShapeKey | Painting") -> str:
    """Of what is drawn on one frame; kept, since a panel asks with every edit."""
    return hashlib.sha256(json.dumps(_measured(encode(drawn))).encode()).hexdigest()[:16]


def _measured(value: Any) -> Any:
    """A JSON value whose numbers are all floats: 1 and 1.0 are one place."""
    if isinstance(value, (list, tuple)):
        return [_measured(item) for item in value]
    if isinstance(value, dict):
        return {key: _measured(item) for key, item in value.items()}
    return float(value) if isinstance(value, int) else value
