"""The queue in the panel is the engine's own: paused, reordered, cancelled and tried again from there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import JobState
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Drag = Callable[..., None]
pytestmark = pytest.mark.timeout(120)


def states(window: MainWindow) -> dict[int, JobState]:
    return {job.id: job.state for job in window.session.queue.jobs}


def waiting(window: MainWindow) -> list[int]:
    return [job.id for job in window.session.queue.jobs if job.state is JobState.QUEUED]


def test_jobs_are_reordered_cancelled_and_tried_again(opened: MainWindow, drag: Drag, qtbot: QtBot) -> None:
    session, queue = opened.session, opened.queue
    qtbot.waitUntil(lambda: session.queue.known, timeout=20_000)
    drag((64, 34), (96, 66))
    opened.effect.set_params(quality="draft", imagine=False)
    session.queue.pause_all(True)
    qtbot.waitUntil(lambda: session.queue.paused, timeout=10_000)
    for count in (1, 2, 3):
        session.render()
        qtbot.waitUntil(lambda count=count: len(waiting(opened)) == count, timeout=20_000)
    first, second, third = waiting(opened)

    queue.select(third)
    assert queue.buttons["up"].isEnabled() and not queue.buttons["retry"].isEnabled()
    qtbot.mouseClick(queue.buttons["up"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: waiting(opened) == [first, third, second], timeout=10_000)

    queue.select(second)
    qtbot.mouseClick(queue.buttons["cancel"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(opened)[second] is JobState.CANCELLED, timeout=10_000)
    queue.select(second)
    qtbot.mouseClick(queue.buttons["retry"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(waiting(opened)) == 3, timeout=10_000)
    again = waiting(opened)[-1]
    assert EngineClient().job(again).retry_of == second

    session.queue.pause_all(False)
    for job in (first, third, again):
        qtbot.waitUntil(lambda job=job: states(opened)[job] is JobState.DONE, timeout=60_000)
    qtbot.waitUntil(lambda: len(session.results.of(0)) == 3, timeout=10_000)
    assert session.queue.job(first) is not None
    done = session.queue.job(first)
    assert done is not None
    qtbot.waitUntil(lambda: session.queue.picture(done) is not None, timeout=10_000)

    takes = [one.job for one in session.results.of(0)]
    opened.clip_menu(0)
    session.results.choose(0, takes[-1])
    shown = session.results.shown(0)
    assert shown is not None and shown.job == takes[-1]

    assert not session.results.stale
    drag((20, 20), (40, 40))
    qtbot.waitUntil(lambda: set(session.results.stale) == set(takes), timeout=10_000)
    session.roto.undo()
    qtbot.waitUntil(lambda: not session.results.stale, timeout=10_000)
    assert session.shot is not None
    ahead = time.time() + 60
    os.utime(session.shot.media, (ahead, ahead))
    session.results.look_again()
    qtbot.waitUntil(lambda: set(session.results.stale.values()) == {"the plate is newer"}, timeout=10_000)


def test_a_preset_of_the_menu_sets_the_parameters(opened: MainWindow) -> None:
    entry = next(one for one in opened.clip_menu(0).actions() if "quick" in one.text())
    entry.trigger()
    assert (opened.session.params.quality, opened.session.params.imagine) == ("draft", False)
    assert opened.tools.tool == "rectangle", "nothing is drawn yet: the tool is in the hand"
