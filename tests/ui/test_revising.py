"""A corrected mask: a new render goes on from the work of the take before, and the panel says how much it renders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol import Job
from lumiere_engine.protocol.roto import Stroke
from lumiere_ui.models.queue_model import told
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from .conftest import write_shot

Drag = Callable[..., None]
FRAMES, MENDED = 40, 39
pytestmark = pytest.mark.timeout(120)


def frames(path: str) -> list[bytes]:
    """Every frame's code values, exactly."""
    with open_source(path) as source:
        pictures = [source.read(frame) for frame in range(source.frame_count)]
        return [b"".join(plane.tobytes() for plane in picture.planes) for picture in pictures]


def render(window: MainWindow, qtbot: QtBot) -> Job:
    """Press the button; the finished job."""
    session, heard = window.session, list[Job]()
    session.queue.finished.connect(heard.append)
    before = len(session.results.all)
    qtbot.mouseClick(window.effect.render_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.results.all) > before and bool(heard), timeout=60_000)
    session.queue.finished.disconnect(heard.append)
    return heard[-1]


def test_a_corrected_mask_renders_only_the_frames_that_it_touches(
    window: MainWindow, drag: Drag, qtbot: QtBot, tmp_path: Path
) -> None:
    session = window.session
    write_shot(tmp_path / "shot.mkv", FRAMES)
    session.open(tmp_path / "shot.mkv")
    qtbot.waitUntil(lambda: window.viewing.is_current("plate"), timeout=20_000)
    drag((64, 34), (80, 50), (96, 66))
    window.effect.set_params(quality="draft", imagine=False)
    first = render(window, qtbot)
    assert first.order.spec.base is None and first.result is not None

    session.roto.change_mask("brush", lambda mask: mask.with_stroke(MENDED, Stroke((20.0, 12.0), 6.0)))
    qtbot.waitUntil(lambda: first.id in session.results.stale, timeout=10_000)
    qtbot.waitUntil(lambda: "Goes on from the earlier take" in window.effect.why.text(), timeout=20_000)
    second = render(window, qtbot)
    assert second.order.spec.base == first.result["fingerprint"]
    before, after = frames(first.order.output), frames(second.order.output)
    changed = [k for k in range(FRAMES) if before[k] != after[k]]
    assert MENDED in changed and len(changed) < FRAMES // 2
    assert f"of {FRAMES} frames are rendered, the others stay as they are" in told(second)
    assert "stay as they are" in window.statusBar().findChild(QLabel).text()

    window.effect.set_params(grow=9.0)
    third = render(window, qtbot)
    assert third.order.spec.base is None, "another growth touches every frame: nothing to go on from"

    kept = tmp_path / ".lumiere"
    assert kept.is_dir()
    session.results.accept(0)
    qtbot.waitUntil(lambda: not kept.exists(), timeout=20_000)
