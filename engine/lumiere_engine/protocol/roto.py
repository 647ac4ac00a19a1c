"""Roto: the shapes that a matte is drawn with, as they are stored beside a shot and sent between processes.

All places are pixels of the plate, x to the right, y down, 0 at the upper left corner of the picture: the middle of
the first pixel is (0.5, 0.5). Frames are those of the media file, counted from 0. Everything is frozen: an edit makes
a new `Roto`, so an undo is the one before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Optional, Tuple

from .errors import SpecError
from .wire import labelled

ROTO_SUFFIX = ".roto.json"
KINDS = ("rectangle", "ellipse", "spline", "brush", "matte")
MODES = ("add", "subtract")
MOST_MASKS = 200
MOST_KNOTS = 20_000
_FARTHEST = 1e6  # pixels
_KAPPA = 4 / 3 * math.tan(math.pi / 8)  # length of a tangent that makes a quarter of a circle


@dataclass(frozen=True)
class Knot:
    """A point of a closed Bézier curve.

    Attributes:
        x, y: where it is.
        in_x, in_y: its incoming handle, relative to it; 0, 0 makes a corner.
        out_x, out_y: its outgoing handle, relative to it.
    """

    x: float
    y: float
    in_x: float = 0.0
    in_y: float = 0.0
    out_x: float = 0.0
    out_y: float = 0.0

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.in_x, self.in_y, self.out_x, self.out_y)
        if not all(-_FARTHEST <= value <= _FARTHEST for value in values):
            raise SpecError("a roto point lies out of range")

    def moved(self, dx: float, dy: float) -> "Knot":
        """The point elsewhere, its handles with it."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def towards(self, other: "Knot", share: float) -> "Knot":
        """The point between this one (share 0) and another one (share 1)."""
        mine = (self.x, self.y, self.in_x, self.in_y, self.out_x, self.out_y)
        theirs = (other.x, other.y, other.in_x, other.in_y, other.out_x, other.out_y)
        return Knot(*(a + (b - a) * share for a, b in zip(mine, theirs)))  # noqa: B905


@dataclass(frozen=True)
class ShapeKey:
    """A shape as it was drawn on one frame.

    Attributes:
        frame: of the media.
        knots: of the closed curve; fewer than 3 enclose nothing.
    """

    frame: int
    knots: Tuple[Knot, ...]

    def __post_init__(self) -> None:
        if len(self.knots) > MOST_KNOTS:
            raise SpecError(f"a shape has at most {MOST_KNOTS} points")


@dataclass(frozen=True)
class Stroke:
    """One stroke of the brush.

    Attributes:
        xy: x and y of its points, one after the other.
        radius: pixels, more than 0.
        hardness: 0..1, the share of the radius that is full; from there it falls to 0.
        erase: whether it takes away.
    """

    xy: Tuple[float, ...]
    radius: float
    hardness: float = 0.8
    erase: bool = False

    def __post_init__(self) -> None:
        if len(self.xy) % 2 or not self.xy:
            raise SpecError("a stroke has pairs of numbers, one at least")
        if not all(-_FARTHEST <= value <= _FARTHEST for value in self.xy):
            raise SpecError("a stroke lies out of range")
        if not 0 < self.radius <= 10_000 or not 0 <= self.hardness <= 1:
            raise SpecError("a brush has a radius of up to 10000 pixels and a hardness of 0 to 1")


