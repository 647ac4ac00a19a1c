"""Hiero's Python API as Foundry's developer guide describes it, as far as the shim uses it.

Rules and where they come from: objects must be in a project before they are put on tracks (guide, "Undo/redo and
ownership"); edits are made in the main thread only (guide, "Threading"); `timelineOut` and `sourceOut` are inclusive
(API reference, TrackItem); items of one track must not overlap (API reference, addTrackItem raises); edits between
`beginUndo` and `endUndo` are one step (guide); names are those of Hiero, so they are not ours to choose.
"""

from __future__ import annotations

import sys
import threading
import types
from typing import Any

FRAMES: dict[str, int] = {}


def main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("not the main thread")


class TimeBase:
    def __init__(self, rate: float) -> None:
        self.rate = rate

    def toFloat(self) -> float:
        return self.rate


class MediaSource:
    def __init__(self, path: str) -> None:
        self.path = path

    def fileinfos(self) -> list[Any]:
        return [types.SimpleNamespace(filename=lambda: self.path)]

    def isMediaPresent(self) -> bool:
        return True

    def duration(self) -> int:
        return FRAMES[self.path]


class Clip:
    def __init__(self, source: MediaSource) -> None:
        self.source, self.bin = source, None

    def mediaSource(self) -> MediaSource:
        return self.source

    def framerate(self) -> TimeBase:
        return TimeBase(24.0)


class BinItem:
    def __init__(self, clip: Clip) -> None:
        self.clip = clip


class Bin:
    def __init__(self) -> None:
        self.items: list[BinItem] = []

    def addItem(self, item: BinItem) -> None:
        main_thread()
        self.items.append(item)
        item.clip.bin = self


class TrackItem:
    def __init__(self, name: str, track: VideoTrack) -> None:
        self._name, self.track, self.clip = name, track, None
        self.times = {"SourceIn": 0.0, "SourceOut": 0.0, "TimelineIn": 0, "TimelineOut": 0}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("set") and name[3:] in self.times:
            main_thread()
            return lambda value: self.times.__setitem__(name[3:], value)
        if name[:1].upper() + name[1:] in self.times:
            return lambda: self.times[name[:1].upper() + name[1:]]
        raise AttributeError(name)

    def name(self) -> str:
        return self._name

    def source(self) -> Clip:
        return self.clip

    def setSource(self, clip: Clip) -> None:
        if clip.bin is None:
            raise RuntimeError("the clip is in no project")
        self.clip = clip

    def parentSequence(self) -> Sequence:
        return self.track.sequence

    def playbackSpeed(self) -> float:
        return 1.0


class VideoTrack:
    def __init__(self, name: str) -> None:
        self._name, self._items, self.sequence = name, [], None

    def name(self) -> str:
        return self._name

    def items(self) -> tuple[TrackItem, ...]:
        return tuple(self._items)

    def createTrackItem(self, name: str) -> TrackItem:
        return TrackItem(name, self)

    def addTrackItem(self, item: TrackItem) -> None:
        if self.sequence is None or item.clip is None:
            raise RuntimeError("the track is in no sequence, or the item has no source")
        for other in self._items:
            if item.timelineIn() <= other.timelineOut() and other.timelineIn() <= item.timelineOut():
                raise RuntimeError("items overlap")
        self._items.append(item)


class Sequence:
    def __init__(self, project: Project, start: int) -> None:
        self._project, self._start, self.tracks = project, start, []

    def project(self) -> Project:
        return self._project

    def name(self) -> str:
        return "Edit"

    def framerate(self) -> TimeBase:
        return TimeBase(24.0)

    def timecodeStart(self) -> int:
        return self._start

    def videoTracks(self) -> tuple[VideoTrack, ...]:
        return tuple(self.tracks)

    def addTrack(self, track: VideoTrack) -> None:
        main_thread()
        self._project.check()
        track.sequence = self
        self.tracks.append(track)

    def removeTrack(self, track: VideoTrack) -> None:
        self.tracks.remove(track)


class Project:
    def __init__(self, path: str, start: int) -> None:
        self._path, self._bin, self._open = path, Bin(), False
        self.sequence = Sequence(self, start)
        self.steps: list[tuple[list[VideoTrack], list[BinItem]]] = []

    def path(self) -> str:
        return self._path

    def clipsBin(self) -> Bin:
        self.check()
        return self._bin

    def check(self) -> None:
        if not self._open:
            raise RuntimeError("an edit outside of an undo step")

    def beginUndo(self, name: str) -> None:
        self._open = True
        self.steps.append((list(self.sequence.tracks), list(self._bin.items)))

    def endUndo(self) -> None:
        self._open = False

    def undo(self) -> None:
        tracks, items = self.steps.pop()
        self.sequence.tracks[:], self._bin.items[:] = tracks, items


class Events:
    def __init__(self) -> None:
        self.registered: dict[str, Any] = {}

    def registerInterest(self, name: str, call: Any) -> None:
        self.registered[name] = call


def install() -> Any:
    """Puts the fake where `import hiero.core` finds it; returns it."""
    core = types.ModuleType("hiero.core")
    for thing in (MediaSource, Clip, BinItem, VideoTrack, TrackItem):
        setattr(core, thing.__name__, thing)
    core.events = Events()  # type: ignore[attr-defined]
    core.told = []  # type: ignore[attr-defined]
    core.log = types.SimpleNamespace(info=core.told.append)  # type: ignore[attr-defined]
    ui = types.ModuleType("hiero.ui")
    ui.activeSequence = lambda: None  # type: ignore[attr-defined]
    package = types.ModuleType("hiero")
    package.core, package.ui = core, ui  # type: ignore[attr-defined]
    sys.modules.update({"hiero": package, "hiero.core": core, "hiero.ui": ui})
    return package
