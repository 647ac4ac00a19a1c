"""The host contract against a fake of Hiero, and the context menu."""

from __future__ import annotations

import types
from fractions import Fraction
from pathlib import Path
from typing import Any

import fake_hiero
import pytest
from contract import Bench, HostContract, result
from contract import Item as Listed

HIERO = fake_hiero.install()

from lumiere_plugin.hosts import hiero as shim  # noqa: E402 - it imports what was just put in place


class HieroRig:
    start = 86400

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = fake_hiero.Project(str(folder / "project.hrox"), self.start)
        self.sequence = self.project.sequence
        HIERO.ui.activeSequence = lambda: self.sequence
        self.host = shim.HieroHost()
        plate = self._movie("plate.mov", 40)
        self.project.beginUndo("")
        self.track = fake_hiero.VideoTrack("Video 1")
        self.sequence.addTrack(self.track)
        self.plate = fake_hiero.Clip(fake_hiero.MediaSource(str(plate)))
        self.project.clipsBin().addItem(fake_hiero.BinItem(self.plate))
        self.project.endUndo()

    def _movie(self, name: str, frames: int) -> Path:
        path = self.folder / name
        path.touch()
        fake_hiero.FRAMES[str(path)] = frames
        return path

    def add(self, name: str, at: int, source: int, duration: int) -> None:
        item = self.track.createTrackItem(name)
        item.setSource(self.plate)
        item.setSourceIn(float(source))
        item.setSourceOut(float(source + duration - 1))
        item.setTimelineIn(at)
        item.setTimelineOut(at + duration - 1)
        self.track.addTrackItem(item)

    def item(self, name: str) -> Any:
        return next(item for item in self.track.items() if item.name() == name)

    def select(self, name: str) -> None:
        self.host.choose((self.item(name),) if name else ())

    def move(self, name: str, to: int) -> None:
        item = self.item(name)
        item.setTimelineOut(to + item.timelineOut() - item.timelineIn())
        item.setTimelineIn(to)

    def remove(self, name: str) -> None:
        self.track._items.remove(self.item(name))

    def movie(self, frames: int) -> Path:
        return self._movie(f"result_{frames}.mov", frames)

    def items(self) -> list[Listed]:
        return [
            (
                track.name(),
                item.name(),
                self.start + item.timelineIn(),
                item.timelineOut() - item.timelineIn() + 1,
                item.source().mediaSource().path,
                int(item.sourceIn()),
            )
            for track in self.sequence.videoTracks()
            for item in track.items()
        ]

    def undo(self) -> bool:
        self.project.undo()
        return True


class TestHiero(HostContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> HieroRig:
        return HieroRig(tmp_path)


@pytest.fixture
def rig(tmp_path: Path) -> HieroRig:
    rig = HieroRig(tmp_path)
    rig.add("b", 30, 5, 12)
    return rig


def test_a_retimed_clip_keeps_its_speed(rig: HieroRig) -> None:
    rig.item("b").setSourceOut(27.0)
    (clip,) = rig.host.timeline().tracks[0].clips
    assert clip.speed == 2
    Bench(rig).desk.place_new([result(rig, frames=30)])
    new = rig.sequence.videoTracks()[-1].items()[0]
    assert (new.sourceIn(), new.sourceOut()) == (4.0, 26.0)


def test_a_freeze_frame_is_refused_by_name(rig: HieroRig) -> None:
    rig.item("b").setSourceOut(5.0)
    (clip,) = rig.host.timeline().tracks[0].clips
    assert "stands still" in clip.problem and clip.speed == Fraction(1)


def test_a_failure_leaves_no_track(rig: HieroRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_hiero.VideoTrack, "addTrackItem", lambda *_: None)
    (told,) = Bench(rig).desk.place_new([result(rig)])
    assert "did not place it as asked" in told and len(rig.sequence.videoTracks()) == 1


def test_the_context_menu_has_an_entry_for_each_action(rig: HieroRig) -> None:
    shim.register()
    show = HIERO.core.events.registered["kShowContextMenu/kTimeline"]
    opened: list[Any] = []
    shim._menu.desk = Bench(rig).desk
    shim._menu.desk.host = shim._menu.host
    shim._menu.desk._open_panel = opened.append
    shim._menu.watcher.watch = lambda path: None
    shim._menu._start_timer = lambda: None

    class Menu:
        def __init__(self) -> None:
            self.entries: dict[str, Any] = {}

        def addMenu(self, title: str) -> Menu:
            return self

        def addAction(self, title: str) -> Any:
            signal = types.SimpleNamespace(connect=lambda call: self.entries.__setitem__(title, call))
            return types.SimpleNamespace(triggered=signal)

    menu = Menu()
    show(types.SimpleNamespace(sender=types.SimpleNamespace(selection=lambda: ()), menu=menu))
    assert not menu.entries
    selected = (rig.item("b"),)
    show(types.SimpleNamespace(sender=types.SimpleNamespace(selection=lambda: selected), menu=menu))
    assert next(iter(menu.entries)) == "Remove object…" and "Place finished clips" in menu.entries
    menu.entries["Remove object…"](False)
    assert opened[0][1:] == ["--clip", "#0", "--action", "remove"]