@dataclass(frozen=True)
class Painting:
    """All strokes that are seen on one frame, and on those after it up to the next painting.

    Attributes:
        frame: of the media.
        strokes: in the order in which they were painted.
    """

    frame: int
    strokes: Tuple[Stroke, ...]


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
        if len({len(key.knots) for key in self.keys}) > 1:
            raise SpecError("the keyframes of a mask differ in their number of points", clip=self.name)

    def knots_at(self, frame: int) -> Tuple[Knot, ...]:
        """The shape on a frame: before the first keyframe and after the last it stands still."""
        if not self.keys:
            return ()
        after = next((key for key in self.keys if key.frame >= frame), self.keys[-1])
        before = next((key for key in reversed(self.keys) if key.frame <= frame), self.keys[0])
        if after.frame <= before.frame:
            return before.knots
        share = (frame - before.frame) / (after.frame - before.frame)
        return tuple(a.towards(b, share) for a, b in zip(before.knots, after.knots))  # noqa: B905

    def strokes_at(self, frame: int) -> Tuple[Stroke, ...]:
        """What is painted on a frame: the last painting up to it, or else the first."""
        held = next((one for one in reversed(self.paintings) if one.frame <= frame), None)
        if held is None:
            held = self.paintings[0] if self.paintings else None
        return () if held is None else held.strokes

    def key_frames(self) -> Tuple[int, ...]:
        """Frames on which something was drawn."""
        return tuple(key.frame for key in self.keys) + tuple(one.frame for one in self.paintings)

    def with_knots(self, frame: int, knots: Tuple[Knot, ...]) -> "Mask":
        """The mask with its shape drawn on a frame; a shape of another number of points replaces all others."""
        key = ShapeKey(frame, knots)
        others = [one for one in self.keys if one.frame != frame and len(one.knots) == len(knots)]
        return replace(self, keys=tuple(sorted([*others, key], key=lambda one: one.frame)))

    def with_stroke(self, frame: int, stroke: Stroke) -> "Mask":
        """The mask with one stroke more on a frame, over what is seen there."""
        painting = Painting(frame, (*self.strokes_at(frame), stroke))
        others = [one for one in self.paintings if one.frame != frame]
        return replace(self, paintings=tuple(sorted([*others, painting], key=lambda one: one.frame)))

    def without_key(self, frame: int) -> "Mask":
        """The mask without what was drawn on a frame."""
        return replace(
            self,
            keys=tuple(key for key in self.keys if key.frame != frame),
            paintings=tuple(one for one in self.paintings if one.frame != frame),
        )


@labelled("Roto.1")
@dataclass(frozen=True)
class Roto:
    """All masks of one shot.

    Attributes:
        width, height: of the plate, pixels.
        masks: from the first that counts to the last.
    """

    width: int
    height: int
    masks: Tuple[Mask, ...] = ()

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


def rectangle(left: float, top: float, right: float, bottom: float) -> Tuple[Knot, ...]:
    """Four corners, clockwise from the upper left one."""
    return Knot(left, top), Knot(right, top), Knot(right, bottom), Knot(left, bottom)


def ellipse(left: float, top: float, right: float, bottom: float) -> Tuple[Knot, ...]:
    """The ellipse in a box, clockwise from its top; 0.03 % from a true one."""
    x, y = (left + right) / 2, (top + bottom) / 2
    rx, ry = (right - left) / 2, (bottom - top) / 2
    kx, ky = rx * _KAPPA, ry * _KAPPA
    return (
        Knot(x, top, -kx, 0.0, kx, 0.0),
        Knot(right, y, 0.0, -ky, 0.0, ky),
        Knot(x, bottom, kx, 0.0, -kx, 0.0),
        Knot(left, y, 0.0, ky, 0.0, -ky),
    )


def smoothed(points: "Tuple[Tuple[float, float], ...]") -> Tuple[Knot, ...]:
    """A closed curve that goes smoothly through points (Catmull-Rom handles)."""
    count = len(points)
    if count < 3:
        return tuple(Knot(x, y) for x, y in points)
    knots = []
    for k, (x, y) in enumerate(points):
        (bx, by), (ax, ay) = points[k - 1], points[(k + 1) % count]
        dx, dy = (ax - bx) / 6, (ay - by) / 6
        knots.append(Knot(x, y, -dx, -dy, dx, dy))
    return tuple(knots)
