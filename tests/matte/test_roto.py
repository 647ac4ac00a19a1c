"""Roto: what is drawn is what is rendered, and what other programs drew comes in unchanged."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.matte.roto_coco import decode_rle
from lumiere_engine.matte.roto_file import RotoMedia
from lumiere_engine.matte.roto_import import import_masks
from lumiere_engine.matte.roto_raster import outline, render_roto
from lumiere_engine.matte.roto_svg import svg_shapes, write_svg
from lumiere_engine.protocol.errors import LumiereError, MatteError, MissingMediaError, SpecError
from lumiere_engine.protocol.roto import (
    Knot,
    Mask,
    Roto,
    ShapeKey,
    Stroke,
    Tracked,
    ellipse,
    rectangle,
    smoothed,
)
from lumiere_engine.protocol.wire import decode, encode

SIZE = (160, 96)


def roto(*masks: Mask) -> Roto:
    return Roto(*SIZE, masks)


def shape(kind: str, knots: tuple[Knot, ...], number: int = 1, **more: object) -> Mask:
    return Mask(number, f"m{number}", kind, **more).with_knots(0, knots)  # type: ignore[arg-type]


def test_a_rectangle_covers_exactly_its_pixels() -> None:
    matte = render_roto(roto(shape("rectangle", rectangle(10, 20, 30, 50))), 0, *SIZE)
    assert matte[21:49, 11:29].min() == 1 and matte[20:50, 10:30].min() > 0.7
    assert matte.sum() == pytest.approx(20 * 30, rel=0.005)


@pytest.mark.parametrize("radius", [5.0, 20.0, 40.0])
def test_a_circle_has_the_area_of_a_circle(radius: float) -> None:
    knots = ellipse(80 - radius, 48 - radius, 80 + radius, 48 + radius)
    matte = render_roto(roto(shape("ellipse", knots)), 0, *SIZE)
    assert matte.sum() == pytest.approx(math.pi * radius**2, rel=0.015)


def test_a_matte_of_half_the_size_is_the_same_matte_shrunk() -> None:
    document = roto(shape("spline", smoothed(((20, 20), (120, 15), (90, 80), (30, 60)))))
    full, half = render_roto(document, 0, *SIZE), render_roto(document, 0, 80, 48)
    small = cv2.resize(full, (80, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(small - half).mean() < 0.004


def test_masks_count_in_their_order() -> None:
    whole = shape("rectangle", rectangle(0, 0, 100, 96))
    bite = shape("rectangle", rectangle(40, 0, 60, 96), 2, mode="subtract")
    back = shape("rectangle", rectangle(45, 0, 55, 96), 3)
    line = render_roto(roto(whole, bite, back), 0, *SIZE)[48]
    assert [round(float(line[x])) for x in (20, 42, 50, 58, 80, 120)] == [1, 0, 1, 0, 1, 0]
    line = render_roto(roto(shape("rectangle", rectangle(0, 0, 100, 96), inverted=True)), 0, *SIZE)[48]
    assert (round(float(line[50])), round(float(line[130]))) == (0, 1)
    off = shape("rectangle", rectangle(0, 0, 100, 96), enabled=False)
    assert not render_roto(roto(off), 0, *SIZE).any()


def test_a_stroke_is_full_inside_and_falls_to_nothing_at_its_radius() -> None:
    mask = Mask(1, "b", "brush").with_stroke(3, Stroke((40, 48, 100, 48), 20, 0.5))
    matte = render_roto(roto(mask), 3, *SIZE)
    assert matte[48, 60] == 1 and 0.2 < matte[48 + 15, 60] < 0.8 and matte[48 + 22, 60] == 0
    erased = mask.with_stroke(3, Stroke((70, 48), 10, 1.0, True))
    assert render_roto(roto(erased), 3, *SIZE)[48, 70] == 0


def test_a_painting_holds_until_the_next_one() -> None:
    mask = Mask(1, "b", "brush").with_stroke(5, Stroke((40, 48), 10)).with_stroke(8, Stroke((90, 48), 10))
    counts = [len(mask.painting_at(frame).strokes) for frame in (0, 5, 7, 8, 20)]
    assert counts == [1, 1, 1, 2, 2]


def test_a_document_survives_the_wire_and_refuses_nonsense() -> None:
    document = roto(
        shape("ellipse", ellipse(1, 2, 30, 40)), Mask(2, "b", "brush").with_stroke(1, Stroke((1.0, 2.0), 3.0))
    )
    assert decode(Roto, json.loads(json.dumps(encode(document)))) == document
    for wrong in (
        lambda: Roto(0, 5),
        lambda: Mask(1, "m", "triangle"),
        lambda: Roto(5, 5, (Mask(1, "a", "brush"), Mask(1, "b", "brush"))),
        lambda: Mask(1, "m", "spline", keys=(ShapeKey(5, ()), ShapeKey(3, ()))),
        lambda: Stroke((1, 2, 3), 4),
        lambda: Knot(float("nan"), 0),
    ):
        with pytest.raises(SpecError):
            wrong()


def test_shapes_go_out_as_svg_and_come_back(tmp_path: Path) -> None:
    document = roto(
        shape("ellipse", ellipse(20, 10, 80, 60)), shape("rectangle", rectangle(100, 20, 140, 70), 2)
    )
    write_svg(document, 0, tmp_path / "out.svg")
    masks = import_masks(
        tmp_path / "out.svg", frame=0, first=0, count=9, size=SIZE, folder=tmp_path, plate="plate.mov"
    )
    assert [mask.name for mask in masks] == ["m1", "m2"]
    back = render_roto(roto(*masks), 0, *SIZE)
    assert np.abs(back - render_roto(document, 0, *SIZE)).max() < 0.1


def test_a_drawing_with_transforms_arcs_and_a_view_box_lands_where_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "drawing.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 192"><g transform="translate(100 40)">'
        '<rect id="box" x="0" y="0" width="60" height="40"/>'
        '<circle cx="120" cy="60" r="30"/></g></svg>'
    )
    shapes = svg_shapes(path, SIZE)
    assert shapes[0][0] == "box"
    boxes = [outline(knots) for _, knots in shapes]
    assert np.allclose(boxes[0].min(0), (50, 20), atol=0.01)
    assert np.allclose(boxes[0].max(0), (80, 40), atol=0.01)
    assert np.allclose((boxes[1].min(0) + boxes[1].max(0)) / 2, (110, 50), atol=0.1)


def test_run_lengths_plain_and_compressed() -> None:
    plain = {"size": [3, 4], "counts": [4, 3, 5]}
    mask = decode_rle(plain, Path("a.json"))
    assert mask.shape == (3, 4)
    assert [tuple(place) for place in np.argwhere(mask.T)] == [(1, 1), (1, 2), (2, 0)]
    assert (decode_rle({"size": [3, 4], "counts": "435"}, Path("a.json")) == mask).all()
    for wrong in ([4, 3], [4, -3, 11], "4"):
        with pytest.raises(MatteError):
            decode_rle({"size": [3, 4], "counts": wrong}, Path("a.json"))


def test_coco_polygons_and_run_lengths_become_masks(tmp_path: Path) -> None:
    path = tmp_path / "coco.json"
    rle = {"size": [96, 160], "counts": [0, 96 * 80, 96 * 80]}
    images = [
        {"id": 1, "file_name": "f.0004.png", "width": 320, "height": 192},
        {"id": 2, "file_name": "f.0006.png"},
    ]
    annotations = [
        {"image_id": 1, "segmentation": [[20, 20, 120, 20, 120, 100, 20, 100]]},
        {"image_id": 2, "segmentation": rle},
    ]
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    spline, matte = import_masks(
        path, frame=0, first=0, count=9, size=SIZE, folder=tmp_path, plate="plate.mov"
    )
    assert spline.keys[0].frame == 4 and (spline.keys[0].knots[1].x, spline.keys[0].knots[2].y) == (60, 50)
    assert matte.kind == "matte" and matte.media is not None
    picture = cv2.imread(matte.media, cv2.IMREAD_GRAYSCALE)
    assert picture[:, :80].min() == 255 and picture[:, 80:].max() == 0


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"annotations": 5}', "<svg", '{"annotations": [{}]}'])
def test_what_holds_no_mask_is_refused_in_one_line(content: str, tmp_path: Path) -> None:
    for name in ("a.svg", "a.json", "a.mov"):
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(LumiereError) as caught:
            import_masks(path, frame=0, first=0, count=9, size=SIZE, folder=tmp_path, plate="plate.mov")
        assert "\n" not in str(caught.value)
    with pytest.raises(MissingMediaError):
        import_masks(
            tmp_path / "none.svg", frame=0, first=0, count=9, size=SIZE, folder=tmp_path, plate="plate.mov"
        )


def tracked_folder(folder: Path, frames: range) -> Tracked:
    """White columns as wide as the frame's number."""
    folder.mkdir()
    for frame in frames:
        picture = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        picture[:, :frame] = 255
        cv2.imwrite(str(folder / f"{frame:06d}.png"), picture)
    return Tracked(str(folder), frames.start, (0.9,) * len(frames))


