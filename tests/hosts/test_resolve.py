"""The host contract against a fake of Resolve, for the versions with either call for the selection."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract import Bench, HostContract, result
from contract import Item as Listed
from fake_resolve import Item, MediaItem, NewTimeline, Resolve, Timeline
from lumiere_engine.protocol.errors import TimelineError
from lumiere_plugin.hosts.resolve import ResolveHost


class ResolveRig:
    start = 86400

    def __init__(self, kind: type[Timeline], folder: Path) -> None:
        self.folder, self.resolve = folder, Resolve(kind, self.start)
        self.host = ResolveHost(self.resolve)
        self.timeline = self.resolve.timeline
        (folder / "plate.mov").touch()
        self.plate = MediaItem(str(folder / "plate.mov"), 40)

    def add(self, name: str, at: int, source: int, duration: int) -> None:
        self.timeline.tracks[0].append(Item(name, self.plate, self.start + at, source, duration, 1))

    def _item(self, name: str) -> Item:
        return next(item for item in self.timeline.tracks[0] if item.name == name)

    def select(self, name: str) -> None:
        self.timeline.selected = [self._item(name)] if name else []

    def move(self, name: str, to: int) -> None:
        self._item(name).start = self.start + to

    def remove(self, name: str) -> None:
        self.timeline.tracks[0].remove(self._item(name))

    def movie(self, frames: int) -> Path:
        path = self.folder / f"result_{frames}.mov"
        path.touch()
        self.resolve.frames[str(path)] = frames
        return path

    def items(self) -> list[Listed]:
        return [
            (name, i.name, i.start, i.duration, i.media.GetClipProperty("File Path"), i.source)
            for name, track in zip(self.timeline.names, self.timeline.tracks, strict=True)
            for i in track
        ]

    def undo(self) -> bool:
        return False


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


class TestResolve(HostContract):
    @pytest.fixture(params=[Timeline, NewTimeline], ids=["19", "21.0.4"])
    def rig(self, request: pytest.FixtureRequest, tmp_path: Path) -> ResolveRig:
        return ResolveRig(request.param, tmp_path)


@pytest.fixture
def rig(tmp_path: Path) -> ResolveRig:
    rig = ResolveRig(NewTimeline, tmp_path)
    rig.add("b", 30, 5, 12)
    return rig


def test_mixed_rates_are_refused_by_name(rig: ResolveRig) -> None:
    rig.plate.properties["FPS"] = 29.97
    rig.select("b")
    with pytest.raises(TimelineError, match="b: its media has 30000/1001 frames per second, the timeline 24"):
        Bench(rig).desk.open_clip()


def test_a_retimed_clip_is_told_and_not_placed(rig: ResolveRig) -> None:
    rig.timeline.tracks[0][0].speed = 2.0
    (told,) = Bench(rig).desk.place_new([result(rig, frames=40)])
    assert "no way to place a retimed clip" in told and rig.timeline.names == ["Video 1"]


def test_what_resolve_drops_silently_is_told_and_its_track_taken_away(
    rig: ResolveRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.resolve.pool, "AppendToTimeline", lambda _: [True], raising=False)
    (told,) = Bench(rig).desk.place_new([result(rig)])
    assert "did not place it as asked: nothing" in told and rig.timeline.names == ["Video 1"]


def test_without_resolve_or_timeline_it_says_so() -> None:
    with pytest.raises(TimelineError, match="no timeline is open"):
        ResolveHost(None).timeline()
