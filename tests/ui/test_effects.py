"""An effect is a parameter dataclass and rows of the manifest: the panel makes the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_plugin.panel import PanelDesk, actions
from lumiere_ui.app import make_window
from lumiere_ui.models.actions import Action, Effect
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot


@dataclass(frozen=True)
class DreamParams:
    """What an artist can choose.

    Attributes:
        depth: how deep it goes.
    """

    depth: float = field(default=1.0, metadata={"label": "Depth", "unit": "m", "low": 0.0, "high": 9.0})


DREAM = Effect("dream", "Dream", "Dream on", "dreamt", DreamParams)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    deeper = Action("deeper", "Dream deeper", DREAM, "Goes deep.", ("panel", "clip_menu"), (("depth", 7.0),))
    made = make_window(PanelDesk(), (*actions(), deeper))
    qtbot.addWidget(made)
    yield made
    made.close()


def test_another_effect_has_its_form_its_words_and_its_presets(window: MainWindow) -> None:
    panel, session = window.effect, window.session
    assert panel.render_button.text() == "Remove"
    panel.choice.setCurrentIndex(panel.choice.findText("Dream"))
    assert panel.render_button.text() == "Dream on"
    assert session.params == DreamParams()
    window.start(actions()[1])
    assert session.effect.id == "remove" and session.params.quality == "draft"
    window.start(next(one for one in window.actions_known if one.id == "deeper"))
    assert panel.choice.currentText() == "Dream" and session.params == DreamParams(7.0)
    panel.choice.setCurrentIndex(0)
    assert session.params.quality == "draft", "each effect keeps its own"


def test_an_effect_without_a_hint_needs_no_mask(window: MainWindow, qtbot: QtBot, media: Path) -> None:
    window.session.open(media)
    qtbot.waitUntil(lambda: window.session.shot is not None, timeout=20_000)
    assert window.session.why_not() == "Draw a mask around what is to go, with its shadow"
    assert window.masks.empty.text().startswith("Draw a mask around what is to go")
    window.session.choose_effect(DREAM)
    assert window.session.why_not() == ""
    assert window.masks.empty.text() == "Without a mask, all of the picture is changed."


@pytest.fixture
def pendulum(tmp_path: Path) -> Path:
    """A light that swings before a soft wall, twenty-six frames of which a loop is ten."""
    path = tmp_path / "pendulum.mkv"
    wall = cv2.GaussianBlur(np.random.default_rng(3).random((96, 160, 3)), (0, 0), 3).astype(np.float32)
    fmt = FrameFormat(
        160, 96, Fraction(24), PixelLayout("yuv", 8, chroma_shift=(1, 1)), ColorTags(1, 1, 1, 1)
    )
    writer = open_writer(path, fmt, overwrite=True)
    for frame in range(26):
        picture = 0.3 + 0.4 * wall
        x = 80 + 24 * np.sin(2 * np.pi * frame / 10)
        cv2.circle(picture, (round(float(x) * 8), 48 * 8), 9 * 8, (0.95, 0.9, 0.3), -1, cv2.LINE_AA, 3)
        writer.write(picture_from_rgb(picture, fmt))
    writer.commit()
    return path


def test_a_cinemagraph_is_drawn_and_rendered_like_any_effect(
    window: MainWindow, qtbot: QtBot, pendulum: Path
) -> None:
    window.show()
    session, panel = window.session, window.effect
    session.open(pendulum)
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    window.start(next(one for one in actions() if one.effect.id == "cinemagraph"))
    assert panel.render_button.text() == "Bring to life" and "move" in session.why_not()
    places = [window.viewer.to_widget(*place).toPoint() for place in ((36, 24), (80, 48), (124, 72))]
    qtbot.mousePress(window.viewer, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(window.viewer, place - QPoint(1, 0))
        qtbot.mouseMove(window.viewer, place)
    qtbot.mouseRelease(window.viewer, Qt.MouseButton.LeftButton, pos=places[-1])
    assert session.why_not() == ""
    panel.set_params(quality="draft")
    qtbot.mouseClick(panel.render_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)
    (result,) = session.results.all
    assert result.media.endswith("pendulum_loop.mov")
    with open_source(result.media) as made, open_source(pendulum) as plate:
        assert made.frame_count == plate.frame_count
        corner = {made.read(k).planes[0][:20, :20].tobytes() for k in range(made.frame_count)}
        middle = {made.read(k).planes[0][40:56].tobytes() for k in range(made.frame_count)}
    assert len(corner) == 1 and len(middle) > 4
