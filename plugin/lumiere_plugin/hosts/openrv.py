"""OpenRV, 2023 (1.0) on: a menu, and results as new sources that lie at their originals' frames.

RV has no timeline but views of its sources. A source counts as a clip at the frames that it has in a stack or
layout; those that do not overlap share a track. A result gets the same frames, so that wiping or stacking it over
its original compares frame by frame. Names of properties: RV Reference Manual, chapter 16, RVFileSource.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import LumiereError, TimelineError
from rv import commands, extra_commands, rvtypes

from ..manifest import manifest
from .desk import HostDesk, one_line
from .model import FinishedClip, HostClip, HostTimeline, HostTrack, check_fits
from .qt import qt_core
from .rates import exact_rate
from .watching import Watcher

_NAME = re.compile(r"Lumiere (\d+)")
_PERIOD_MS = 1000


class OpenRVHost:
    """The session."""

    name = "openrv"

    def timeline(self) -> HostTimeline:
        """As `Host.timeline`."""
        shown = set(commands.sourcesAtFrame(commands.frame()))
        rate = exact_rate(float(commands.fps()))
        found = [(source, _clip(source, rate)) for source in _sources()]
        if not found:
            raise TimelineError("the session has no sources", remedy="open a movie first")
        session = Path(str(commands.sessionFileName()))
        beside = session.suffix == ".rv" and session.parent.is_dir()
        return HostTimeline(
            name=session.stem if beside else "session",
            folder=session.with_name(f"{session.stem}_lumiere") if beside else Path.home() / "Lumiere",
            rate=rate,
            start_frame=min(clip.record_start for _, clip in found),
            tracks=tuple(_tracks([clip for _, clip in found])),
            selected=tuple(clip for source, clip in found if source in shown),
        )

    def place(self, clip: FinishedClip) -> str:
        """As `Host.place`. RV offers scripts no undo: the source can be deleted in the session manager."""
        check_fits(clip)
        original = clip.original
        if original.speed != 1:
            raise TimelineError("a source of RV has no speed of its own", clip=original.name)
        source = commands.addSourceVerbose([str(clip.media)], "lumiere")
        group, name = commands.nodeGroup(source), f"Lumiere {clip.job}"
        extra_commands.setUIName(group, name)
        offset = original.record_start - int(clip.source_start) - int(commands.nodeRangeInfo(source)["start"])
        commands.setIntProperty(f"{source}.group.rangeOffset", [offset], True)
        wanted = original.record_start, original.record_start + original.record_duration - 1
        # whether cuts are counted before or after the offset is not said: what is there afterwards tells
        for back in (0, offset):
            for key, frame in (("in", wanted[0]), ("out", wanted[1])):
                commands.setIntProperty(f"{source}.cut.{key}", [frame - back], True)
            if _shown(source) == wanted:
                return name
        there = _shown(source)
        commands.deleteNode(group)
        raise TimelineError(f"RV did not place it as asked: {there}", clip=original.name)

    def placed(self) -> tuple[int, ...]:
        """As `Host.placed`: sources carry the number of their job."""
        matches = [_NAME.fullmatch(extra_commands.uiName(commands.nodeGroup(one))) for one in _sources()]
        return tuple(int(match[1]) for match in matches if match)


class LumiereMode(rvtypes.MinorMode):
    """What RV loads: the menu, and a timer that places what has become finished."""

    def __init__(self) -> None:
        rvtypes.MinorMode.__init__(self)
        self.host = OpenRVHost()
        self.desk = HostDesk(self.host)
        self.watcher = Watcher(self.desk)
        self.timer: Any = None
        actions = [one for one in manifest()["actions"] if "host" in one["shown_in"]]
        entries: list[tuple[Any, ...]] = [
            (one["title"], partial(self.open, one["id"]), None, None) for one in actions
        ]
        entries += [("_", None), ("Place finished clips", self.place, None, None)]
        self.init("lumiere", None, None, [("Lumiere", entries)])

    def open(self, action: str, event: Any = None) -> None:
        """Open the panel on the source that is shown."""
        try:
            self.watcher.watch(self.desk.open_clip(action))
        except (LumiereError, OSError) as error:
            _tell(one_line(error))
            return
        if self.timer is None:
            self.timer = qt_core().QTimer()
            self.timer.timeout.connect(self.tick)
        self.timer.start(_PERIOD_MS)

    def place(self, event: Any = None) -> None:
        """Place what is finished, also what was taken away."""
        self._place(again=True)

    def tick(self) -> None:
        """Place what has become finished."""
        self._place(again=False)

    def _place(self, *, again: bool) -> None:
        try:
            for line in self.desk.place_new(self.watcher.results, again=again):
                _tell(line)
        except LumiereError as error:
            _tell(one_line(error))


def create_mode() -> LumiereMode:
    """What RV calls when it loads the package."""
    return LumiereMode()


def _sources() -> list[str]:
    return sorted(commands.nodesOfType("RVFileSource"))


def _clip(source: str, rate: Fraction) -> HostClip:
    name = str(extra_commands.uiName(commands.nodeGroup(source)))
    first, last = _shown(source)
    duration = last - first + 1
    paths = commands.getStringProperty(f"{source}.media.movie")
    path = str(paths[0]) if paths else ""
    if not Path(path).is_file():
        return HostClip(name, first, duration, problem="it is no movie file; an image sequence is none")
    info = commands.nodeRangeInfo(source)
    own = exact_rate(float(info["fps"] or commands.fps()))
    if own != rate:
        told = f"it has {own} frames per second, the session {rate}"
        return HostClip(name, first, duration, problem=told)
    start, end = int(info["start"]), int(info["end"])
    return HostClip(name, first, duration, path, rate, end - start + 1, Fraction(first - start))


def _shown(source: str) -> tuple[int, int]:
    """First and last frame between the cuts."""
    info = commands.nodeRangeInfo(source)
    first, last = max(int(info["start"]), int(info["cutIn"])), min(int(info["end"]), int(info["cutOut"]))
    return first, max(first, last)


def _tracks(clips: list[HostClip]) -> list[HostTrack]:
    rows: list[list[HostClip]] = []
    for clip in sorted(clips, key=lambda one: one.record_start):
        for row in rows:
            if row[-1].record_start + row[-1].record_duration <= clip.record_start:
                row.append(clip)
                break
        else:
            rows.append([clip])
    return [HostTrack(f"Sources {number}", tuple(row)) for number, row in enumerate(rows, 1)]


def _tell(text: str) -> None:
    extra_commands.displayFeedback(f"Lumiere: {text}", 5.0)
