"""Shapes of Nuke and Silhouette come in where they stand, and go out so that they come back the same."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.matte.roto_fxs import read_fxs, write_fxs
from lumiere_engine.matte.roto_import import first_number, import_masks
from lumiere_engine.matte.roto_nuke import read_nuke, write_nuke
from lumiere_engine.matte.roto_raster import render_roto
from lumiere_engine.matte.source import open_matte
from lumiere_engine.protocol.errors import MatteError
from lumiere_engine.protocol.roto import Knot, Mask, Roto, ellipse, rectangle, smoothed

SIZE = (160, 96)
BLOB = smoothed(((30.0, 20.0), (120.0, 15.0), (90.0, 80.0), (30.0, 60.0)))


def hexed(value: float) -> str:
    return f"x{struct.unpack('>I', struct.pack('>f', value))[0]:x}"


def script(points: str, *, root: str = "{t x42a00000 x42400000}", kind: str = "bezier") -> str:
    """A Roto node as Nuke writes it, in a group among other nodes."""
    return f"""#! /nuke -nx
version 12.2 v2
Blur {{
 size {{{{curve x1 5 x2 9}}}}
 label "a brace {{ in quotes"
}}
Group {{
 Roto {{
  output alpha
  curves {{{{{{v x3f99999a}}
  {{f 0}}
  {{n
   {{layer Root
    {{f 2097152}}
    {root}
    {{a pt1x 0}}
    {{curvegroup Bezier1 512 {kind}
     {{{{cc
       {{f 8192}}
       {points}}}     idem}}
     {{tx x3f800000 x42a00000 x42400000}}
     {{a osbe 0 str 1}}}}}}}}}}}}
  name Roto1
 }}
}}
"""


TRIANGLE = "{px x40a00000 {0 0} {x41200000 x42400000} {x40800000 x40000000} {0 0} {x42700000 x42400000} {0 0} {0 0} {x42200000 x41800000} {0 0}}"  # noqa: E501


def test_a_nuke_shape_stands_where_nuke_draws_it(tmp_path: Path) -> None:
    path = tmp_path / "roto.nk"
    path.write_text(script(TRIANGLE))
    (mask,) = read_nuke(path, height=96, first_number=1)
    assert (mask.name, mask.kind) == ("Bezier1", "spline")
    assert [key.frame for key in mask.keys] == [4], "frame 5 of a movie that begins with 1"
    assert mask.knots_at(0) == (Knot(10, 48, 0, 0, 4, -2), Knot(60, 48), Knot(40, 80)), "y goes down"


def test_animated_points_of_nuke_become_keyframes(tmp_path: Path) -> None:
    moving = f"{{{{{hexed(1001)} {hexed(10)}}} {{S {hexed(1011)} {hexed(30)}}}}}"
    points = TRIANGLE.replace("{x41200000 x42400000}", f"{{{moving} x42400000}}", 1)
    path = tmp_path / "roto.nk"
    path.write_text(script(points))
    (mask,) = read_nuke(path, height=96, first_number=1001)
    assert [(key.frame, key.knots[0].x, key.knots[1].x) for key in mask.keys] == [(0, 10, 60), (10, 30, 60)]


def test_nuke_shapes_go_out_and_come_back(tmp_path: Path) -> None:
    shapes = (
        Mask(1, "Big blob", "spline").with_knots(3, BLOB),
        Mask(2, "E", "ellipse").with_knots(0, ellipse(20, 10, 80, 60)),
        Mask(3, "off", "ellipse", enabled=False).with_knots(0, ellipse(20, 10, 80, 60)),
    )
    write_nuke(Roto(*SIZE, shapes), 7, tmp_path / "out.nk", first_number=1001)
    back = read_nuke(tmp_path / "out.nk", height=96, first_number=1001)
    assert [(mask.name, [key.frame for key in mask.keys]) for mask in back] == [("Big_blob", [7]), ("E", [7])]
    given, found = (render_roto(Roto(*SIZE, tuple(masks)), 7, *SIZE) for masks in (shapes, back))
    assert np.abs(given - found).max() < 0.02


def test_silhouette_shapes_go_out_and_come_back_with_their_time(tmp_path: Path) -> None:
    blob = Mask(1, "Blob", "spline", inverted=True).with_knots(2, BLOB)
    blob = blob.with_knots(9, tuple(knot.moved(12, -5) for knot in BLOB))
    hole = Mask(2, "Hole", "rectangle", mode="subtract", enabled=False).with_knots(0, rectangle(1, 2, 30, 40))
    write_fxs(Roto(*SIZE, (blob, hole)), tmp_path / "out.fxs")
    back = read_fxs(tmp_path / "out.fxs", width=160, height=96)
    assert [(m.name, m.mode, m.enabled, m.inverted) for m in back] == [
        ("Blob", "add", True, True),
        ("Hole", "subtract", False, False),
    ]
    for frame in (0, 2, 5, 9):
        for a, b in zip(blob.knots_at(frame), back[0].knots_at(frame), strict=True):
            assert (a.x, a.y, a.in_x, a.out_y) == pytest.approx((b.x, b.y, b.in_x, b.out_y), abs=1e-4)


def test_a_silhouette_place_is_counted_from_the_middle_in_heights(tmp_path: Path) -> None:
    points = "".join(
        f"<Point>({x},{y})</Point>" for x, y in ((-0.5, -0.25), (0.5, -0.25), (0.5, 0.25), (-0.5, 0.25))
    )
    text = (
        '<Silhouette width="160" height="96"><Layer type="Layer"><Properties><Property id="objects">'
        '<Object type="Shape" label="S"><Properties><Property id="path"><Key frame="0" interp="linear">'
        f'<Path closed="True" type="KIND">{points}</Path></Key></Property></Properties></Object>'
        "</Property></Properties></Layer></Silhouette>"
    )
    path = tmp_path / "a.fxs"
    path.write_text(text.replace("KIND", "Bezier"))
    (mask,) = read_fxs(path, width=160, height=96)
    assert mask.knots_at(0) == rectangle(32, 24, 128, 72)
    path.write_text(text.replace("KIND", "Bspline"))
    (mask,) = read_fxs(path, width=160, height=96)
    middle = render_roto(Roto(*SIZE, (mask,)), 0, *SIZE)
    assert middle[48, 80] == 1 and middle[26, 34] == 0, "a B-spline stays within its corners"


IDENTITY = ",".join(str(float(k % 5 == 0)) for k in range(16))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.nk", "Roto {", "a brace is not closed"),
        ("a.nk", "Roto {}}", "closed that was not opened"),
        ("a.nk", "{" * 400 + "}" * 400, "nested too deeply"),
        ("a.nk", "Blur {\n size 3\n}", "no Bézier shape"),
        ("a.nk", script(TRIANGLE, kind="bspline"), "no Bézier shape"),
        ("a.nk", script("{px x3f800000 {0 0} {1 2}}"), "not three for each"),
        ("a.nk", script("{px x3f800000 " + "{zebra 1} " * 9 + "}"), "cannot be understood"),
        ("a.nk", script("{px x3f800000 " + "{nan 1} " * 9 + "}"), "out of range"),
        ("a.nk", script(TRIANGLE, root="{t x42a00000 x42400000 0 x40a00000}"), "moved by a transform"),
        ("a.fxs", "<Silhouette>", "no XML"),
        ("a.fxs", "<svg/>", "not with Silhouette"),
        ("a.fxs", '<Silhouette width="1"/>', "no closed"),
        (
            "a.fxs",
            f'<Silhouette><Property id="transform.matrix"><Key>(2{IDENTITY[1:]})</Key></Property></Silhouette>',
            "moved by a transform",
        ),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line_with_its_file(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(MatteError, match=told) as caught:
        import_masks(path, frame=0, first=0, count=9, size=SIZE, folder=tmp_path, plate="plate.mov")
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_a_drawing_of_another_program_is_a_matte_of_the_command_line_too(tmp_path: Path) -> None:
    for number in (1001, 1002, 1003):
        cv2.imwrite(str(tmp_path / f"plate.{number}.png"), np.zeros((96, 160, 3), np.uint8))
    plate = str(tmp_path / "plate.%04d.png")
    assert first_number(plate) == 1001 and first_number(str(tmp_path / "a.mov")) == 1
    moving = f"{{{{{hexed(1001)} {hexed(10)}}} {{{hexed(1003)} {hexed(50)}}}}}"
    (tmp_path / "roto.nk").write_text(script(TRIANGLE.replace("{x41200000 x", f"{{{moving} x", 1)))
    fmt = FrameFormat(*SIZE, Fraction(24), PixelLayout("rgb", 8), ColorTags(1, 13, 0, 2))
    with open_matte([tmp_path / "roto.nk"], fmt, 3, plate=plate) as matte:
        areas = [float(matte.read(frame).sum()) for frame in range(3)]
    assert areas[0] == pytest.approx(50 * 32 / 2, rel=0.05)
    assert areas[0] > areas[1] > areas[2] > 0
