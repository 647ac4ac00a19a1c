"""Flame, 2025 on: actions in the timeline's context menu, results on a new track of the same version.

Frames are told and set as absolute ones, with their rate: what relative ones count from differs between calls.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Optional

import flame
from lumiere_engine.protocol.errors import LumiereError, TimelineError

from ..manifest import manifest
from .desk import HostDesk, one_line
from .model import FinishedClip, HostClip, HostTimeline, HostTrack, check_fits
from .rates import exact_rate
from .watching import Watcher

MINIMUM = "2025"
_TRACK = re.compile(r"Lumiere (\d+)")
_PERIOD_S = 1


class FlameHost:
    """The sequence that the context menu was opened on last."""

    name = "flame"

    def __init__(self) -> None:
        self._selection: tuple[Any, ...] = ()
        self._sequence: Any = None

    def choose(self, items: tuple[Any, ...]) -> None:
        """What the context menu was opened on."""
        self._selection = tuple(item for item in items if isinstance(item, flame.PySegment))
        if self._selection:
            self._sequence = _sequence_of(self._selection[0])

    def timeline(self) -> HostTimeline:
        """As `Host.timeline`."""
        sequence = self._open()
        rate = _rate(sequence.frame_rate)
        tracks, selected = [], []
        for track in _tracks(sequence):
            clips = []
            for segment in track.segments:
                if _text(segment.type) == "Gap":
                    continue
                clip = _clip(segment, rate)
                clips.append(clip)
                if any(segment is one or segment == one for one in self._selection):
                    selected.append(clip)
            clips.sort(key=lambda clip: clip.record_start)
            tracks.append(HostTrack(_text(track.name), tuple(clips)))
        name = _text(sequence.name)
        return HostTimeline(
            name=name,
            folder=Path.home() / "Lumiere" / re.sub(r"[^\w.-]", "_", name),
            rate=rate,
            start_frame=int(sequence.start_time.frame),
            tracks=tuple(tracks),
            selected=tuple(selected),
        )

    def place(self, clip: FinishedClip) -> str:
        """As `Host.place`. Flame offers scripts no undo: the track can be deleted."""
        check_fits(clip)
        sequence = self._open()
        original, first, rate = clip.original, int(clip.source_start), sequence.frame_rate
        if original.speed != 1:
            raise TimelineError("Flame gives scripts no way to place a retimed clip", clip=original.name)
        imported = flame.import_clips(str(clip.media), sequence.parent)
        if not imported:
            raise TimelineError("Flame did not import the result", clip=str(clip.media))
        media = imported[0]
        begin = int(media.start_time.frame) + first
        media.in_mark = flame.PyTime(begin, rate)
        media.out_mark = flame.PyTime(begin + original.record_duration, rate)
        track = sequence.versions[0].create_track()
        track.name = name = f"Lumiere {clip.job}"
        sequence.overwrite(media, flame.PyTime(original.record_start, rate), track)
        there = [
            (int(one.record_in.frame), int(one.record_duration.frame), int(one.head.frame))
            for one in track.segments
            if _text(one.type) != "Gap"
        ]
        if there != [(original.record_start, original.record_duration, first)]:
            flame.delete(track, confirm=False)
            raise TimelineError(f"Flame did not place it as asked: {there or 'nothing'}", clip=original.name)
        return f"track {name}"

    def placed(self) -> tuple[int, ...]:
        """As `Host.placed`: tracks carry the number of their job."""
        jobs = []
        for track in _tracks(self._open()):
            match = _TRACK.fullmatch(_text(track.name))
            if match and any(_text(one.type) != "Gap" for one in track.segments):
                jobs.append(int(match[1]))
        return tuple(jobs)

    def _open(self) -> Any:
        if self._sequence is None:
            raise TimelineError("no sequence is known yet", remedy="right-click a segment in the timeline")
        return self._sequence


class _Menu:
    """What is offered in the context menu."""

    def __init__(self) -> None:
        self.host = FlameHost()
        self.desk = HostDesk(self.host)
        self.watcher = Watcher(self.desk)
        self.ticking = False

    def open(self, action: str, selection: tuple[Any, ...]) -> None:
        """Open the panel on the selected segment."""
        self.host.choose(tuple(selection))
        try:
            self.watcher.watch(self.desk.open_clip(action))
        except (LumiereError, OSError) as error:
            _tell(one_line(error))
            return
        if not self.ticking:
            self.ticking = True
            flame.schedule_idle_event(self.tick, delay=_PERIOD_S)

    def place(self, selection: tuple[Any, ...] = (), *, again: bool = True) -> None:
        """Place what is finished."""
        try:
            for line in self.desk.place_new(self.watcher.results, again=again):
                _tell(line)
        except LumiereError as error:
            _tell(one_line(error))

    def tick(self) -> None:
        """Place what has become finished; called by Flame when it is idle, in its main thread."""
        self.place(again=False)
        self.ticking = self.desk.panel_is_open() or bool(self.watcher.status)
        if self.ticking:
            flame.schedule_idle_event(self.tick, delay=_PERIOD_S)


_menu: Optional[_Menu] = None


def get_timeline_custom_ui_actions() -> list[dict[str, Any]]:
    """The hook that Flame asks for entries of the timeline's context menu."""
    global _menu
    _menu = _menu or _Menu()
    shown = {"isVisible": _has_segment, "minimumVersion": MINIMUM}
    actions = [
        {"name": one["title"], "execute": partial(_menu.open, one["id"]), **shown}
        for one in manifest()["actions"]
        if "host" in one["shown_in"]
    ]
    actions.append({"name": "Place finished clips", "execute": _menu.place, **shown})
    return [{"name": "Lumiere", "actions": actions}]


def _has_segment(selection: tuple[Any, ...]) -> bool:
    return any(isinstance(item, flame.PySegment) for item in selection)


def _sequence_of(item: Any) -> Any:
    while item is not None and not isinstance(item, flame.PySequence):
        item = item.parent
    return item


def _tracks(sequence: Any) -> list[Any]:
    return [track for version in sequence.versions for track in version.tracks]


def _clip(segment: Any, rate: Fraction) -> HostClip:
    name = _text(segment.name)
    start, duration = int(segment.record_in.frame), int(segment.record_duration.frame)
    path = _text(segment.file_path)
    if not path or not Path(path).is_file():
        return HostClip(name, start, duration, problem="it has no movie file; an image sequence is none")
    if any("Timewarp" in str(kind) for kind in segment.effect_types):
        return HostClip(name, start, duration, problem="it has a Timewarp; render it in place first")
    media_rate = _rate(segment.source_frame_rate)
    if media_rate != rate:
        told = f"its media has {media_rate} frames per second, the sequence {rate}; render it in place first"
        return HostClip(name, start, duration, problem=told)
    head, tail = int(segment.head.frame), int(segment.tail.frame)
    return HostClip(name, start, duration, path, rate, head + duration + tail, Fraction(head))


def _text(told: Any) -> str:
    """What an attribute holds; attributes of Flame's objects are objects themselves."""
    return str(told.get_value() if hasattr(told, "get_value") else told)


def _rate(told: Any) -> Fraction:
    """A rate as Flame tells it: "23.976 fps", "29.97 fps DF".

    Raises:
        TimelineError: it is none.
    """
    try:
        return exact_rate(float(_text(told).split()[0]))
    except (ValueError, IndexError):
        raise TimelineError(f"Flame tells '{_text(told)}' for a frame rate") from None


def _tell(text: str) -> None:
    flame.messages.show_in_console(f"Lumiere: {text}", "info", 10)
