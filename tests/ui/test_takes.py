"""Takes, what is accepted of them, and one effect on several clips; jobs are prepared and queued, not rendered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol.engine import TimelineResult
from lumiere_engine.protocol.queue import Placement
from lumiere_engine.protocol.roto import Mask, Roto, rectangle
from lumiere_ui.models.choices import read_choices
from lumiere_ui.models.roto_document import write_roto
from lumiere_ui.models.roto_places import roto_path
from lumiere_ui.widgets.main_window import MainWindow
from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def paused(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The queue is paused: what is queued stays there."""
    queue = window.session.queue
    qtbot.waitUntil(lambda: queue.known, timeout=20_000)
    queue.pause_all(True)
    qtbot.waitUntil(lambda: queue.paused, timeout=10_000)
    yield window
    client = EngineClient()
    for job in client.jobs().jobs:
        if not job.state.terminal:
            client.cancel(job.id)
    client.resume_queue()


def three(folder: Path, clip: Path) -> Path:
    """A timeline of three clips with media of their own: `a` and `c` have a mask, `b` has none."""
    made = otio.schema.Timeline("three")
    track = otio.schema.Track("V1", kind="Video")
    for name in "abc":
        copy = folder / f"{name}.mkv"
        copy.write_bytes(clip.read_bytes())
        times = otio.opentime.TimeRange(
            otio.opentime.RationalTime(86400, 24), otio.opentime.RationalTime(10, 24)
        )
        track.append(
            otio.schema.Clip(name, otio.schema.ExternalReference(copy.name, available_range=times), times)
        )
        if name != "b":
            mask = Mask(1, "m", "rectangle").with_knots(0, rectangle(64, 34, 96, 66))
            write_roto(roto_path(str(copy)), Roto(160, 96, (mask,)))
    made.tracks.append(track)
    path = folder / "three.otio"
    otio.adapters.write_to_file(made, str(path))
    return path


def test_one_effect_is_queued_for_all_selected_clips_that_have_a_mask(
    paused: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    session = paused.session
    known = {job.id for job in session.queue.jobs}
    session.open(three(tmp_path, clip))
    qtbot.waitUntil(lambda: session.project is not None, timeout=20_000)
    session.select((0, 1, 2))
    qtbot.waitUntil(lambda: session.shot is not None and session.shot.clip == 2, timeout=20_000)
    assert paused.effect.render_button.text() == "Remove in 3 clips"
    said: list[str] = []
    session.noticed.connect(lambda _, text: said.append(text))
    session.render()
    qtbot.waitUntil(lambda: len([j for j in session.queue.jobs if j.id not in known]) == 2, timeout=20_000)
    titles = sorted(job.title for job in session.queue.jobs if job.id not in known)
    assert titles == ["Remove · a", "Remove · c"]
    assert any("1 left out · b: no mask is drawn" in text for text in said)


def test_takes_differ_in_their_seeds_and_redo_goes_on_from_there(
    paused: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    session = paused.session
    known = {job.id for job in session.queue.jobs}
    session.open(three(tmp_path, clip))
    qtbot.waitUntil(lambda: session.project is not None, timeout=20_000)
    session.select((0,))
    qtbot.waitUntil(lambda: session.shot is not None, timeout=20_000)
    session.render_takes(2)
    new = lambda: [job for job in session.queue.jobs if job.id not in known]  # noqa: E731
    qtbot.waitUntil(lambda: len(new()) == 2, timeout=20_000)
    session.set_seed(1)
    session.redo()
    qtbot.waitUntil(lambda: len(new()) == 3, timeout=20_000)
    assert paused.effect.seed.value() == 2
    assert sorted(job.order.spec.seed for job in new()) == [0, 1, 2]
    assert len({job.order.output for job in new()}) == 3


def test_an_accepted_take_stays_and_is_known_again(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    session = window.session
    path = three(tmp_path, clip)
    heard: list[int] = []
    session.results.changed.connect(lambda: heard.append(1))
    session.open(path)
    qtbot.waitUntil(lambda: session.project is not None, timeout=20_000)
    # what was chosen before, and what the engine knows: neither may arrive later
    qtbot.waitUntil(lambda: len(heard) >= 2, timeout=20_000)

    def result(job: int, name: str, start: int) -> TimelineResult:
        place = Placement(clip=name, record_start=start, record_duration=10, rate="24/1")
        return TimelineResult(job, "done", str(tmp_path / f"{job}.mov"), None, 10, 0, "24/1", place)

    results = session.results
    results.all = (result(9, "a", 0), result(8, "a", 0), result(7, "b", 10))
    assert [one.job for one in results.to_save()] == [9, 7], "the newest of every clip"
    results.choose(0, 8)
    results.accept(0)
    assert [one.job for one in results.to_save()] == [8], "with an accepted one, only what is accepted"
    results.all = (result(10, "a", 0), *results.all)
    shown = results.shown(0)
    assert shown is not None and shown.job == 8
    qtbot.waitUntil(lambda: read_choices(path).accepted == (8,), timeout=10_000)
    results.accept(0, False)
    assert [one.job for one in results.to_save()] == [10, 7]
