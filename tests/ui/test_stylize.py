"""Stylize in the panel: a style picture, a preview whose strength is a slider, painted frames tied to their number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import Job, KeyPicture, StyleShare, StylizeParams
from lumiere_plugin.panel import actions
from lumiere_ui.models.shot_notes import ShotNotes, painted_frame, read_notes
from lumiere_ui.widgets.controls import FileControl, SliderControl
from lumiere_ui.widgets.main_window import MainWindow
from lumiere_ui.widgets.paintings import PaintingsControl
from lumiere_ui.widgets.styles_control import StylesControl
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot


@pytest.fixture(scope="module")
def style_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Coarse blue and ochre strokes."""
    rng = np.random.default_rng(1)
    canvas = np.full((96, 128, 3), (120, 60, 20), np.uint8)
    for _ in range(150):
        x, y = (int(v) for v in rng.integers(0, 120, 2))
        color = (40, 150, 210) if rng.random() < 0.5 else (160, 80, 30)
        cv2.line(canvas, (x, y), (x + 14, y + int(rng.integers(-6, 6))), color, 4, cv2.LINE_AA)
    path = tmp_path_factory.mktemp("style") / "strokes.png"
    cv2.imwrite(str(path), canvas)
    return path


def drop(control: FileControl | PaintingsControl, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    control.dropEvent(event)


def choose_stylize(window: MainWindow, style_picture: Path) -> None:
    """The action of the clip menu, and a picture dropped on the form."""
    session = window.session
    window.start(next(one for one in actions() if one.id == "stylize_quick"))
    assert session.effect.id == "stylize" and session.params.quality == "draft"
    assert session.why_not() == "Choose a style picture, or paint a frame"
    file = window.effect.form.control("reference")
    assert isinstance(file, FileControl)
    drop(file, style_picture)
    assert session.params.reference == str(style_picture) and session.why_not() == ""


def test_a_clip_without_a_mask_is_queued_with_a_dropped_picture(
    opened: MainWindow, qtbot: QtBot, style_picture: Path
) -> None:
    session, client = opened.session, EngineClient()
    choose_stylize(opened, style_picture)
    before = {job.id for job in client.jobs().jobs}

    def new() -> list[Job]:  # the list may be full: its length says nothing
        return [job for job in client.jobs().jobs if job.id not in before]

    client.pause_queue()
    session.render()
    session.previews.make(1)
    qtbot.waitUntil(lambda: len(new()) == 2, timeout=60_000)
    assert session.previews.busy
    jobs = {job.title.partition(" ")[0]: job for job in new()}
    for job in jobs.values():
        client.cancel(job.id)
    client.resume_queue()
    order, preview = jobs["Stylize"].order, jobs["Preview"].order
    assert order.output.endswith("shot_styled.mov") and order.origin is None and order.network is not None
    assert order.spec.mattes == () and order.spec.params == session.params, "without a mask, all of it"
    assert preview.keep_work and not order.keep_work, "another strength is quick then"
    assert replace(preview.spec.params, feather=None) == session.params and preview.spec.frames is not None


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_strength_of_a_preview_is_a_slider_and_the_style_is_learned_once(
    opened: MainWindow, qtbot: QtBot, style_picture: Path
) -> None:
    session, viewing = opened.session, opened.viewing
    choose_stylize(opened, style_picture)
    session.previews.make(1)
    qtbot.waitUntil(lambda: session.previews.shown is not None, timeout=90_000)
    first = session.previews.shown
    assert first is not None and viewing.mode == "preview" and not session.previews.busy
    slider = opened.effect.form.control("strength")
    assert isinstance(slider, SliderControl)
    slider.slider.setFocus()
    slider.slider.setSliderDown(True)
    slider.slider.setValue(slider.slider.maximum() // 2)
    assert session.params.strength == 1.0, "it counts when it is let go of"
    mixture = session.previews.shown
    assert (
        mixture is not None and mixture.over == first and mixture.share == 0.5 and not session.previews.busy
    )
    assert "mixture of 0.00 and 1.00" in mixture.note
    both = ("preview", "over")
    qtbot.waitUntil(lambda: all(viewing.is_current(role) for role in both), timeout=1_000)
    mixed = np.mean([np.frombuffer(viewing.picture(role).content, np.uint8) for role in both], axis=0)  # type: ignore[union-attr]
    slider.slider.setSliderDown(False)
    assert session.params.strength == 0.5
    qtbot.waitUntil(lambda: session.previews.busy, timeout=5_000)
    qtbot.waitUntil(lambda: session.previews.shown != mixture, timeout=60_000)
    half = session.previews.shown
    assert half is not None and half.frames == first.frames and not half.note
    qtbot.waitUntil(lambda: viewing.is_current("preview"), timeout=10_000)
    right = np.frombuffer(viewing.picture("preview").content, np.uint8)  # type: ignore[union-attr]
    assert np.sqrt(np.mean((mixed - right) ** 2)) < 8, "what is seen at once is near to what comes"
    learned = {job.title: job for job in session.queue.jobs if job.order.output == half.media}
    (job,) = learned.values()
    assert job.result is not None and job.result["seconds"].get("learn", 0.0) == 0.0, "it is learned once"
    with open_source(first.media) as strong, open_source(half.media) as weak:
        assert (strong.read(0).planes[0] != weak.read(0).planes[0]).any()
    slider.put(1.0)
    opened.effect.set_params(strength=1.0)
    assert session.previews.shown == first and not session.previews.busy, "what was made is not made again"


@pytest.mark.timeout(90)
def test_frames_are_exported_painted_and_tied_to_their_number(
    opened: MainWindow, qtbot: QtBot, media: Path
) -> None:
    session, shot = opened.session, opened.session.shot
    assert shot is not None
    session.choose_effect(next(one for one in session.effects if one.id == "stylize"))
    control = opened.effect.form.control("keyframes")
    assert isinstance(control, PaintingsControl)
    session.show_media_frame(3)
    qtbot.mouseClick(control.export, Qt.MouseButton.LeftButton)
    exported = media.with_name("shot_paint") / "shot_f0003.png"
    qtbot.waitUntil(exported.exists, timeout=20_000)
    with open_source(media) as plate:
        assert cv2.imread(str(exported)).shape == (plate.format.height, plate.format.width, 3)
    painted = exported.with_name("shot_f0003_painted.png")
    cv2.imwrite(str(painted), 255 - cv2.imread(str(exported)))
    session.show_media_frame(7)
    drop(control, painted)
    assert session.params.keyframes == (KeyPicture(3, str(painted)),) and session.why_not() == ""
    qtbot.waitUntil(lambda: read_notes(shot.media).paintings == session.params.keyframes, timeout=5_000)

    qtbot.mouseClick(control.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.painting.advice is not None, timeout=30_000)
    advice = session.painting.advice
    assert advice is not None and len(advice.followed) == shot.frames.duration
    assert advice.followed[3 - shot.frames.start] == 1.0 and advice.following != 3
    assert f"frame {advice.following}" in control.advice.text()
    qtbot.waitUntil(lambda: not control.advice.visibleRegion().isEmpty(), timeout=2_000)
    session.roto.undo()
    assert session.params.keyframes == () and session.roto.history.redo_name == "painting of frame 3"
    session.roto.redo()
    assert session.params.keyframes == (KeyPicture(3, str(painted)),)


def test_a_painting_tells_its_frame() -> None:
    names = {
        "shot_f0024.png": 24,
        "shot_f0024_v2.tif": 24,
        "a_f12345.png": 12345,
        "f24.png": None,
        "x_f002.png": None,
    }
    assert {name: painted_frame(Path(name)) for name in names} == names


def test_notes_hold_one_painting_a_frame_in_their_order() -> None:
    notes = ShotNotes().with_painting(9, "/b.png").with_painting(2, "/a.png").with_painting(9, "/c.png")
    assert [(key.frame, key.picture) for key in notes.paintings] == [(2, "/a.png"), (9, "/c.png")]
    assert notes.without_painting(2).without_painting(9) == ShotNotes()


def test_a_style_file_stands_alone(window: MainWindow) -> None:
    session = window.session
    session.choose_effect(next(one for one in session.effects if one.id == "stylize"))
    reference, style = (window.effect.form.control(name) for name in ("reference", "styles"))
    assert isinstance(reference, FileControl) and isinstance(style, StylesControl)
    drop(reference, Path("/pictures/a.png"))
    drop(style, Path("/styles/b.safetensors"))
    assert session.params == StylizeParams(styles=(StyleShare("/styles/b.safetensors"),))
    drop(reference, Path("/pictures/a.png"))
    assert session.params == StylizeParams(reference="/pictures/a.png")


def test_several_styles_are_mixed_by_their_weights(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    style = Model("ink", "style", str(tmp_path / "ink.safetensors"), "ab" * 32, "prior", 1)
    register.add(style)
    session = window.session
    session.choose_effect(next(one for one in session.effects if one.id == "stylize"))
    control = window.effect.form.control("styles")
    assert isinstance(control, StylesControl)
    session.models.refresh()
    qtbot.waitUntil(lambda: bool(session.models.of("style")), timeout=10_000)
    menu = control.menu()
    menu.actions()[0].trigger()
    register.remove("ink")
    drop(control, Path("/styles/a.safetensors"))

    def weights() -> list[float]:
        return [share.weight for share in session.params.styles]

    assert [Path(share.file).stem for share in session.params.styles] == ["ink", "a"]
    assert weights() == [0.5, 0.5]
    control.weights[0].setValue(0.8)
    assert weights() == pytest.approx([0.8, 0.2], abs=1e-3)
    control.weights[1].setValue(0.1)
    assert weights() == pytest.approx([0.8, 0.1], abs=1e-3), "less than all of it is allowed"
    drop(control, Path("/styles/c.safetensors"))
    assert len(set(weights())) == 1 and sum(weights()) <= 1
    control.put(())
    assert control.weights == []
