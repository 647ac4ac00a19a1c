"""Nuke Studio and Hiero, 15 to 16: entries in the timeline's context menu, a new track within one undo step."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import hiero.core
import hiero.ui
from lumiere_engine.protocol.errors import LumiereError, TimelineError

from ..manifest import manifest
from .desk import HostDesk, one_line
from .model import FinishedClip, HostClip, HostTimeline, HostTrack, check_fits
from .qt import qt_core
from .rates import exact_rate
from .watching import Watcher

_TRACK = re.compile(r"Lumiere (\d+)")
_PERIOD_MS = 1000


class HieroHost:
    """The sequence that was clicked last, or the active one. All calls come from the main thread."""

    name = "hiero"

    def __init__(self) -> None:
        self._selection: tuple[Any, ...] = ()
        self._sequence: Any = None

    def choose(self, items: tuple[Any, ...]) -> None:
        """What the context menu was opened on."""
        self._selection = tuple(item for item in items if isinstance(item, hiero.core.TrackItem))
        if self._selection:
            self._sequence = self._selection[0].parentSequence()

    def timeline(self) -> HostTimeline:
        """As `Host.timeline`."""
        sequence = self._open()
        project = sequence.project()
        if not project.path():
            raise TimelineError("the project has no file yet", remedy="save it first: results lie beside it")
        rate, start = _rate(sequence), int(sequence.timecodeStart())
        tracks, selected = [], []
        for track in sequence.videoTracks():
            clips = []
            for item in track.items():
                clip = _clip(item, rate, start)
                clips.append(clip)
                if item in self._selection:
                    selected.append(clip)
            clips.sort(key=lambda clip: clip.record_start)
            tracks.append(HostTrack(track.name(), tuple(clips)))
        path = Path(project.path())
        return HostTimeline(
            name=sequence.name(),
            folder=path.with_name(f"{path.stem}_lumiere"),
            rate=rate,
            start_frame=start,
            tracks=tuple(tracks),
            selected=tuple(selected),
        )

    def place(self, clip: FinishedClip) -> str:
        """As `Host.place`."""
        check_fits(clip)
        sequence = self._open()
        project = sequence.project()
        name = f"Lumiere {clip.job}"
        project.beginUndo(f"Lumiere: {clip.original.name}")
        track = hiero.core.VideoTrack(name)
        try:
            media = hiero.core.Clip(hiero.core.MediaSource(str(clip.media)))
            # objects must be in a project before anything is done with them
            project.clipsBin().addItem(hiero.core.BinItem(media))
            sequence.addTrack(track)
            item = track.createTrackItem(clip.name)
            item.setSource(media)
            self._trim(item, clip, int(sequence.timecodeStart()))
            track.addTrackItem(item)
            _check(track, clip, int(sequence.timecodeStart()))
        except BaseException:
            if track in sequence.videoTracks():
                sequence.removeTrack(track)
            raise
        finally:
            project.endUndo()
        return f"track {name}"

    def placed(self) -> tuple[int, ...]:
        """As `Host.placed`: tracks carry the number of their job."""
        matches = [_TRACK.fullmatch(track.name()) for track in self._open().videoTracks() if track.items()]
        return tuple(int(match[1]) for match in matches if match)

    def _open(self) -> Any:
        sequence = self._sequence or hiero.ui.activeSequence()
        if sequence is None:
            raise TimelineError("no sequence is open", remedy="open one in a timeline")
        return sequence

    def _trim(self, item: Any, clip: FinishedClip, start: int) -> None:
        """Both ends are inclusive in Hiero; speed follows from the two lengths."""
        original = clip.original
        first = original.record_start - start
        last_source = clip.source_start + original.speed * (original.record_duration - 1)
        item.setSourceIn(float(clip.source_start))
        item.setSourceOut(float(last_source))
        item.setTimelineIn(first)
        item.setTimelineOut(first + original.record_duration - 1)


class _Menu:
    """What is registered with Hiero."""

    def __init__(self) -> None:
        self.host = HieroHost()
        self.desk = HostDesk(self.host)
        self.watcher = Watcher(self.desk)
        self.timer: Any = None

    def show(self, event: Any) -> None:
        """Add our entries to a timeline's context menu; called by Hiero, so it never raises."""
        items = tuple(event.sender.selection())
        if not any(isinstance(item, hiero.core.TrackItem) for item in items):
            return
        self.host.choose(items)
        menu = event.menu.addMenu("Lumiere")
        for one in manifest()["actions"]:
            if "host" in one["shown_in"]:
                menu.addAction(one["title"]).triggered.connect(partial(self.open, one["id"]))
        menu.addAction("Place finished clips").triggered.connect(self.place)

    def open(self, action: str, _checked: bool = False) -> None:
        """Open the panel on the selected clip."""
        try:
            self.watcher.watch(self.desk.open_clip(action))
            self._start_timer()
        except (LumiereError, OSError) as error:
            _tell(one_line(error))

    def place(self, _checked: bool = False) -> None:
        """Place what is finished, also what was taken away."""
        self._place(again=True)

    def _place(self, *, again: bool) -> None:
        try:
            for line in self.desk.place_new(self.watcher.results, again=again):
                _tell(line)
        except LumiereError as error:
            _tell(one_line(error))

    def _start_timer(self) -> None:
        if self.timer is None:
            self.timer = qt_core().QTimer()
            self.timer.timeout.connect(lambda: self._place(again=False))
            self.timer.start(_PERIOD_MS)


_menu: _Menu | None = None


def register() -> None:
    """Hang our entries into the timeline's context menu; called once when Hiero starts."""
    global _menu
    if _menu is None:
        _menu = _Menu()
        hiero.core.events.registerInterest("kShowContextMenu/kTimeline", _menu.show)


def _tell(text: str) -> None:
    hiero.core.log.info(f"Lumiere: {text}")


def _clip(item: Any, rate: Fraction, start: int) -> HostClip:
    name, first = item.name(), int(item.timelineIn()) + start
    duration = int(item.timelineOut()) - int(item.timelineIn()) + 1
    clip = item.source()
    source = clip.mediaSource()
    files: list[Any] = list(source.fileinfos())
    path = files[0].filename() if files else ""
    if not source.isMediaPresent() or not path or not Path(path).is_file():
        return HostClip(name, first, duration, problem="its media is not there, or an image sequence")
    span = Fraction(item.sourceOut()).limit_denominator(10000) - Fraction(item.sourceIn()).limit_denominator(
        10000
    )
    speed = span / (duration - 1) if duration > 1 else Fraction(item.playbackSpeed()).limit_denominator(10000)
    if speed <= 0:
        return HostClip(name, first, duration, problem="it runs backwards or stands still; render it first")
    source_start = Fraction(item.sourceIn()).limit_denominator(10000)
    return HostClip(name, first, duration, path, _rate(clip), int(source.duration()), source_start, speed)


def _rate(thing: Any) -> Fraction:
    return exact_rate(float(thing.framerate().toFloat()))


def _check(track: Any, clip: FinishedClip, start: int) -> None:
    """That the track holds what was asked for, and that alone.

    Raises:
        TimelineError: it does not.
    """
    original = clip.original
    there = [(int(i.timelineIn()) + start, int(i.timelineOut()) + start) for i in track.items()]
    if there != [(original.record_start, original.record_start + original.record_duration - 1)]:
        raise TimelineError(f"Hiero did not place it as asked: {there or 'nothing'}", clip=original.name)
