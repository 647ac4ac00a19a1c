"""While a shot is learned its curve and its answers are seen, and it can be used at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import write_clip
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import JobState
from lumiere_engine.protocol.errors import StateError
from lumiere_engine.protocol.roto import rectangle
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot


@pytest.mark.timeout(120)
def test_learning_is_watched_and_ended(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).random((96, 160, 3)).astype(np.float32)
    still = np.rint(cv2.GaussianBlur(noise, (0, 0), 3) * 255).astype(np.uint8)
    still[40:60, 70:90] = (230, 20, 20)
    write_clip(tmp_path / "still.mkv", np.stack([still] * 6), Fraction(24))
    session, view = window.session, window.queue.learning
    session.open(tmp_path / "still.mkv")
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    session.roto.add("Rectangle", "rectangle")
    session.roto.change_mask("drawing", lambda mask: mask.with_knots(0, rectangle(66, 36, 94, 64)))
    assert not view.isVisible()
    session.render()
    qtbot.waitUntil(lambda: session.learning.now is not None and bool(session.learning.sheet), timeout=60_000)
    assert view.isVisible() and "of" in view.state.text()
    now = session.learning.now
    assert now is not None and 0 < now.step < now.total and len(now.losses) >= 1
    qtbot.mouseClick(view.use, Qt.MouseButton.LeftButton)
    assert not view.use.isEnabled()
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=60_000)
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)
    done = EngineClient().job(now.job)
    assert done.state is JobState.DONE and done.result is not None
    assert any("learning was ended after" in note for note in done.result["notes"])
    with pytest.raises(StateError, match="not learning"):
        EngineClient()._post(f"/jobs/{now.job}/enough")
