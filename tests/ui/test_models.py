"""The models without a widget."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from lumiere_engine.protocol import RemoveParams
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.roto import Roto
from lumiere_ui.models.background import Background
from lumiere_ui.models.effect_form import form_of
from lumiere_ui.models.mask_tools import MaskTools
from lumiere_ui.models.playhead import Playhead
from lumiere_ui.models.roto_document import RotoDocument, read_roto, write_roto
from lumiere_ui.models.roto_places import roto_path
from lumiere_ui.models.timecode import timecode
from pytestqt.qtbot import QtBot


@pytest.fixture
def document(qtbot: QtBot, tmp_path: Path) -> RotoDocument:
    made = RotoDocument(Background())
    made.open(Roto(160, 96), tmp_path / "shot.mov.roto.json")
    return made


@pytest.fixture
def tools(document: RotoDocument) -> MaskTools:
    return MaskTools(document)


def draw(tools: MaskTools, *places: tuple[float, float], frame: int = 0) -> None:
    tools.press(frame, *places[0], 4)
    for place in places[1:]:
        tools.move(frame, *place)
    tools.release()


def test_models_need_no_widgets() -> None:
    lines = (
        "import sys, pkgutil, importlib, lumiere_ui.models as m;"
        "[importlib.import_module('lumiere_ui.models.' + one.name) for one in pkgutil.iter_modules(m.__path__)];"
        "print([name for name in sys.modules if name in ('PySide6.QtGui', 'PySide6.QtWidgets')])"
    )
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_rectangle_is_drawn_moved_and_resized_and_all_of_it_undone(
    document: RotoDocument, tools: MaskTools
) -> None:
    draw(tools, (20, 20), (40, 30), (60, 50))
    draw(tools, (30, 30), (35, 40))
    assert document.roto is not None
    mask = document.roto.masks[0]
    assert [(k.x, k.y) for k in mask.knots_at(0)] == [(25, 30), (65, 30), (65, 60), (25, 60)]
    draw(tools, (65, 60), (75, 80))
    assert document.mask is not None
    assert (document.mask.knots_at(0)[2].x, document.mask.knots_at(0)[2].y) == (75, 80)
    assert document.history.undo_name == "change of a shape"
    for _ in range(3):
        document.undo()
    assert document.roto == Roto(160, 96)
    for _ in range(3):
        document.redo()
    assert document.mask is not None and document.mask.knots_at(0)[2].x == 75


def test_a_shape_drawn_on_two_frames_moves_between_them(document: RotoDocument, tools: MaskTools) -> None:
    draw(tools, (20, 20), (40, 40), frame=0)
    draw(tools, (30, 30), (50, 30), frame=10)
    mask = document.mask
    assert mask is not None and mask.key_frames() == (0, 10)
    assert [mask.knots_at(frame)[0].x for frame in (-5, 0, 5, 10, 99)] == [20, 20, 30, 40, 40]


def test_a_spline_closes_at_its_first_point(document: RotoDocument, tools: MaskTools) -> None:
    tools.choose("spline")
    for place in ((20, 20), (60, 20), (60, 60), (20.5, 20.5)):
        draw(tools, place)
    assert document.mask is not None and document.mask.kind == "spline"
    assert len(document.mask.knots_at(0)) == 3 and not tools.open_spline


def test_the_eraser_takes_from_a_painting_and_makes_a_subtracting_mask_beside_a_shape(
    document: RotoDocument, tools: MaskTools
) -> None:
    tools.choose("brush")
    draw(tools, (20, 20), (60, 20))
    tools.choose("eraser")
    draw(tools, (40, 20), (50, 20))
    assert document.mask is not None
    assert [stroke.erase for stroke in document.mask.painting_at(0).strokes] == [False, True]
    tools.choose("rectangle")
    draw(tools, (80, 30), (120, 60))
    tools.choose("eraser")
    draw(tools, (100, 40), (110, 40))
    assert document.mask is not None
    assert document.mask.mode == "subtract" and not document.mask.painting_at(0).strokes[0].erase


def test_a_locked_mask_is_not_changed(document: RotoDocument, tools: MaskTools) -> None:
    draw(tools, (20, 20), (60, 60))
    assert document.current is not None
    document.set_flag(document.current, locked=True)
    before = document.roto
    tools.choose("select")
    draw(tools, (30, 30), (50, 50))
    document.remove(document.current)
    assert document.roto == before


def test_a_document_comes_back_as_it_was_saved(
    document: RotoDocument, tools: MaskTools, qtbot: QtBot, tmp_path: Path
) -> None:
    draw(tools, (20, 20), (60, 60))
    path = tmp_path / "shot.mov.roto.json"
    qtbot.waitUntil(path.exists, timeout=3000)
    assert read_roto(path, 160, 96) == document.roto


def test_where_a_roto_is_kept(tmp_path: Path) -> None:
    assert roto_path(str(tmp_path / "shot.mov")) == tmp_path / "shot.mov.roto.json"
    assert roto_path(str(tmp_path / "plate.%04d.exr")) == tmp_path / "plate.exr.roto.json"


def test_the_playhead_stays_within_the_timeline_and_plays_faster_with_each_press(qtbot: QtBot) -> None:
    playhead = Playhead()
    playhead.set_length(100, Fraction(24))
    playhead.scrub(500)
    assert playhead.frame == 99
    playhead.step(-9)
    assert playhead.frame == 90
    speeds = []
    playhead.speed_changed.connect(speeds.append)
    for direction in (1, 1, 1, -1, -1):
        playhead.faster(direction)
    playhead.stop()
    assert speeds == [1, 2, 4, -1, -2, 0]


def test_playing_stays_between_in_and_out(qtbot: QtBot) -> None:
    playhead = Playhead()
    playhead.set_length(100, Fraction(100))
    playhead.scrub(10)
    playhead.set_in()
    playhead.scrub(14)
    playhead.set_out()
    seen: set[int] = set()
    playhead.moved.connect(seen.add)
    playhead.toggle()
    qtbot.wait(300)
    playhead.stop()
    assert seen and min(seen) >= 10 and max(seen) <= 14


@pytest.mark.parametrize(
    ("frame", "rate", "drop", "text"),
    [
        (86400, Fraction(24), False, "01:00:00:00"),
        (25, Fraction(25), False, "00:00:01:00"),
        (1800, Fraction(30000, 1001), True, "00:01:00;02"),
        (17982, Fraction(30000, 1001), True, "00:10:00;00"),
        (107892, Fraction(30000, 1001), True, "01:00:00;00"),
    ],
)
def test_timecode(frame: int, rate: Fraction, drop: bool, text: str) -> None:
    assert timecode(frame, rate, drop) == text


def test_the_form_is_made_from_the_parameters() -> None:
    form = {field.name: field for field in form_of(RemoveParams)}
    assert list(form) == [
        "quality",
        "grow",
        "feather",
        "imagine",
        "structure",
        "regrain",
        "prompt",
        "weights",
    ]
    assert form["quality"].choices == ("draft", "standard", "best")
    assert (form["grow"].kind, form["grow"].unit, form["grow"].default) == ("number", "px", None)
    assert form["regrain"].kind == "switch"
    assert form["grow"].help.startswith("Pixels of the plate by which the matte is grown; None takes")


def test_a_drawing_of_another_size_or_no_drawing_at_all_is_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.roto.json"
    write_roto(path, Roto(100, 100))
    for content in (path.read_text(), "{", '{"label": "Roto.9"}'):
        path.write_text(content)
        with pytest.raises(SpecError, match=r"a\.roto\.json.*move that file away"):
            read_roto(path, 160, 96)
    assert read_roto(tmp_path / "none.roto.json", 160, 96) == Roto(160, 96)


def test_the_background_lives_on_after_a_mishap(qtbot: QtBot) -> None:
    background = Background()
    told: list[str] = []
    background.failed.connect(lambda error: told.append(str(error)))
    answers: list[int] = []
    background.do(lambda: 1 // 0)
    background.do(lambda: 7, answers.append)
    qtbot.waitUntil(lambda: answers == [7], timeout=3000)
    assert "ZeroDivisionError" in told[0]
    background.close()
