"""An effect is a parameter dataclass and rows of the manifest: the panel makes the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lumiere_plugin.panel import PanelDesk, actions
from lumiere_ui.app import make_window
from lumiere_ui.models.actions import Action, Effect
from lumiere_ui.widgets.main_window import MainWindow
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
    panel.choice.setCurrentIndex(1)
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
    assert window.session.why_not() == "Draw a mask around what is to go"
    window.session.choose_effect(DREAM)
    assert window.session.why_not() == ""
