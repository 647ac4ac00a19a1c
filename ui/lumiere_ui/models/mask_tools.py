"""What the mouse does to the roto, in pixels of the plate; the viewer only turns places on screen into those."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lumiere_engine.protocol.roto import Knot, Mask, Stroke, ellipse, rectangle, smoothed
from PySide6.QtCore import QObject, Signal

from .roto_document import RotoDocument

TOOLS = ("select", "rectangle", "ellipse", "spline", "brush", "eraser", "arrow")
NAMES = {
    "rectangle": "Rectangle",
    "ellipse": "Ellipse",
    "spline": "Spline",
    "brush": "Brush",
    "matte": "Matte",
}
_SMALLEST = 2.0  # pixels of the plate: less is a click
Box = tuple[float, float, float, float]


@dataclass
class _Drag:
    """Something held with the mouse.

    Attributes:
        what: "create", "correct", "corner", "knot", "move" or "paint".
        x, y: where it began.
        knots: the shape then.
        index: of the knot or corner.
    """

    what: str
    x: float
    y: float
    knots: tuple[Knot, ...] = ()
    index: int = 0


class MaskTools(QObject):
    """The selected tool and what it is about to draw.

    Args:
        document: what is drawn on.
        parent: with which it ends.
    """

    changed = Signal()
    """Tool, size or hardness, or the open spline."""

    def __init__(self, document: RotoDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.tool = "rectangle"
        self.size = 60.0
        self.hardness = 0.8
        self.open_spline: tuple[tuple[float, float], ...] = ()
        self._drag: _Drag | None = None
        self._xy: list[float] = []

    def choose(self, tool: str) -> None:
        """Take a tool; an open spline is closed by that."""
        if tool != self.tool:
            self.finish()
            self.tool = tool
            self.changed.emit()

    def set_brush(self, size: float | None = None, hardness: float | None = None) -> None:
        """Diameter in pixels of the plate, 1..2000, and hardness, 0..1."""
        if size is not None:
            self.size = min(max(1.0, size), 2000.0)
        if hardness is not None:
            self.hardness = min(max(0.0, hardness), 1.0)
        self.changed.emit()

    @property
    def stroke(self) -> Stroke | None:
        """The stroke that is being painted."""
        if self._drag is None or self._drag.what != "paint" or not self._xy:
            return None
        mask = self._document.mask
        # in a mask that takes away, the eraser paints and the brush erases
        erase = (self.tool == "eraser") != (mask is not None and mask.mode == "subtract")
        return Stroke(tuple(self._xy), self.size / 2, self.hardness, erase)

    @property
    def dragging(self) -> bool:
        """Whether the mouse holds something."""
        return self._drag is not None

    def press(self, frame: int, x: float, y: float, reach: float) -> None:
        """The button goes down.

        Args:
            frame: of the media.
            x, y: where.
            reach: how near counts as on a point, pixels of the plate.
        """
        if self._document.roto is None:
            return
        if self.tool in ("brush", "eraser"):
            self._begin_stroke(frame, x, y)
        elif self.tool == "spline" and self.open_spline:
            self._add_point(frame, x, y, reach)
        elif self._grab(frame, x, y, reach):
            return
        elif self.tool == "spline":
            self.open_spline = ((x, y),)
            self.changed.emit()
        elif self.tool in ("rectangle", "ellipse"):
            self._drag = _Drag("correct" if self._corrects(frame) else "create", x, y)
        else:
            self._select_at(frame, x, y)

    def move(self, frame: int, x: float, y: float) -> None:
        """The mouse moves with the button down."""
        drag = self._drag
        if drag is None:
            return
        if drag.what == "paint":
            self._xy += [x, y]
            stroke = self.stroke
            if stroke is not None:
                self._document.draft_stroke(frame, stroke)
        elif drag.what == "create":
            if max(abs(x - drag.x), abs(y - drag.y)) >= _SMALLEST:
                self._draft_new(frame, _box_of(drag.x, drag.y, x, y))
        elif drag.what == "correct":
            if max(abs(x - drag.x), abs(y - drag.y)) >= _SMALLEST:
                box = _box_of(drag.x, drag.y, x, y)
                self._document.draft_shape(
                    frame, rectangle(*box) if self.tool == "rectangle" else ellipse(*box)
                )
        elif drag.what == "move":
            moved = tuple(knot.moved(x - drag.x, y - drag.y) for knot in drag.knots)
            self._document.draft_shape(frame, moved)
        elif drag.what == "corner":
            self._document.draft_shape(frame, self._resized(drag, x, y))
        else:
            knots = list(drag.knots)
            knots[drag.index] = knots[drag.index].moved(x - drag.x, y - drag.y)
            self._document.draft_shape(frame, tuple(knots))

    def release(self) -> None:
        """The button goes up: what was drawn counts."""
        drag, self._drag = self._drag, None
        if drag is None:
            return
        names = {"paint": "brush stroke", "create": f"new {self.tool}", "move": "move of a mask"}
        names["correct"] = "correction"
        if drag.what == "paint" and self.tool == "eraser":
            names["paint"] = "eraser stroke"
        draft = self._document.roto
        self._document.commit(names.get(drag.what, "change of a shape"))
        self._xy = []
        if drag.what == "create" and draft is not None and draft.masks:
            self._document.select(draft.masks[-1].id)
        self.changed.emit()

    def finish(self, frame: int | None = None) -> None:
        """Close an open spline, if it has three points; drop it otherwise."""
        points, self.open_spline = self.open_spline, ()
        if len(points) >= 3 and frame is not None and self._corrects(frame):
            self._document.draft_shape(frame, smoothed(points))
            self._document.commit("correction")
        elif len(points) >= 3 and frame is not None and self._document.roto is not None:
            self._new("spline", frame, smoothed(points))
            self._document.commit("new spline")
            assert self._document.roto is not None
            self._document.select(self._document.roto.masks[-1].id)
        if points:
            self.changed.emit()

    def cancel(self) -> None:
        """Drop what is being drawn."""
        self._drag, self.open_spline, self._xy = None, (), []
        self._document.drop_draft()
        self.changed.emit()

    def handles(self, frame: int) -> tuple[tuple[float, float], ...]:
        """Places of the selected mask that can be taken hold of; none where it is tracked."""
        mask = self._document.mask
        if mask is None or mask.locked or mask.kind in ("brush", "matte") or mask.tracked_at(frame):
            return ()
        knots = mask.knots_at(frame)
        if not knots:
            return ()
        if mask.kind == "spline":
            return tuple((knot.x, knot.y) for knot in knots)
        left, top, right, bottom = bounds(knots)
        return (left, top), (right, top), (right, bottom), (left, bottom)

    def _grab(self, frame: int, x: float, y: float, reach: float) -> bool:
        """Take hold of a point of the selected mask, or of all of it."""
        mask = self._document.mask
        if mask is None or mask.locked or mask.kind in ("brush", "matte") or mask.tracked_at(frame):
            return False
        knots = mask.knots_at(frame)
        places = self.handles(frame)
        near = [(math.hypot(px - x, py - y), k) for k, (px, py) in enumerate(places)]
        if near and min(near)[0] <= reach:
            what = "knot" if mask.kind == "spline" else "corner"
            self._drag = _Drag(what, x, y, knots, min(near)[1])
            return True
        if contains(knots, x, y):
            self._drag = _Drag("move", x, y, knots)
            return True
        return False

    def _corrects(self, frame: int) -> bool:
        """Whether a shape that is drawn here corrects the tracked mask in hand, rather than being a new one."""
        mask = self._document.mask
        return (
            mask is not None
            and not mask.locked
            and mask.kind == self.tool
            and mask.tracked_at(frame) is not None
        )

    def _select_at(self, frame: int, x: float, y: float) -> None:
        roto = self._document.roto
        for mask in reversed(roto.masks if roto else ()):
            if contains(mask.knots_at(frame), x, y):
                self._document.select(mask.id)
                return

    def _begin_stroke(self, frame: int, x: float, y: float) -> None:
        mask, roto = self._document.mask, self._document.roto
        assert roto is not None
        painted = mask is not None and (mask.kind == "brush" or bool(mask.tracked))
        if mask is not None and mask.locked and painted:
            return
        if not painted:
            number = self._document.add(NAMES["brush"], "brush")
            if self.tool == "eraser":
                # erasing from a shape: a brush mask that takes away
                self._document.set_flag(number, mode="subtract")
        self._drag = _Drag("paint", x, y)
        self._xy = [x, y]
        stroke = self.stroke
        if stroke is not None:
            self._document.draft_stroke(frame, stroke)

    def _add_point(self, frame: int, x: float, y: float, reach: float) -> None:
        first = self.open_spline[0]
        if len(self.open_spline) >= 3 and math.hypot(first[0] - x, first[1] - y) <= reach:
            self.finish(frame)
        else:
            self.open_spline = (*self.open_spline, (x, y))
            self.changed.emit()

    def _draft_new(self, frame: int, box: Box) -> None:
        self._new(self.tool, frame, rectangle(*box) if self.tool == "rectangle" else ellipse(*box))

    def _new(self, kind: str, frame: int, knots: tuple[Knot, ...]) -> None:
        """A draft with one mask more."""
        self._document.drop_draft()
        roto = self._document.roto
        assert roto is not None
        count = sum(1 for mask in roto.masks if mask.kind == kind) + 1
        mask = Mask(roto.next_id(), f"{NAMES[kind]} {count}", kind).with_knots(frame, knots)
        self._document.draft(roto.with_mask(mask))

    def _resized(self, drag: _Drag, x: float, y: float) -> tuple[Knot, ...]:
        left, top, right, bottom = bounds(drag.knots)
        opposite = ((right, bottom), (left, bottom), (left, top), (right, top))[drag.index]
        box = _box_of(*opposite, x, y)
        mask = self._document.mask
        return ellipse(*box) if mask is not None and mask.kind == "ellipse" else rectangle(*box)


def bounds(knots: tuple[Knot, ...]) -> Box:
    """Left, top, right, bottom of the points."""
    xs, ys = [knot.x for knot in knots], [knot.y for knot in knots]
    return min(xs), min(ys), max(xs), max(ys)


def contains(knots: tuple[Knot, ...], x: float, y: float) -> bool:
    """Whether a place lies within the polygon of the points."""
    inside = False
    for a, b in zip(knots, (*knots[1:], *knots[:1]), strict=True):
        if (a.y > y) != (b.y > y) and x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x:
            inside = not inside
    return inside


def _box_of(ax: float, ay: float, bx: float, by: float) -> Box:
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
