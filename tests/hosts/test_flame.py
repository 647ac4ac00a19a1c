"""The host contract against a fake of Flame, and the context menu."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fake_flame
import pytest
from contract import Bench, HostContract, result
from contract import Item as Listed

FLAME = fake_flame.install()

from lumiere_plugin.hosts import flame as shim  # noqa: E402 - it imports what was just put in place


class FlameRig:
    start = 86400

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sequence = fake_flame.PySequence(self.start)
        self.track = self.sequence.versions[0].create_track()
        self.host = shim.FlameHost()
        self.host._sequence = self.sequence
        self.plate = self._movie("plate.mov", 40)

    def _movie(self, name: str, frames: int) -> Path:
        path = self.folder / name
        path.touch()
        fake_flame.FRAMES[str(path)] = frames
        return path

    def add(self, name: str, at: int, source: int, duration: int) -> None:
        made = fake_flame.PySegment(self.track, name, self.start + at, duration, str(self.plate), source)
        self.track.filled.append(made)

    def item(self, name: str) -> Any:
        return next(one for one in self.track.filled if one.name.get_value() == name)

    def select(self, name: str) -> None:
        self.host._selection = (self.item(name),) if name else ()

    def move(self, name: str, to: int) -> None:
        self.item(name).start = self.start + to

    def remove(self, name: str) -> None:
        self.track.filled.remove(self.item(name))

    def movie(self, frames: int) -> Path:
        return self._movie(f"result_{frames}.mov", frames)

    def items(self) -> list[Listed]:
        return [
            (track.name.get_value(), one.name.get_value(), one.start, one.duration, one.path, one.first)
            for track in self.sequence.versions[0].tracks
            for one in track.filled
        ]

    def undo(self) -> bool:
        return False


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlameRig:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return FlameRig(tmp_path)


class TestFlame(HostContract):
    pass


def test_a_timewarp_and_another_rate_are_refused_by_name(rig: FlameRig) -> None:
    rig.add("b", 30, 5, 12)
    rig.item("b").effect_types = ["Timewarp"]
    assert "Timewarp" in rig.host.timeline().tracks[0].clips[0].problem
    rig.item("b").effect_types, rig.item("b").source_frame_rate = [], "25 fps"
    assert "25 frames per second" in rig.host.timeline().tracks[0].clips[0].problem


def test_a_failure_leaves_no_track(rig: FlameRig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.add("b", 30, 5, 12)
    monkeypatch.setattr(fake_flame.PySequence, "overwrite", lambda *_: False)
    (told,) = Bench(rig).desk.place_new([result(rig)])
    assert "did not place it as asked: nothing" in told and len(rig.sequence.versions[0].tracks) == 1


def test_the_context_menu_has_an_entry_for_each_action(
    rig: FlameRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.add("b", 30, 5, 12)
    monkeypatch.setattr(shim, "_menu", None)
    (group,) = shim.get_timeline_custom_ui_actions()
    entries = {one["name"]: one for one in group["actions"]}
    assert (
        group["name"] == "Lumiere"
        and next(iter(entries)) == "Remove object…"
        and "Place finished clips" in entries
    )
    menu: Any = shim._menu
    opened: list[Any] = []
    menu.desk = Bench(rig).desk
    menu.desk.host, menu.desk._open_panel, menu.watcher.watch = menu.host, opened.append, lambda path: None
    segment = rig.item("b")
    first = entries["Remove object…"]
    assert first["isVisible"]((segment,)) and not first["isVisible"](("a track",))
    first["execute"]((segment,))
    assert opened[0][1:] == ["--clip", "#0", "--action", "remove"]
    assert FLAME.idle.pop() == menu.tick
    first["execute"](("nothing",))
    assert "Lumiere: no clip is selected" in FLAME.told[-1]
