"""The host contract against a fake of RV, its menu, and the package."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import fake_openrv
import pytest
from contract import Bench, HostContract, result
from contract import Item as Listed

SESSION = fake_openrv.install()

from lumiere_plugin.host_places import HOSTS  # noqa: E402
from lumiere_plugin.hosts import openrv as shim  # noqa: E402 - it imports what was just put in place


class OpenRVRig:
    start = 86400

    def __init__(self, folder: Path, cuts_before_offset: bool) -> None:
        self.folder = folder
        SESSION.sources.clear()
        SESSION.rates.clear()
        SESSION.cuts_before_offset = cuts_before_offset
        self.host = shim.OpenRVHost()
        self.plate = self._movie("plate.mov", 40)

    def _movie(self, name: str, frames: int) -> Path:
        path = self.folder / name
        path.touch()
        fake_openrv.FRAMES[str(path)] = frames
        return path

    def add(self, name: str, at: int, source: int, duration: int) -> None:
        held = SESSION.sources[SESSION.add(str(self.plate))]
        held["name"] = name
        self._lay(held, self.start + at, source, duration)

    def _lay(self, held: dict[str, Any], at: int, first: int, duration: int) -> None:
        offset = at - first - 1
        back = offset if SESSION.cuts_before_offset else 0
        held.update(
            {"group.rangeOffset": [offset], "cut.in": [at - back], "cut.out": [at + duration - 1 - back]}
        )

    def source(self, name: str) -> str:
        return next(source for source, held in SESSION.sources.items() if held["name"] == name)

    def select(self, name: str) -> None:
        SESSION.shown = [self.source(name)] if name else []

    def move(self, name: str, to: int) -> None:
        info, source = SESSION.range(self.source(name)), self.source(name)
        first, duration = info["cutIn"] - info["start"], info["cutOut"] - info["cutIn"] + 1
        self._lay(SESSION.sources[source], self.start + to, first, duration)

    def remove(self, name: str) -> None:
        del SESSION.sources[self.source(name)]

    def movie(self, frames: int) -> Path:
        return self._movie(f"result_{frames}.mov", frames)

    def items(self) -> list[Listed]:
        found = []
        for source, held in SESSION.sources.items():
            info = SESSION.range(source)
            track = "" if held["name"] in "abc" else held["name"]
            lasts = info["cutOut"] - info["cutIn"] + 1
            first = info["cutIn"] - info["start"]
            found.append((track, held["name"], info["cutIn"], lasts, held["media.movie"][0], first))
        return found

    def undo(self) -> bool:
        return False


@pytest.fixture(params=[False, True], ids=["cuts after offset", "cuts before offset"])
def rig(tmp_path: Path, request: Any, monkeypatch: pytest.MonkeyPatch) -> OpenRVRig:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return OpenRVRig(tmp_path, request.param)


class TestOpenRV(HostContract):
    pass


def test_sources_that_overlap_lie_on_tracks_of_their_own(rig: OpenRVRig) -> None:
    rig.add("a", 0, 0, 20)
    rig.add("b", 10, 0, 20)
    assert [[clip.name for clip in track.clips] for track in rig.host.timeline().tracks] == [["a"], ["b"]]


def test_another_rate_and_a_sequence_are_refused_by_name(rig: OpenRVRig) -> None:
    rig.add("a", 0, 0, 20)
    SESSION.rates[rig.source("a")] = 25.0
    assert "25 frames per second" in rig.host.timeline().tracks[0].clips[0].problem
    SESSION.sources[rig.source("a")]["media.movie"] = [name := str(rig.folder / "plate.1-40#.exr")]
    fake_openrv.FRAMES[name] = 40
    assert "no movie file" in rig.host.timeline().tracks[0].clips[0].problem


def test_a_failure_leaves_no_source(rig: OpenRVRig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.add("b", 30, 5, 12)
    monkeypatch.setattr(shim.commands, "setIntProperty", lambda *_: None)
    (told,) = Bench(rig).desk.place_new([result(rig)])
    assert "did not place it as asked" in told and len(SESSION.sources) == 1


def test_the_menu_opens_the_panel_on_what_is_shown(rig: OpenRVRig) -> None:
    rig.add("b", 30, 5, 12)
    mode: Any = shim.create_mode()
    ((title, entries),) = mode.menu
    assert (
        title == "Lumiere" and entries[0][0] == "Remove object…" and entries[-1][0] == "Place finished clips"
    )
    opened: list[Any] = []
    mode.desk = Bench(rig).desk
    mode.desk._open_panel, mode.watcher.watch = opened.append, lambda path: None
    mode.timer = type("Timer", (), {"start": lambda self, ms: None})()
    rig.select("b")
    entries[0][1](None)
    assert opened[0][1:] == ["--clip", "#0", "--action", "remove"]
    rig.select("")
    entries[0][1](None)
    assert "no clip is selected" in shim.extra_commands.told[-1]


def test_the_package_names_its_mode_and_is_always_the_same() -> None:
    (kind,) = [one for one in HOSTS if one.id == "openrv"]
    data = kind.content(Path("/shim/python"), "1.2.3")
    assert data == kind.content(Path("/shim/python"), "1.2.3")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.namelist() == ["PACKAGE", "lumiere_mode.py"]
        assert "version: 1.2.3" in package.read("PACKAGE").decode()
        mode = package.read("lumiere_mode.py").decode()
    compile(mode, "lumiere_mode.py", "exec")
    assert "def createMode" in mode and "/shim/python" in mode
