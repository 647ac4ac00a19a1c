"""Generate in the panel: what is registered is offered; where nothing is, the form says how to get something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import GenerateParams, LumiereError, RemoveParams
from lumiere_ui.widgets.begin_control import BeginControl
from lumiere_ui.widgets.controls import TextControl
from lumiere_ui.widgets.main_window import MainWindow
from lumiere_ui.widgets.models_control import ModelsControl
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QWidget
from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.timeout(60)


def model(name: str, kind: str, folder: Path, shape: str = "sd15") -> Model:
    path = folder / name
    path.mkdir()
    return Model(name, kind, str(path), "ab" * 32, shape, 10**9)


@pytest.fixture
def registered(tmp_path: Path) -> Iterator[None]:
    """A model, a motion that fits it, two LoRAs, what enlarges, and a motion for another."""
    made = [
        model("photoreal", "image", tmp_path),
        model("animate", "motion", tmp_path),
        model("film", "lora", tmp_path),
        model("grainy", "lora", tmp_path),
        replace(model("layers of 0.7", "upscale", tmp_path), trained_with="ab" * 32),
        model("larger", "upscale", tmp_path, "x4"),
        model("other", "motion", tmp_path, "sdxl"),
    ]
    for one in made:
        register.add(one)
    yield
    for one in made:
        register.remove(one.name)


def chosen(window: MainWindow) -> ModelsControl:
    window.session.choose_effect(next(one for one in window.session.effects if one.id == "generate"))
    control = window.effect.form.control("weights")
    assert isinstance(control, ModelsControl)
    return control


def test_without_a_model_the_form_says_how_to_add_one(opened: MainWindow, qtbot: QtBot) -> None:
    control = chosen(opened)
    qtbot.waitUntil(lambda: opened.session.background.idle, timeout=5_000)
    assert control.none.isVisible() and "add a Stable Diffusion folder" in control.none.text()
    assert not control.image.isVisible() and not control.motion.isVisible()
    assert opened.session.why_not() == "Choose a model" and not opened.effect.render_button.isEnabled()


def test_a_clip_is_generated_with_what_is_registered(
    opened: MainWindow, qtbot: QtBot, registered: None, media: Path
) -> None:
    session, control = opened.session, chosen(opened)
    qtbot.waitUntil(lambda: bool(session.params.weights), timeout=10_000)
    assert not control.none.isVisible()
    assert [control.motion.itemData(k) for k in range(control.motion.count())] == ["animate", "none"]
    assert [one.role for one in session.params.weights] == ["image", "motion"]
    first, second = control.loras[:2]
    assert first.isVisible() and not second.isVisible() and not first.scale.isEnabled()
    first.choice.setCurrentIndex(1)
    first.scale.setValue(0.5)
    assert second.isVisible() and not control.loras[2].isVisible(), "there are two"
    second.choice.setCurrentIndex(2)
    control.upscale.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(session.params.weights) == 5, timeout=10_000)
    assert [(Path(one.path).name, one.scale) for one in session.params.weights[2:]] == [
        ("larger", 1.0),
        ("film", 0.5),
        ("grainy", 1.0),
    ]
    assert session.why_not() == "Say what is to be seen"
    prompt = opened.effect.form.control("prompt")
    assert isinstance(prompt, TextControl)
    prompt.setPlainText("waves at dusk")
    assert session.why_not() == ""

    client = EngineClient()
    client.pause_queue()
    known = {job.id for job in client.jobs().jobs}
    shot = session.shot
    assert shot is not None
    orders = []
    for begin in ("nothing", "first_frame", "clip"):
        opened.effect.set_params(plate_as=begin)
        session.render()
        qtbot.waitUntil(lambda: any(job.id not in known for job in client.jobs().jobs), timeout=20_000)
        (job,) = (one for one in client.jobs().jobs if one.id not in known)
        known.add(job.id)
        orders.append(job.order)
        client.cancel(job.id)
    client.resume_queue()
    words, picture, changed = orders
    assert isinstance(words.spec.params, GenerateParams) and isinstance(picture.spec.params, GenerateParams)
    assert words.spec.plate == "" and words.spec.params.frames == shot.frames.duration
    assert words.spec.params.rate == shot.rate and words.output.endswith("shot_generated.mov")
    with open_source(picture.spec.plate) as first:
        assert (first.format.width, first.frame_count) == (shot.width, 1)
    assert changed.spec.plate == str(media) and changed.spec.mattes == () and changed.spec.frames is not None


def test_a_picture_that_is_no_clip_can_be_dropped_to_begin_with(
    opened: MainWindow, qtbot: QtBot, registered: None, tmp_path: Path
) -> None:
    session, control = opened.session, chosen(opened)
    begin = opened.effect.form.control("plate_as")
    assert isinstance(begin, BeginControl) and not begin.picture.isVisible()
    qtbot.waitUntil(lambda: bool(session.params.weights), timeout=10_000)
    assert control.isVisible()
    picture = tmp_path / "pictures" / "harbour.png"
    picture.parent.mkdir()
    cv2.imwrite(str(picture), np.full((60, 90, 3), 128, np.uint8))
    drop(begin, picture)
    assert session.params.plate_as == "first_frame" and begin.picture.isVisible()
    assert "harbour" in begin.picture.choose_button.accessibleName()
    request = session.question()
    assert request is not None
    prepared = session.desk.prepare(request)
    spec = prepared.submit.order.spec
    assert spec.plate == str(picture) and spec.params.plate_as == "first_frame"
    assert picture.parent in prepared.folders
    opened.effect.set_params(plate_as="nothing")
    assert not begin.picture.isVisible()
    request = session.question()
    assert request is not None and session.desk.prepare(request).submit.order.spec.plate == ""
    opened.effect.set_params(plate_as="first_frame")
    picture.unlink()
    request = session.question()
    assert request is not None
    with pytest.raises(LumiereError, match=r"harbour.png: no such picture"):
        session.desk.prepare(request)
    begin.picture.clear_button.click()
    request = session.question()
    assert request is not None and request.picture is None


def drop(widget: QWidget, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(5, 5), *held))
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), *held))


def test_size_window_and_sampler_are_below_more(opened: MainWindow) -> None:
    session = opened.session
    chosen(opened)
    opened.effect.form.more.setChecked(True)
    width, window = opened.effect.form.control("width"), opened.effect.form.control("window")
    assert isinstance(width, QDoubleSpinBox) and isinstance(window, QDoubleSpinBox)
    assert width.isVisible() and width.text() == window.text() == "Automatic"
    opened.effect.set_params(width=768, height=512, window=24, sampler="ddim")
    params = session.params
    assert (params.width, params.height, params.window, params.sampler) == (768, 512, 24, "ddim")
    assert width.text() == "768 px" and all(type(one) is int for one in (params.width, params.window))
    width.setValue(width.minimum())
    assert session.params.width is None


def test_a_removal_takes_words_where_a_model_is_registered(
    opened: MainWindow, qtbot: QtBot, registered: None
) -> None:
    session, form = opened.session, opened.effect.form
    prompt, models = form.control("prompt"), form.control("weights")
    assert isinstance(prompt, TextControl) and isinstance(models, ModelsControl)
    assert not prompt.isEnabled() and "model is needed" in prompt.placeholderText()
    form.more.setChecked(True)
    qtbot.waitUntil(prompt.isEnabled, timeout=10_000)
    assert session.params == RemoveParams(), "a model alone says nothing"
    prompt.setPlainText("a lawn")
    qtbot.waitUntil(lambda: bool(session.params.weights), timeout=10_000)
    assert session.params.prompt == "a lawn"
    form.set_params(imagine=False)
    assert session.params == RemoveParams(imagine=False), "nothing is imagined, so nothing is asked for"
    form.set_params(imagine=True)
    assert session.params.prompt == "a lawn" and session.params.weights


def test_a_style_in_words_is_the_clip_generated_anew(opened: MainWindow, qtbot: QtBot) -> None:
    session = opened.session
    session.choose_effect(next(one for one in session.effects if one.id == "stylize"))
    qtbot.mouseClick(opened.effect.words, Qt.MouseButton.LeftButton)
    assert session.effect.id == "generate" and not opened.effect.words.isVisible()
    assert session.params.plate_as == "clip" and session.params.strength == 0.6
