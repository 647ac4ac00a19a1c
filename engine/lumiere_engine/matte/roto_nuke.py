"""Nuke scripts: the Bézier shapes of Roto and RotoPaint nodes in, those of one frame out.

A script nests words in braces, as Tcl does. Within a shape, floats are `x` and the hexadecimal bits of an IEEE single;
`{cc ... {px FRAME {in} {centre} {out} ...}}` lists the points, tangents relative to them. Pixels, y up. A coordinate
that is animated is a list of `{frame value}`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..protocol.errors import MatteError
from ..protocol.roto import MOST_KNOTS, Knot, Mask, Roto, ShapeKey

Tree = list[Any]  # words and trees
_NODES = ("Roto", "RotoPaint")
_DEEPEST = 200
_WORD = re.compile(r'[{}]|"(?:\\.|[^"\\])*"|[^\s{}]+')
_HEX = re.compile(r"x[0-9a-fA-F]{1,8}")
# Of a transform: pivot (3), translation (3), rotation (3), scale (3); what is left out has its default.
_STILL = (None, None, None, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)


def read_nuke(path: Path, *, height: int, first_number: int) -> list[Mask]:
    """The closed Bézier shapes of a script's Roto and RotoPaint nodes.

    Args:
        path: the script.
        height: of the plate, pixels.
        first_number: of the plate's first frame in the script: 1 for a movie, else as its file is numbered.

    Raises:
        MatteError: it is no script, or has no such shape, or moves them by a transform.
    """
    try:
        tree = _parsed(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise MatteError(f"it cannot be read: {error.strerror}", clip=str(path)) from None
    except ValueError as error:
        raise MatteError(f"it is no Nuke script: {error}", clip=str(path)) from None
    masks: list[Mask] = []
    try:
        for node in _nodes(tree):
            for shape in _shapes(node):
                keys = _keys(shape, height, first_number)
                if keys:
                    masks.append(Mask(len(masks) + 1, str(shape[1])[:200], "spline", keys=keys))
    except (ValueError, IndexError, TypeError) as error:
        raise MatteError(f"its shapes cannot be understood: {error}", clip=str(path)) from None
    if not masks:
        raise MatteError(
            "it holds no Bézier shape of a Roto or RotoPaint node",
            clip=str(path),
            remedy="strokes and B-splines come in as a rendered matte",
        )
    return masks


def write_nuke(roto: Roto, frame: int, path: Path, *, first_number: int) -> None:
    """The shapes of a frame as a script with one Roto node, which can be pasted into Nuke.

    Raises:
        MatteError: there is no shape on that frame.
        OSError: it cannot be written.
    """
    shapes = []
    for mask in roto.masks:
        knots = mask.knots_at(frame) if mask.tracked_at(frame) is None else ()
        if mask.enabled and len(knots) >= 3:
            shapes.append(_shape_text(mask, knots, roto.height, frame + first_number))
    if not shapes:
        raise MatteError("no mask has an outline on this frame", remedy="export the matte as a movie instead")
    center = f"{_hex(roto.width / 2)} {_hex(roto.height / 2)}"
    lines = [
        "set cut_paste_input [stack 0]",
        "Roto {",
        " inputs 0",
        " output alpha",
        f' format "{roto.width} {roto.height} 0 0 {roto.width} {roto.height} 1 "',
        " curves {{{v x3f99999a}",
        "  {f 0}",
        "  {n",
        "   {layer Root",
        "    {f 2097152}",
        f"    {{t {center}}}",
        "    {a}",
        *shapes,
        "   }}}}",
        " name Lumiere",
        "}",
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def _parsed(text: str) -> Tree:
    """Words and braces as a tree.

    Raises:
        ValueError: the braces do not match.
    """
    stack: list[Tree] = [[]]
    for match in _WORD.finditer(text):
        word = match[0]
        if word == "{":
            if len(stack) > _DEEPEST:
                raise ValueError("its braces are nested too deeply")
            stack.append([])
        elif word == "}":
            if len(stack) == 1:
                raise ValueError("a brace is closed that was not opened")
            closed = stack.pop()
            stack[-1].append(closed)
        else:
            stack[-1].append(word)
    if len(stack) > 1:
        raise ValueError("a brace is not closed")
    return stack[0]


def _nodes(tree: Tree) -> Iterator[Tree]:
    """The bodies of all Roto and RotoPaint nodes, those in groups as well."""
    for word, body in pairwise(tree):
        if isinstance(body, list) and word in _NODES:
            yield body
    for item in tree:
        if isinstance(item, list):
            yield from _nodes(item)


def _shapes(tree: Tree) -> Iterator[Tree]:
    """All shapes below layers that stand still.

    Raises:
        ValueError: a layer or a shape is moved.
    """
    for item in tree:
        if not isinstance(item, list):
            continue
        if item[:1] in (["layer"], ["curvegroup"]):
            _refuse_moved(item)
        if item[:1] == ["curvegroup"] and item[3:4] == ["bezier"]:
            yield item
        else:
            yield from _shapes(item)


def _refuse_moved(item: Tree) -> None:
    for part in item:
        if isinstance(part, list) and part[:1] == ["t"]:
            for given, still in zip(part[1:], _STILL, strict=False):
                values = (
                    [value for _, value in _curve(given)] if isinstance(given, list) else [_number(given)]
                )
                if still is not None and any(abs(value - still) > 1e-6 for value in values):
                    raise ValueError(f"'{item[1]}' is moved by a transform; bake it into the shape first")


def _keys(shape: Tree, height: int, first_number: int) -> tuple[ShapeKey, ...]:
    """The shape on each of its keyframes; nothing for one that encloses nothing."""
    outline = next((part for part in shape if isinstance(part, list) and part and _is_curve(part[0])), None)
    if outline is None:
        return ()
    found: dict[int, tuple[Knot, ...]] = {}
    for points in outline[0]:
        if not isinstance(points, list) or points[:1] not in (["px"], ["p"]):
            continue
        frames, pairs = _points(points)
        if len(pairs) % 3 or not 9 <= len(pairs) <= 3 * MOST_KNOTS:
            raise ValueError(f"'{shape[1]}' has {len(pairs)} places, not three for each of its points")
        for frame in frames:
            found[round(frame) - first_number] = _knots(pairs, frame, height)
    return tuple(ShapeKey(frame, found[frame]) for frame in sorted(found))


def _is_curve(part: Any) -> bool:
    return isinstance(part, list) and part[:1] == ["cc"]


def _points(points: Tree) -> tuple[list[float], list[Tree]]:
    """The keyframes of a list of points, and its pairs of coordinates."""
    numbers = [_number(word) for word in points[1:] if not isinstance(word, list)]
    pairs = [pair for pair in points[1:] if isinstance(pair, list)]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("a point has no two coordinates")
    animated = {
        frame for pair in pairs for part in pair if isinstance(part, list) for frame, _ in _curve(part)
    }
    return sorted(animated) or numbers[:1] or [0.0], pairs


def _knots(pairs: list[Tree], frame: float, height: int) -> tuple[Knot, ...]:
    values = [(_at(pair[0], frame), _at(pair[1], frame)) for pair in pairs]
    return tuple(
        Knot(x, height - y, in_x, -in_y, out_x, -out_y)
        for (in_x, in_y), (x, y), (out_x, out_y) in zip(values[::3], values[1::3], values[2::3], strict=True)
    )


def _at(part: Any, frame: float) -> float:
    """A coordinate on a frame: straight between its keyframes."""
    if not isinstance(part, list):
        return _number(part)
    curve = sorted(_curve(part))
    before = max((key for key in curve if key[0] <= frame), default=curve[0])
    after = min((key for key in curve if key[0] >= frame), default=curve[-1])
    if after[0] <= before[0]:
        return before[1]
    return before[1] + (after[1] - before[1]) * (frame - before[0]) / (after[0] - before[0])


def _curve(part: Tree) -> list[tuple[float, float]]:
    """Frame and value of an animated number's keys; letters say how it moves between them."""
    keys = []
    for key in part:
        numbers = [_number(word) for word in key if not str(word).isalpha()] if isinstance(key, list) else []
        if len(numbers) < 2:
            raise ValueError("a keyframe has no frame and value")
        keys.append((numbers[0], numbers[1]))
    if not keys:
        raise ValueError("an animated number has no keyframe")
    return keys


