"""A cinemagraph in the panel: the still, loop points, arrows of motion, and a preview that plays for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import write_clip
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import FrameRange, MotionHints
from lumiere_engine.protocol.hints import Anchor, Arrow
from lumiere_engine.protocol.roto import Mask, Roto, rectangle
from lumiere_plugin.cinemagraph import read_hints
from lumiere_plugin.panel import actions
from lumiere_ui.models.playhead import Playhead
from lumiere_ui.models.project import LoopPoint, Preview, Request
from lumiere_ui.models.roto_document import read_roto, write_roto
from lumiere_ui.models.roto_places import roto_path
from lumiere_ui.models.shot_notes import ARROWS, ShotNotes, read_notes
from lumiere_ui.widgets.main_window import MainWindow
from lumiere_ui.widgets.motion_control import MotionControl, StillControl
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDoubleSpinBox
from pytestqt.qtbot import QtBot

PERIOD = 16


@pytest.fixture(scope="module")
def swinging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A light that swings once in sixteen frames, for forty."""
    wall = cv2.GaussianBlur(np.random.default_rng(3).random((64, 96, 3)), (0, 0), 3)
    frames = []
    for frame in range(40):
        picture = (255 * (0.3 + 0.4 * wall)).astype(np.uint8)
        x = 48 + 20 * np.sin(2 * np.pi * frame / PERIOD)
        cv2.circle(picture, (round(float(x) * 8), 32 * 8), 7 * 8, (240, 230, 80), -1, cv2.LINE_AA, 3)
        frames.append(picture)
    path = tmp_path_factory.mktemp("swing") / "swing.mkv"
    write_clip(path, np.stack(frames), Fraction(24))
    return path


@pytest.fixture
def cinema(window: MainWindow, qtbot: QtBot, swinging: Path, tmp_path: Path) -> MainWindow:
    """The shot is open, its region is drawn, and the effect is chosen."""
    copy = tmp_path / "swing.mkv"
    copy.write_bytes(swinging.read_bytes())
    mask = Mask(1, "light", "rectangle").with_knots(0, rectangle(14, 16, 82, 48))
    write_roto(roto_path(str(copy)), Roto(96, 64, (mask,)))
    window.session.open(copy)
    qtbot.waitUntil(lambda: window.session.shot is not None, timeout=20_000)
    window.effect.set_action(next(one for one in actions() if one.effect.id == "cinemagraph"))
    window.effect.set_params(quality="draft")
    return window


def test_a_loop_is_searched_in_what_is_drawn_by_now(
    cinema: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, seen = cinema.session, list[Roto]()

    def loop_points(request: Request, _: object) -> tuple[LoopPoint, ...]:
        seen.append(read_roto(request.roto, 96, 64))
        return ()

    monkeypatch.setattr(session.desk, "loop_points", loop_points)
    session.saving.do(lambda: time.sleep(0.4))
    session.roto.change_mask("drawing", lambda mask: mask.with_knots(0, rectangle(20, 20, 60, 40)))
    session.loop_points.ask()
    qtbot.waitUntil(lambda: bool(seen), timeout=10_000)
    assert seen == [session.roto.roto]


@pytest.mark.timeout(120)
def test_a_loop_is_found_chosen_and_previewed_for_ever(cinema: MainWindow, qtbot: QtBot) -> None:
    session, viewing = cinema.session, cinema.viewing
    still = cinema.effect.form.control("still")
    assert isinstance(still, StillControl)
    session.show_media_frame(20)
    qtbot.mouseClick(still.use, Qt.MouseButton.LeftButton)
    assert session.params.still == 20 and still.go.text() == "Frame 20"

    assert cinema.loops.isVisible()
    qtbot.mouseClick(cinema.loops.search, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(session.loop_points.points), timeout=30_000)
    best = session.loop_points.points[0]
    assert best.period % PERIOD == 0 and best.seam <= 1.0
    bars = cinema.loops.bars
    place = bars._rect(0, best).center().toPoint()
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=place)
    assert (session.params.start, session.params.period) == (best.start, best.period)
    period = cinema.effect.form.control("period")
    assert isinstance(period, QDoubleSpinBox) and not period.isEnabled() and period.value() == best.period
    assert session.playhead.frame == best.start

    session.previews.make(1)
    qtbot.waitUntil(lambda: session.previews.shown is not None, timeout=60_000)
    preview = session.previews.shown
    assert preview is not None and preview.loop and preview.frames.duration == best.period
    assert viewing.mode == "preview" and session.playhead.speed == 1, "it plays at once"
    assert session.playhead.within == (0, 39)
    session.playhead.stop()

    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=place)
    assert session.params.start is None and session.params.period is None
    session.roto.undo()
    session.roto.undo()
    session.roto.undo()
    assert session.params.still is None
    assert session.shot is not None
    media = session.shot.media
    qtbot.waitUntil(lambda: read_notes(media) == ShotNotes(), timeout=5_000)


