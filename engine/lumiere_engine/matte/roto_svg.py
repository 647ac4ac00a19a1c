"""SVG: closed shapes in, with all their transforms; the shapes of one frame out."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import svgelements

from ..protocol.errors import MatteError
from ..protocol.roto import Knot, Roto

_SAME_PX = 1e-3


def svg_shapes(path: Path, size: tuple[int, int]) -> list[tuple[str, tuple[Knot, ...]]]:
    """The closed outlines of a drawing, scaled from its view box to the plate: name and points.

    Args:
        path: the drawing.
        size: of the plate, pixels.

    Raises:
        MatteError: it is no SVG.
    """
    try:
        drawing = svgelements.SVG.parse(str(path), reify=True, width=size[0], height=size[1])
    except Exception as error:  # of the XML parser, of numbers, of colours
        raise MatteError(f"it is no SVG that can be read: {error}", clip=str(path)) from None
    box = drawing.viewbox
    width = box.width if box is not None and box.width else drawing.width or size[0]
    height = box.height if box is not None and box.height else drawing.height or size[1]
    # the parser has scaled the view box to the width and height that it was given
    fitted = min(size[0] / width, size[1] / height) if box is not None else 1.0
    scale = (size[0] / (width * fitted), size[1] / (height * fitted))
    offset = (
        ((size[0] - width * fitted) / 2, (size[1] - height * fitted) / 2) if box is not None else (0.0, 0.0)
    )
    shapes = []
    for element in drawing.elements():
        if isinstance(element, svgelements.Shape):
            for part in svgelements.Path(element).as_subpaths():
                knots = _knots(svgelements.Path(part))
                placed = tuple(_placed(knot, offset, scale) for knot in knots)
                if len(placed) >= 3:
                    shapes.append((str(element.id or ""), placed))
    return shapes


def write_svg(roto: Roto, frame: int, path: Path) -> None:
    """The shapes of a frame as a drawing of the plate's size; brush strokes, tracked frames and mattes have none.

    Raises:
        MatteError: there is no shape on that frame.
        OSError: it cannot be written.
    """
    lines = []
    for mask in roto.masks:
        knots = mask.knots_at(frame) if mask.tracked_at(frame) is None else ()
        if mask.enabled and len(knots) >= 3:
            fill = "white" if mask.mode == "add" else "black"
            lines.append(f'  <path id={quoteattr(mask.name)} fill="{fill}" d="{_data(knots)}"/>')
    if not lines:
        raise MatteError("no mask has an outline on this frame", remedy="export the matte as a movie instead")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{roto.width}" height="{roto.height}" '
        f'viewBox="0 0 {roto.width} {roto.height}">'
    )
    path.write_text("\n".join([head, *lines, "</svg>", ""]), encoding="utf-8")


def _placed(knot: Knot, offset: tuple[float, float], scale: tuple[float, float]) -> Knot:
    return Knot(
        (knot.x - offset[0]) * scale[0],
        (knot.y - offset[1]) * scale[1],
        knot.in_x * scale[0],
        knot.in_y * scale[1],
        knot.out_x * scale[0],
        knot.out_y * scale[1],
    )


def _knots(path: svgelements.Path) -> tuple[Knot, ...]:
    """A closed curve; arcs and quadratic curves as cubic ones."""
    path.approximate_arcs_with_cubics()
    knots: list[Knot] = []
    for segment in path:
        if isinstance(segment, svgelements.Move) or segment.end is None or segment.start is None:
            if segment.end is not None:
                knots.append(Knot(segment.end.x, segment.end.y))
            continue
        start, end = segment.start, segment.end
        if isinstance(segment, svgelements.CubicBezier):
            one, two = segment.control1, segment.control2
        elif isinstance(segment, svgelements.QuadraticBezier):
            one = start + (segment.control - start) * (2 / 3)
            two = end + (segment.control - end) * (2 / 3)
        else:
            one, two = start, end
        last = knots[-1]
        knots[-1] = Knot(last.x, last.y, last.in_x, last.in_y, one.x - start.x, one.y - start.y)
        knots.append(Knot(end.x, end.y, two.x - end.x, two.y - end.y))
    return _without_seam(knots)


def _without_seam(knots: list[Knot]) -> tuple[Knot, ...]:
    """The last point of a closed path is its first again."""
    while len(knots) > 1:
        first, last = knots[0], knots[-1]
        if abs(first.x - last.x) + abs(first.y - last.y) > _SAME_PX:
            break
        corner = not (last.in_x or last.in_y)
        into = (first.in_x, first.in_y) if corner else (last.in_x, last.in_y)
        knots[0] = Knot(first.x, first.y, *into, first.out_x, first.out_y)
        knots.pop()
    return tuple(knots)


def _data(knots: tuple[Knot, ...]) -> str:
    first = knots[0]
    parts = [f"M{first.x:.3f} {first.y:.3f}"]
    for a, b in zip(knots, (*knots[1:], first), strict=True):
        numbers = (a.x + a.out_x, a.y + a.out_y, b.x + b.in_x, b.y + b.in_y, b.x, b.y)
        parts.append("C" + " ".join(f"{number:.3f}" for number in numbers))
    return "".join(parts) + "Z"
