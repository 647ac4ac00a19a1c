"""A mask that is drawn on one frame is tracked; corrections touch what lies beside them and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.protocol import FrameRange, Progress
from lumiere_engine.protocol.roto import Roto, Tracked, rectangle
from lumiere_engine.tracking.gaps import find_gaps, touched
from lumiere_plugin import mask_tracking
from lumiere_ui.models.roto_document import read_roto, write_roto
from lumiere_ui.models.tracker import confidence
from lumiere_ui.widgets.key_bar import runs
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Drag = Callable[..., None]
pytestmark = pytest.mark.timeout(120)


def idle(window: MainWindow) -> bool:
    tracker, roto = window.session.tracker, window.session.roto.roto
    return tracker.running is None and not (roto and any(mask.untracked_changes() for mask in roto.masks))


def tracked(window: MainWindow) -> dict[int, str]:
    mask = window.session.roto.mask
    assert mask is not None
    return {
        frame: one.folder.rpartition("/")[2]
        for one in mask.tracked
        for frame in range(one.start, one.end_exclusive)
    }


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracking without looking: the same frames as the engine's, every mask white; one run takes 0.1 s."""

    def ask(task: str, on_progress: Callable[[Progress], None], **question: Any) -> dict[str, Any]:
        assert task == "track"
        frames, wanted = FrameRange(**question["frames"]), FrameRange(**question["wanted"])
        drawn = [one["frame"] for one in question["drawn"]]
        gaps = touched(find_gaps(drawn, wanted, [frames]), question["changed"])
        Path(question["out"]).mkdir()
        found = [frame for gap in gaps for frame in gap.frames]
        for done, frame in enumerate(sorted({*found, *drawn}), start=1):
            cv2.imwrite(f"{question['out']}/{frame:06d}.png", np.full((96, 160), 255, np.uint8))
            time.sleep(0.01)
            on_progress(Progress("track", done, len(found)))
        confidence = {str(frame): 0.9 for frame in {*found, *drawn}}
        shots = [[frames.start, frames.end_exclusive]]
        return {"tracked": sorted(found), "confidence": confidence, "shots": shots}

    monkeypatch.setattr(mask_tracking, "ask", ask)


@pytest.fixture
def drawn(window: MainWindow, qtbot: QtBot, media: Path) -> MainWindow:
    """The plain movie is open, with a rectangle around the block on frame 2."""
    session = window.session
    session.open(media)
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    session.playhead.scrub(2)
    session.roto.add("Rectangle", "rectangle")
    session.roto.change_mask("drawing", lambda mask: mask.with_knots(2, rectangle(69, 39, 91, 61)))
    return window