@pytest.mark.timeout(120)
def test_a_photograph_is_moved_by_arrows_that_are_drawn(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    texture = cv2.GaussianBlur(np.random.default_rng(2).random((64, 96, 3)), (0, 0), 1.5)
    cv2.imwrite(str(tmp_path / "photo.png"), (255 * texture).astype(np.uint8))
    mask = Mask(1, "water", "rectangle").with_knots(0, rectangle(8, 8, 88, 56))
    write_roto(roto_path(str(tmp_path / "photo.png")), Roto(96, 64, (mask,)))
    session = window.session
    session.open(tmp_path / "photo.png")
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    assert session.playhead.duration == 120, "a photograph is shown for five seconds"
    window.effect.set_action(next(one for one in actions() if one.effect.id == "cinemagraph"))
    window.effect.set_params(quality="draft", period=8)
    assert session.params.period == 8 and isinstance(session.params.period, int)
    assert session.why_not() == "Draw arrows where it should move, or choose a motion"
    qtbot.waitUntil(lambda: window.viewing.is_current("plate"), timeout=10_000)

    qtbot.keyClick(window, Qt.Key.Key_G)
    assert window.tools.tool == "arrow"
    _drag(window, qtbot, (30, 30), (50, 32))
    _drag(window, qtbot, (80, 50), (80, 50))
    notes = session.notes.now
    assert notes.motion == ARROWS and len(notes.arrows) == 1 and len(notes.anchors) == 1
    arrow = notes.arrows[0]
    assert (round(arrow.x), round(arrow.y), round(arrow.dx), round(arrow.dy)) == (30, 30, 20, 2)
    _drag(window, qtbot, (50, 32), (60, 32))
    assert (
        round(session.notes.now.arrows[0].dx) == 30 and session.roto.history.undo_name == "change of an arrow"
    )
    head = window.viewer.to_widget(80, 50).toPoint()
    qtbot.mouseClick(window.viewer, Qt.MouseButton.RightButton, pos=head)
    assert not session.notes.now.anchors
    session.roto.undo()
    assert len(session.notes.now.anchors) == 1 and session.why_not() == ""

    control = window.effect.form.control("hints")
    assert isinstance(control, MotionControl)
    control.speed.setValue(2.0)
    session.arrows.send(tmp_path / "hints.json")
    qtbot.waitUntil((tmp_path / "hints.json").exists, timeout=5_000)
    assert read_hints(str(tmp_path / "hints.json")) == session.params.hints
    assert session.params.hints.speed == 2.0
    session.arrows.clear()
    assert session.why_not() != ""
    session.arrows.bring(tmp_path / "hints.json")
    qtbot.waitUntil(lambda: session.params.hints is not None, timeout=5_000)

    session.render()
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)
    (result,) = session.results.all
    assert result.frame_count == 8 and session.shot is not None
    frames = {session.results.frame(result, session.shot, record) for record in range(120)}
    assert frames == set(range(8)), "it runs on for as long as the photograph is shown"
    with open_source(result.media) as made:
        assert (made.read(0).planes[0] != made.read(4).planes[0]).any()


def _drag(window: MainWindow, qtbot: QtBot, *places: tuple[float, float]) -> None:
    points = [window.viewer.to_widget(*place).toPoint() for place in places]
    qtbot.mousePress(window.viewer, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(window.viewer, point - QPoint(1, 0))
        qtbot.mouseMove(window.viewer, point)
    qtbot.mouseRelease(window.viewer, Qt.MouseButton.LeftButton, pos=points[-1])


@pytest.fixture
def playhead() -> Iterator[Playhead]:
    made = Playhead()
    made.set_length(100, Fraction(1000))
    yield made
    made.stop()


def test_playback_in_a_part_counts_on_where_it_begins_anew(playhead: Playhead, qtbot: QtBot) -> None:
    playhead.within = (10, 14)
    playhead.seek(12)
    playhead.toggle()
    qtbot.waitUntil(lambda: playhead.travelled > 40, timeout=5_000)
    assert 10 <= playhead.frame <= 14 and playhead.played_from == 12
    playhead.stop()
    playhead.within = (7, 7)
    playhead.seek(7)
    with qtbot.waitSignal(playhead.turned, timeout=2_000):
        playhead.toggle()
    assert playhead.frame == 7


def test_a_preview_that_loops_has_a_frame_for_every_frame() -> None:
    preview = Preview("p.mkv", "a.mov", FrameRange(10, 6), loop=True)
    assert [preview.index(frame) for frame in (9, 10, 15, 16, 22)] == [5, 0, 5, 0, 0]
    once = replace(preview, loop=False)
    assert [once.index(frame) for frame in (9, 10, 15, 16)] == [None, 0, 5, None]


def test_notes_say_what_moves() -> None:
    notes = ShotNotes().with_arrow(Arrow(1, 2, 3, 4)).with_arrow(Arrow(9, 9, 0, 0))
    assert notes.hints == MotionHints((Arrow(1, 2, 3, 4),), (Anchor(9, 9),))
    assert replace(notes, motion="water").hints == MotionHints(
        (Arrow(1, 2, 3, 4),), (Anchor(9, 9),), preset="water"
    )
    assert notes.without_hint_at(4, 6, 1).hints is None, "an anchor alone moves nothing"
    assert replace(notes, motion="").hints is None
