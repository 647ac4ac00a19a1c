"""Silhouette's shapes (.fxs): XML whose unit is the picture's height, with y down and the origin in its middle.

A point of a Bézier shape is `(place),(incoming handle),(outgoing handle)`, all of them places; one of a B-spline is a
place that the curve is drawn to. Frame 0 is the first of the session.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from ..protocol.errors import MatteError
from ..protocol.roto import MOST_KNOTS, Knot, Mask, Roto, ShapeKey

_PAIR = re.compile(r"\(\s*([^,()]+)\s*,\s*([^,()]+)\s*\)")
_IDENTITY = tuple(float(k % 5 == 0) for k in range(16))
Place = tuple[float, float]


def read_fxs(path: Path, *, width: int, height: int) -> list[Mask]:
    """The closed shapes of a Silhouette file.

    Args:
        path: the file.
        width, height: of the plate, pixels.

    Raises:
        MatteError: it is no such file, has no shape, or moves its shapes by a transform.
    """
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except OSError as error:
        raise MatteError(f"it cannot be read: {error.strerror}", clip=str(path)) from None
    except ElementTree.ParseError as error:
        raise MatteError(f"it is no XML: {error}", clip=str(path)) from None
    if root.tag != "Silhouette":
        raise MatteError(f"it begins with '{root.tag[:40]}', not with Silhouette", clip=str(path))
    masks: list[Mask] = []
    try:
        _refuse_moved(root)
        for element in root.iter():
            if element.get("type") == "Shape":
                keys = _keys(element, width, height)
                if keys:
                    masks.append(_mask(element, len(masks) + 1, keys))
    except ValueError as error:
        raise MatteError(f"its shapes cannot be understood: {error}", clip=str(path)) from None
    if not masks:
        raise MatteError("it holds no closed Bézier or B-spline shape", clip=str(path))
    return masks


def write_fxs(roto: Roto, path: Path) -> None:
    """All shapes with all their keyframes; brush strokes, tracked frames and rendered mattes have no outline.

    Raises:
        MatteError: no mask has an outline.
        OSError: it cannot be written.
    """
    root = ElementTree.Element("Silhouette", width=str(roto.width), height=str(roto.height))
    layer = ElementTree.SubElement(root, "Layer", type="Layer", label="Lumiere", expanded="True")
    objects = ElementTree.SubElement(
        ElementTree.SubElement(layer, "Properties"), "Property", id="objects", constant="True"
    )
    for mask in roto.masks:
        if mask.keys and len(mask.keys[0].knots) >= 3:
            _add_shape(objects, mask, roto)
    if not len(objects):
        raise MatteError("no mask has an outline", remedy="export the matte as a movie instead")
    ElementTree.indent(root)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _mask(element: ElementTree.Element, number: int, keys: tuple[ShapeKey, ...]) -> Mask:
    return Mask(
        number,
        (element.get("label") or f"Shape {number}")[:200],
        "spline",
        mode="subtract" if _value(element, "mode").lower() == "subtract" else "add",
        enabled=element.get("hidden", "False").lower() != "true",
        inverted=_value(element, "invert").lower() == "true",
        keys=keys,
    )


def _value(element: ElementTree.Element, name: str) -> str:
    """A constant property of a shape, or ""."""
    return (element.findtext(f"Properties/Property[@id='{name}']/Value") or "").strip()


def _refuse_moved(root: ElementTree.Element) -> None:
    for prop in root.iter("Property"):
        if prop.get("id") != "transform.matrix":
            continue
        for entry in prop.iter():
            text = (entry.text or "").strip()
            if not text:
                continue
            numbers = tuple(float(number) for number in text.strip("()").split(","))
            if (
                len(numbers) != len(_IDENTITY)
                or max(abs(a - b) for a, b in zip(numbers, _IDENTITY, strict=True)) > 1e-6
            ):
                raise ValueError("a layer is moved by a transform; bake it into the shapes first")


def _keys(element: ElementTree.Element, width: int, height: int) -> tuple[ShapeKey, ...]:
    """The shape on each of its keyframes; nothing for an open one, or of another kind."""
    found = {}
    for prop in element.findall("Properties/Property[@id='path']"):
        for entry in prop:
            shape = entry.find("Path")
            if shape is None or shape.get("closed", "True").lower() != "true":
                continue
            places = [_places(point.text or "", width, height) for point in shape.findall("Point")]
            if not 3 <= len(places) <= MOST_KNOTS:
                continue
            kind = (shape.get("type") or "Bezier").lower()
            if kind == "bspline":
                knots = _of_bspline([place[0] for place in places])
            elif kind == "bezier":
                knots = tuple(_knot(place) for place in places)
            else:
                continue
            found[round(float(entry.get("frame", "0")))] = knots
    return tuple(ShapeKey(frame, found[frame]) for frame in sorted(found))


def _places(text: str, width: int, height: int) -> list[Place]:
    found = [(float(x) * height + width / 2, float(y) * height + height / 2) for x, y in _PAIR.findall(text)]
    if not found:
        raise ValueError(f"'{text[:40]}' is no point")
    return found


def _knot(places: list[Place]) -> Knot:
    """A corner has its place alone."""
    (x, y), *handles = places
    into, out = handles if len(handles) == 2 else ((x, y), (x, y))
    return Knot(x, y, into[0] - x, into[1] - y, out[0] - x, out[1] - y)


def _of_bspline(places: list[Place]) -> tuple[Knot, ...]:
    """A closed uniform cubic B-spline as a Bézier curve: the same curve, by its basis at the joins."""
    knots = []
    for k, (px, py) in enumerate(places):
        (ax, ay), (bx, by) = places[k - 1], places[(k + 1) % len(places)]
        x, y = (ax + 4 * px + bx) / 6, (ay + 4 * py + by) / 6
        into, out = ((2 * px + ax) / 3, (2 * py + ay) / 3), ((2 * px + bx) / 3, (2 * py + by) / 3)
        knots.append(Knot(x, y, into[0] - x, into[1] - y, out[0] - x, out[1] - y))
    return tuple(knots)


def _add_shape(objects: ElementTree.Element, mask: Mask, roto: Roto) -> None:
    shape = ElementTree.SubElement(
        objects,
        "Object",
        type="Shape",
        label=mask.name,
        shape_type="Bezier",
        hidden=str(not mask.enabled),
        locked=str(mask.locked),
    )
    properties = ElementTree.SubElement(shape, "Properties")
    for name, value in (("mode", mask.mode.capitalize()), ("invert", str(mask.inverted).lower())):
        prop = ElementTree.SubElement(properties, "Property", constant="True", id=name)
        ElementTree.SubElement(prop, "Value").text = value
    drawn = ElementTree.SubElement(properties, "Property", id="path")
    for key in mask.keys:
        entry = ElementTree.SubElement(drawn, "Key", frame=str(key.frame), interp="linear")
        curve = ElementTree.SubElement(entry, "Path", closed="True", type="Bezier")
        for knot in key.knots:
            places = (
                (knot.x, knot.y),
                (knot.x + knot.in_x, knot.y + knot.in_y),
                (knot.x + knot.out_x, knot.y + knot.out_y),
            )
            ElementTree.SubElement(curve, "Point").text = ",".join(
                f"({(x - roto.width / 2) / roto.height:.8f},{(y - roto.height / 2) / roto.height:.8f})"
                for x, y in places
            )
