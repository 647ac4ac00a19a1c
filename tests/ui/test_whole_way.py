"""As an editor does it: open, select, draw, preview, remove, compare, save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import JobSpec, JobState, WorkOrder
from lumiere_engine.protocol.errors import PathError
from lumiere_engine.protocol.roto import Mask, Roto, rectangle
from lumiere_otio import list_clips, read_timeline
from lumiere_ui.models.mask_files import export_masks, import_masks
from lumiere_ui.models.roto_document import write_roto
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

Drag = Callable[..., None]
pytestmark = pytest.mark.timeout(120)


def red(content: bytes) -> int:
    """How red the middle of the object is, code values."""
    return content[(50 * 160 + 80) * 3] - content[(50 * 160 + 80) * 3 + 1]


def test_an_object_is_drawn_tracked_previewed_removed_compared_and_accepted(
    opened: MainWindow, drag: Drag, qtbot: QtBot, tmp_path: Path
) -> None:
    assert not opened.effect.render_button.isEnabled()
    assert "Draw a mask" in opened.effect.why.text()
    opened.start(opened.actions_known[0])
    notice = opened.statusBar().findChild(QLabel)
    assert "Draw a mask" in notice.text()
    drag((64, 34), (80, 50), (96, 66))
    assert opened.effect.render_button.isEnabled()
    assert notice.text() == "", "what has been done is not asked for any more"
    assert "press T if the object moves" in opened.track.state.text()
    qtbot.mouseClick(opened.track.buttons["both"], Qt.MouseButton.LeftButton)
    mask = opened.session.roto
    qtbot.waitUntil(lambda: mask.mask is not None and bool(mask.mask.tracked), timeout=60_000)
    assert opened.track.state.text() == "8 frames"
    qtbot.mouseClick(opened.effect.preview_one, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.viewing.mode == "preview", timeout=60_000)
    qtbot.waitUntil(lambda: opened.viewing.is_current("preview"), timeout=10_000)
    preview = opened.viewing.picture("preview")
    assert preview is not None and (preview.width, preview.height) == (160, 96)
    assert red(preview.content) < 90, "a preview shows the frame in its place"
    opened.effect.set_params(quality="draft", imagine=False)
    qtbot.mouseClick(opened.effect.render_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(opened.session.results.all), timeout=60_000)

    assert opened.session.queue.jobs[0].state is JobState.DONE
    qtbot.keyClick(opened, Qt.Key.Key_4)
    assert opened.viewing.mode == "wipe"
    qtbot.waitUntil(lambda: opened.viewing.is_current("result"), timeout=10_000)
    plate, result = opened.viewing.picture("plate"), opened.viewing.picture("result")
    assert plate is not None and result is not None

    assert red(plate.content) > 150 > red(result.content) + 60
    far = zip(plate.content[:4800], result.content[:4800], strict=True)
    assert max(abs(a - b) for a, b in far) < 10, "far from the mask only ProRes speaks"

    assert opened.modes.accept.isVisible() and not opened.modes.accept.isChecked()
    qtbot.mouseClick(opened.modes.accept, Qt.MouseButton.LeftButton)
    assert opened.session.results.accepted(0) and opened.modes.accept.isChecked()
    before = (tmp_path / "edit.otio").read_bytes()
    opened.save_entry.trigger()
    saved = tmp_path / "edit_lumiere.otio"
    qtbot.waitUntil(saved.exists, timeout=10_000)
    assert [clip.name for clip in list_clips(read_timeline(saved))] == ["shot", "gone", "shot (removed)"]
    assert (tmp_path / "edit.otio").read_bytes() == before


def test_a_missing_clip_is_marked_and_cannot_be_begun(opened: MainWindow, qtbot: QtBot) -> None:
    gone = opened.session.project.clip(1) if opened.session.project else None
    assert gone is not None and "gone.mov" in gone.missing
    entry = opened.clip_menu(1).actions()[0]
    assert entry.text() == "Remove object…" and not entry.isEnabled()
    assert opened.clip_menu(0).actions()[0].isEnabled()


def test_a_plain_movie_opens_as_one_clip(window: MainWindow, qtbot: QtBot, media: Path) -> None:
    window.session.open(media)
    qtbot.waitUntil(lambda: window.session.shot is not None, timeout=20_000)
    assert window.transport.time.text() == "01:00:00:00"
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert window.transport.time.text() == "01:00:00:01"
    assert window.viewing.media_frame == 1


def test_what_cannot_be_opened_is_told_with_its_name(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    heard: list[tuple[str, str]] = []
    window.session.noticed.connect(lambda kind, text: heard.append((kind, text)))
    window.session.open(tmp_path / "nowhere.otio")
    qtbot.waitUntil(lambda: bool(heard), timeout=10_000)
    assert heard[0][0] == "error" and "nowhere.otio" in heard[0][1]


def test_masks_come_in_and_go_out(opened: MainWindow, drag: Drag, qtbot: QtBot, tmp_path: Path) -> None:
    session = opened.session
    drawing = tmp_path / "drawing.svg"
    drawing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 96">'
        '<rect x="64" y="34" width="32" height="32"/></svg>'
    )
    import_masks(session, drawing)
    qtbot.waitUntil(lambda: session.roto.mask is not None, timeout=20_000)
    assert session.roto.mask is not None and len(session.roto.mask.knots_at(0)) == 4
    export_masks(session, tmp_path / "matte.mkv")
    qtbot.waitUntil((tmp_path / "matte.mkv").exists, timeout=20_000)
    session.roto.undo()
    import_masks(session, tmp_path / "matte.mkv")
    qtbot.waitUntil(lambda: session.roto.mask is not None, timeout=20_000)
    assert session.roto.mask is not None and session.roto.mask.kind == "matte"
    opened.viewing.set_mode("matte")
    qtbot.waitUntil(lambda: opened.viewing.is_current("matte"), timeout=20_000)
    matte = opened.viewing.picture("matte")
    assert matte is not None
    assert matte.content[50 * 160 + 80] == 255 and matte.content[10 * 160 + 10] == 0


def test_how_long_it_takes_is_told_before_it_starts(opened: MainWindow, drag: Drag, qtbot: QtBot) -> None:
    drag((64, 34), (96, 66))
    qtbot.waitUntil(lambda: "frames:" in opened.effect.why.text(), timeout=20_000)
    assert "GB" in opened.effect.why.text()


def test_a_matte_of_another_folder_serves_and_one_that_the_engine_may_not_read_is_refused(
    opened: MainWindow, qtbot: QtBot, tmp_path_factory: pytest.TempPathFactory, media: Path
) -> None:
    picture = np.zeros((96, 160), np.uint8)
    picture[34:66, 64:96] = 255
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "matte.png"
    cv2.imwrite(str(elsewhere), picture)
    session = opened.session
    import_masks(session, elsewhere)
    qtbot.waitUntil(lambda: session.roto.mask is not None, timeout=20_000)
    opened.effect.set_params(quality="draft", imagine=False)
    session.render()
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)

    forged = media.with_name("forged.roto.json")
    mask = Mask(1, "m", "matte", media="/etc/hostname")
    write_roto(forged, Roto(160, 96, (mask,)))
    spec = JobSpec("remove", str(media), (str(forged),), whole_mattes=True)
    with pytest.raises(PathError, match="/etc/hostname"):
        EngineClient().plan(WorkOrder(spec, str(media.with_name("out.mov"))))


def test_of_a_plain_movie_only_what_lies_between_in_and_out_is_worked_on(
    window: MainWindow, qtbot: QtBot, media: Path
) -> None:
    session = window.session
    session.open(media)
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    session.roto.add("Rectangle", "rectangle")
    session.roto.change_mask("drawing", lambda mask: mask.with_knots(0, rectangle(64, 34, 96, 66)))
    session.playhead.scrub(2)
    session.playhead.set_in()
    session.playhead.scrub(6)
    session.playhead.set_out()
    window.effect.set_params(quality="draft", imagine=False)
    session.render()
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)
    (result,) = session.results.of(0)
    assert result.frame_count == 5
    assert [session.results.frame(result, session.shot, frame) for frame in (2, 4, 6)] == [0, 2, 4]
    window.viewing.set_mode("result")
    for frame, red in ((4, False), (8, True)):
        session.playhead.scrub(frame)
        qtbot.waitUntil(lambda: window.viewing.is_current("result"), timeout=10_000)
        picture = window.viewing.picture("result")
        assert picture is not None
        at = (50 * 160 + 80) * 3
        assert (picture.content[at] - picture.content[at + 1] > 120) is red