def _number(word: Any) -> float:
    if isinstance(word, str) and _HEX.fullmatch(word):
        return float(struct.unpack(">f", int(word[1:], 16).to_bytes(4, "big"))[0])
    return float(word)


def _hex(value: float) -> str:
    """A number as the script has it; hexadecimal, without leading zeros."""
    bits = struct.unpack(">I", struct.pack(">f", value))[0]
    return f"x{bits:x}" if bits else "0"


def _shape_text(mask: Mask, knots: tuple[Knot, ...], height: int, number: int) -> str:
    name = re.sub(r"\W", "_", mask.name, flags=re.ASCII) or "Shape"
    lines = [
        f"    {{curvegroup {name} 512 bezier",
        "     {{cc",
        "       {f 8192}",
        f"       {{px {_hex(number)}",
    ]
    for knot in knots:
        lines.append(f"        {{{_hex(knot.in_x)} {_hex(-knot.in_y)}}}")
        lines.append(f"        {{{_hex(knot.x)} {_hex(height - knot.y)}}}")
        lines.append(f"        {{{_hex(knot.out_x)} {_hex(-knot.out_y)}}}")
    lines[-1] += "}}     idem}"
    x = sum(knot.x for knot in knots) / len(knots)
    y = sum(height - knot.y for knot in knots) / len(knots)
    lines.append(f"     {{tx {_hex(number)} {_hex(x)} {_hex(y)}}}")
    lines.append("     {a osbe 0 osbw 0 osew 0 osf 0 str 1 sb 1 tt x40800000}}")
    return "\n".join(lines)
