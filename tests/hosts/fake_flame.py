"""Flame's Python API as its documentation describes it, as far as the shim uses it.

Rules and where they come from ("Flame Python API reference", per class, unless said otherwise): attributes are objects
with `get_value` (PyAttribute); `PyTime(absolute_frame, frame_rate)` is absolute, with one argument relative (PyTime);
`overwrite(clip, PyTime, PyTrack)` takes what lies between the clip's marks (PySequence, PyClip), and wants a PyTime: a
number raises; a track is filled with gaps, which are segments as well (PySegment.type); `head` and `tail` are what the
media has beyond the segment (PySegment). Names are Flame's. That an out mark is exclusive is a guess, which the shim
checks by looking at the track after placing.
"""

from __future__ import annotations

import sys
import types
from typing import Any

FRAMES: dict[str, int] = {}
MEDIA_START = 1000


class PyAttribute:
    def __init__(self, value: Any) -> None:
        self.value = value

    def get_value(self) -> Any:
        return self.value

    def __str__(self) -> str:
        return f"'{self.value}'"


class PyTime:
    def __init__(self, frame: int, rate: Any = None) -> None:
        self.frame, self.absolute = frame, rate is not None


class PyClip:
    def __init__(self, path: str) -> None:
        self.path, self.start_time = path, PyTime(MEDIA_START, "24 fps")
        self.in_mark = self.out_mark = None

    def between_marks(self) -> tuple[int, int]:
        assert self.in_mark.absolute and self.out_mark.absolute
        first, last = self.in_mark.frame - MEDIA_START, self.out_mark.frame - MEDIA_START
        if not 0 <= first < last <= FRAMES[self.path]:
            raise RuntimeError("marks outside of the clip")
        return first, last - first


class PySegment:
    def __init__(self, track: PyTrack, name: str, start: int, duration: int, path: str, first: int) -> None:
        self.parent, self.name, self.path = track, PyAttribute(name), path
        self.type, self.file_path = PyAttribute("Video Segment"), PyAttribute(path)
        self.start, self.duration, self.first = start, duration, first
        self.effect_types: list[str] = []
        self.source_frame_rate = "24 fps"

    record_in = property(lambda self: PyTime(self.start, "24 fps"))
    record_duration = property(lambda self: PyTime(self.duration))
    head = property(lambda self: PyTime(self.first))
    tail = property(lambda self: PyTime(FRAMES[self.path] - self.first - self.duration))


class Gap:
    type = PyAttribute("Gap")


class PyTrack:
    def __init__(self, version: PyVersion, name: str) -> None:
        self.parent, self._name, self.filled = version, PyAttribute(name), []

    @property
    def name(self) -> PyAttribute:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = PyAttribute(value)

    @property
    def segments(self) -> list[Any]:
        return [Gap(), *self.filled]


class PyVersion:
    def __init__(self, sequence: PySequence) -> None:
        self.parent, self.tracks = sequence, []

    def create_track(self) -> PyTrack:
        self.tracks.append(PyTrack(self, ""))
        return self.tracks[-1]


class PySequence:
    def __init__(self, start: int) -> None:
        self.name, self.frame_rate = PyAttribute("Edit 1"), PyAttribute("24 fps")
        self.start_time, self.parent = PyTime(start, "24 fps"), "a reel"
        self.versions = [PyVersion(self)]

    def overwrite(self, clip: PyClip, time: PyTime, track: PyTrack) -> bool:
        if not isinstance(time, PyTime):
            raise TypeError("a PyTime is wanted")
        first, duration = clip.between_marks()
        start = time.frame if time.absolute else self.start_time.frame + time.frame
        track.filled.append(PySegment(track, "result", start, duration, clip.path, first))
        return True


def install() -> Any:
    """Puts the fake where `import flame` finds it; returns it."""
    flame = types.ModuleType("flame")
    for thing in (PySegment, PySequence, PyTime, PyClip):
        setattr(flame, thing.__name__, thing)

    def import_clips(path: str, destination: Any) -> list[PyClip]:
        assert destination == "a reel"
        return [PyClip(path)]

    def delete(track: PyTrack, confirm: bool = True) -> None:
        assert not confirm  # it would ask the artist
        track.parent.tracks.remove(track)

    flame.import_clips, flame.delete = import_clips, delete  # type: ignore[attr-defined]
    flame.told, flame.idle = [], []  # type: ignore[attr-defined]
    show = lambda text, kind, seconds: flame.told.append(text)  # type: ignore[attr-defined] # noqa: E731
    flame.messages = types.SimpleNamespace(show_in_console=show)  # type: ignore[attr-defined]
    flame.schedule_idle_event = lambda call, delay=0: flame.idle.append(call)  # type: ignore[attr-defined]
    sys.modules["flame"] = flame
    return flame
