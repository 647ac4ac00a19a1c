"""The engine dies, the panel dies: the drawing and the queue are still there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from lumiere_engine.client import Connection
from lumiere_engine.protocol.roto import rectangle
from lumiere_ui.models.roto_document import read_roto
from lumiere_ui.models.roto_places import roto_path
from lumiere_ui.widgets.main_window import MainWindow
from pytestqt.qtbot import QtBot

Drag = Callable[..., None]
pytestmark = pytest.mark.timeout(120)


def test_a_killed_engine_is_told_started_again_and_finishes_what_it_had(
    opened: MainWindow, drag: Drag, qtbot: QtBot
) -> None:
    session = opened.session
    qtbot.waitUntil(lambda: session.link.state == "connected", timeout=20_000)
    drag((64, 34), (96, 66))
    opened.effect.set_params(quality="draft", imagine=False)
    session.render()
    qtbot.waitUntil(lambda: session.queue.known and bool(session.queue.jobs), timeout=20_000)
    said: list[str] = []
    session.link.state_changed.connect(lambda state, _: said.append(state))
    endpoint = Connection(start=False).found()
    assert endpoint is not None
    os.kill(endpoint.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: "lost" in said and session.link.state == "connected", timeout=30_000)
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)
    again = Connection(start=False).found()
    assert again is not None and again.pid != endpoint.pid


def test_an_engine_that_was_stopped_stays_so_until_the_artist_wants_it(
    opened: MainWindow, qtbot: QtBot
) -> None:
    link = opened.session.link
    qtbot.waitUntil(lambda: link.state == "connected", timeout=20_000)
    link.post("/engine/stop")
    qtbot.waitUntil(lambda: link.state == "stopped", timeout=30_000)
    opened.engine.click()
    qtbot.waitUntil(lambda: link.state == "connected", timeout=30_000)


def test_a_panel_killed_in_the_middle_of_a_stroke_has_it_when_it_is_opened_again(media: Path) -> None:
    roto = media.with_name(media.name + ".roto.json")
    lines = f"""
        import os
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from pathlib import Path
        from lumiere_plugin.panel import PanelDesk, actions
        from lumiere_ui.app import make_window
        from PySide6.QtCore import QPointF, Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication
        app = QApplication([])
        window = make_window(PanelDesk(), actions())
        window.show()
        window.session.open(Path({str(media)!r}))
        while window.session.shot is None:
            app.processEvents()
        window.tools.choose("brush")
        place = window.viewer.to_widget(50, 50).toPoint()
        QTest.mousePress(window.viewer, Qt.MouseButton.LeftButton, pos=place)
        for x in range(51, 90):
            QTest.mouseMove(window.viewer, window.viewer.to_widget(x, 50).toPoint())
        while True:
            app.processEvents()
        """
    panel = subprocess.Popen([sys.executable, "-c", textwrap.dedent(lines)])
    try:
        deadline = time.monotonic() + 60
        while not roto.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        panel.kill()
        panel.wait()
    found = read_roto(roto, 160, 96)
    strokes = found.masks[0].paintings[0].strokes
    assert len(strokes) == 1 and len(strokes[0].xy) > 60


def test_a_drawing_that_is_not_written_yet_is_that_of_another_clip_of_the_same_media(
    window: MainWindow, qtbot: QtBot, media: Path
) -> None:
    session, path = window.session, media.with_name("twice.otio")
    made = otio.schema.Timeline("twice")
    track = otio.schema.Track("V1", kind="Video")
    for name, start in (("begin", 86400), ("end", 86405)):
        times = (otio.opentime.RationalTime(at, 24) for at in (start, 5))
        track.append(
            otio.schema.Clip(name, otio.schema.ExternalReference(media.name), otio.opentime.TimeRange(*times))
        )
    made.tracks.append(track)
    otio.adapters.write_to_file(made, str(path))
    session.open(path)
    qtbot.waitUntil(lambda: session.project is not None, timeout=20_000)
    session.select((0,))
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    session.roto.add("Rectangle", "rectangle")
    session.roto.change_mask("drawing", lambda mask: mask.with_knots(0, rectangle(64, 34, 96, 66)))
    drawn = session.roto.roto
    session.saving.do(lambda: time.sleep(1))
    session.select((1,))
    qtbot.waitUntil(lambda: session.shot is not None and session.shot.name == "end", timeout=20_000)
    assert session.roto.roto == drawn and not roto_path(str(media)).exists()