def test_a_mask_is_tracked_corrected_and_taken_back(drawn: MainWindow, drag: Drag, qtbot: QtBot) -> None:
    session, bar = drawn.session, drawn.track
    qtbot.mouseClick(bar.buttons["on"], Qt.MouseButton.LeftButton)
    assert bar.stop.isVisible() and not bar.buttons["on"].isEnabled()
    qtbot.waitUntil(lambda: idle(drawn), timeout=60_000)
    first = tracked(drawn)
    assert sorted(first) == list(range(2, 10)), "forward, from the drawing"
    qtbot.keyClick(
        drawn, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    qtbot.waitUntil(lambda: sorted(tracked(drawn)) == list(range(10)), timeout=60_000)
    assert {frame: run for frame, run in tracked(drawn).items() if frame > 2} == {
        frame: run for frame, run in first.items() if frame > 2
    }, "what was tracked elsewhere stays"

    session.playhead.scrub(7)
    drawn.tools.choose("brush")
    drawn.tools.set_brush(size=10)
    before, files = tracked(drawn), {}
    for one in session.roto.mask.tracked:  # type: ignore[union-attr]
        files |= {
            one.picture(f): Path(one.picture(f)).read_bytes() for f in range(one.start, one.end_exclusive)
        }
    drag((100, 50), (104, 50), (108, 50))
    assert session.roto.roto is not None and len(session.roto.roto.masks) == 1, "the stroke corrects the mask"
    qtbot.waitUntil(lambda: idle(drawn), timeout=60_000)
    after = tracked(drawn)
    assert {f for f in after if after[f] == before[f]} == {0, 1, 2}, "behind the drawing nothing is touched"
    assert all(Path(path).read_bytes() == content for path, content in files.items())

    session.roto.undo()
    assert tracked(drawn) == before and idle(drawn), "correction and what followed are one step"
    session.roto.redo()
    assert tracked(drawn) == after and idle(drawn)
    session.roto.undo()
    session.roto.undo()
    session.roto.undo()
    assert not tracked(drawn) and session.roto.history.redo_name == "tracking"


@pytest.mark.usefixtures("quick")
def test_one_frame_is_tracked_and_shown(drawn: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(drawn.track.buttons["one_on"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: drawn.session.playhead.frame == 3, timeout=60_000)
    assert sorted(tracked(drawn)) == [2, 3]
    qtbot.mouseClick(drawn.track.buttons["one_on"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: drawn.session.playhead.frame == 4, timeout=60_000)
    assert sorted(tracked(drawn)) == [2, 3, 4]


@pytest.mark.usefixtures("quick")
def test_a_shape_drawn_on_a_tracked_frame_corrects_it(drawn: MainWindow, drag: Drag, qtbot: QtBot) -> None:
    session = drawn.session
    drawn.track.track("both")
    qtbot.waitUntil(lambda: idle(drawn) and bool(tracked(drawn)), timeout=60_000)
    session.playhead.scrub(6)
    drawn.tools.choose("rectangle")
    assert not drawn.tools.handles(6), "the rectangle of another frame cannot be taken hold of"
    drag((66, 36), (80, 50), (94, 64))
    mask = session.roto.mask
    assert mask is not None and mask.key_frames() == (2, 6) and len(session.roto.roto.masks) == 1  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: idle(drawn), timeout=60_000)
    drawn.keys.delete_key()
    qtbot.waitUntil(lambda: idle(drawn), timeout=60_000)
    assert sorted(tracked(drawn)) == list(range(10)), "without its correction a frame is tracked again"


@pytest.mark.usefixtures("quick")
def test_what_was_tracked_is_there_again_and_an_unfinished_correction_is_followed_up(
    drawn: MainWindow, qtbot: QtBot, media: Path
) -> None:
    session = drawn.session
    drawn.track.track("both")
    qtbot.waitUntil(lambda: idle(drawn) and bool(tracked(drawn)), timeout=60_000)
    session.roto.flush()
    path = session.roto.path
    assert path is not None
    qtbot.waitUntil(lambda: session.saving.idle, timeout=10_000)
    kept = read_roto(path, 160, 96)
    before = tracked(drawn)
    session.open(media)
    qtbot.waitUntil(lambda: session.roto.mask is not None and tracked(drawn) == before, timeout=20_000)

    # as a panel leaves it that is killed between the correction and its tracking
    corrected = kept.masks[0].with_knots(8, rectangle(69, 39, 92, 62))
    write_roto(path, kept.with_mask(corrected))
    session.open(media)
    qtbot.waitUntil(lambda: bool(session.roto.mask and session.roto.mask.untracked_changes()), timeout=20_000)
    qtbot.waitUntil(lambda: idle(drawn), timeout=60_000)
    assert tracked(drawn)[5] != before[5] and tracked(drawn)[1] == before[1]


@pytest.mark.usefixtures("quick")
def test_tracking_can_be_stopped_and_goes_on_for_a_clip_that_is_left(
    drawn: MainWindow, qtbot: QtBot, timeline: Path
) -> None:
    session = drawn.session
    drawn.track.track("both")
    drawn.track.stop.click()
    qtbot.waitUntil(lambda: session.tracker.running is None, timeout=30_000)
    assert not tracked(drawn)
    drawn.track.track("both")
    path = session.roto.path
    assert path is not None
    session.roto.flush()
    session.open(timeline)
    session.select(())
    qtbot.waitUntil(lambda: session.shot is None, timeout=20_000)

    def kept() -> bool:
        return path.exists() and bool(json.loads(path.read_text())["masks"][0]["tracked"])

    qtbot.waitUntil(kept, timeout=60_000)


def test_doubtful_frames_are_told_and_can_be_gone_to(drawn: MainWindow, qtbot: QtBot) -> None:
    session = drawn.session

    def doubtful(roto: Roto) -> Roto:
        mask = roto.masks[0]
        sure = (0.9, 0.4, 1.0, 0.9, 0.9, 0.3, 0.2, 0.9, 0.9, 0.9)
        return roto.with_mask(mask.with_tracked((Tracked("/nowhere", 0, sure),), mask.drawings()))

    assert session.roto.roto is not None
    session.roto.commit("tracking", doubtful(session.roto.roto))
    assert drawn.track.doubts.text() == "3 to look at"
    seen = []
    for _ in range(4):
        qtbot.keyClick(drawn, Qt.Key.Key_W)
        seen.append(session.playhead.frame)
    assert seen == [5, 6, 1, 5]
    assert session.roto.mask is not None
    marked = {frame: sure < 0.6 for frame, sure in confidence(session.roto.mask).items()}
    assert list(runs(marked)) == [(0, 1, False), (1, 2, True), (2, 5, False), (5, 7, True), (7, 10, False)]


def test_what_cannot_be_tracked_says_why(drawn: MainWindow, qtbot: QtBot) -> None:
    session = drawn.session
    session.roto.set_flag(1, locked=True)
    assert drawn.track.state.text() == "The mask is locked"
    assert not drawn.track.buttons["both"].isEnabled()
    session.roto.remove(1)
    session.roto.select(None)
    assert drawn.track.state.text() == "Select a mask"
    began = time.monotonic()
    drawn.track.track("both")
    assert time.monotonic() - began < 1 and session.tracker.running is None


def test_chatter_is_measured_and_a_click_goes_to_the_frame_that_jumps(
    drawn: MainWindow, qtbot: QtBot
) -> None:
    session = drawn.session
    for frame in range(10):
        left = 69 + (12 if frame == 6 else 0)
        box = rectangle(left, 39, left + 22, 61)
        session.roto.change_mask("keyframe", lambda mask, f=frame, b=box: mask.with_knots(f, b))
    qtbot.mouseClick(drawn.strips.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.strips.matte is not None, timeout=30_000)
    found = session.strips.matte
    assert found is not None and {6, 7} <= set(found.loud())
    values = [found.at(frame) or 0 for frame in range(10)]
    assert max(values, key=lambda value: value) in (values[6], values[7])
    strip = drawn.strips.matte
    place = strip.rect().center()
    place.setX(round(6.5 / 10 * strip.width()))
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=place)
    assert session.playhead.frame == 6
    assert session.strips.matte_is_current
    session.roto.change_mask("keyframe", lambda mask: mask.without_key(6))
    assert not session.strips.matte_is_current