def test_tracked_frames_stand_where_nothing_is_drawn_and_strokes_are_painted_over_them(
    tmp_path: Path,
) -> None:
    mask = shape("rectangle", rectangle(60, 0, 80, 96))
    mask = mask.with_tracked((tracked_folder(tmp_path / "run", range(1, 30)),), mask.drawings())
    read = RotoMedia().read

    def line(mask: Mask, frame: int) -> list[int]:
        row = render_roto(roto(mask), frame, *SIZE, read)[48]
        return [round(float(row[x])) for x in (5, 15, 70)]

    assert [line(mask, frame) for frame in (0, 10, 20, 30)] == [[0, 0, 1], [1, 0, 0], [1, 1, 0], [0, 0, 1]]
    painted = mask.with_stroke(20, Stroke((70, 48), 5)).with_stroke(20, Stroke((5, 48), 3, erase=True))
    assert line(painted, 20) == [0, 1, 1] and line(painted, 21) == [1, 1, 0]
    assert painted.untracked_changes() == (20,)
    drawn = painted.with_knots(20, rectangle(12, 0, 30, 96))
    assert line(drawn, 20) == [0, 1, 0]
    assert decode(Roto, json.loads(json.dumps(encode(roto(drawn))))).masks[0].drawings() == drawn.drawings()


def test_tracking_again_in_one_place_leaves_the_rest() -> None:
    mask = shape("rectangle", rectangle(60, 0, 80, 96))
    mask = mask.with_tracked((Tracked("/a", 1, tuple(k / 100 for k in range(1, 50))),), mask.drawings())
    mask = mask.with_tracked((Tracked("/b", 20, (0.5,) * 5), Tracked("/c", 48, (0.5,) * 5)), {})
    assert [(one.folder, one.start, one.end_exclusive) for one in mask.tracked] == [
        ("/a", 1, 20), ("/b", 20, 25), ("/a", 25, 48), ("/c", 48, 53),
    ]  # fmt: skip
    assert mask.tracked[2].confidence[0] == 0.25 and mask.folders() == ("/a", "/b", "/c")
    assert mask.untracked_changes() == (0,)
    with pytest.raises(SpecError, match="not in order"):
        Mask(1, "m", "brush", tracked=(Tracked("/a", 5, (1.0,)), Tracked("/a", 5, (1.0,))))
    with pytest.raises(SpecError, match="no frame"):
        Mask(1, "m", "brush", tracked_from={"one": "x"})
