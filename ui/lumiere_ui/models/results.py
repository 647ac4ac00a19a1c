"""The results of a project: which takes a clip has, which is shown, and which were made from another mask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import JobState
from lumiere_engine.protocol.engine import Timeline, TimelineResult, TimelineResults
from lumiere_engine.protocol.patterns import files_named
from lumiere_engine.protocol.roto import Roto
from lumiere_engine.protocol.wire import decode
from PySide6.QtCore import QObject, QTimer, Signal

from .background import Background
from .choices import Choices, read_choices, write_choices
from .engine_link import EngineLink
from .project import ClipItem, Project, Shot, timeline_of
from .roto_document import RotoDocument, frozen_roto, other_roto

_STALE_MS = 500
REPAIRED = r"_repaired(_\d+)?$"  # how the name of a repaired result ends


class Results(QObject):
    """The engine's register of finished clips, as far as it concerns the open project.

    Args:
        link: to the engine.
        saving: reads drawings that were frozen with results.
        roto: the drawing now.
        parent: with which it ends.
    """

    changed = Signal()
    settled = Signal(object)
    """Media of all results of a clip of which one was accepted: nothing goes on from them any more."""

    def __init__(
        self, link: EngineLink, saving: Background, roto: RotoDocument, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._link, self._saving, self._roto = link, saving, roto
        self._project: Project | None = None
        self._shot: Shot | None = None
        self._timeline: Timeline | None = None
        self.all: tuple[TimelineResult, ...] = ()
        self.stale: dict[int, str] = {}
        self._choices = Choices()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_STALE_MS)
        self._soon.timeout.connect(self._look_for_stale)
        roto.changed.connect(self._soon.start)

    def open(self, project: Project) -> None:
        """Begin with a project: the engine is told of it, and asked for its results."""
        self._project, self._shot, self._timeline, self.all = project, None, None, ()
        self._choices = Choices()
        self._saving.do(lambda: read_choices(project.path), self._set_choices)
        self._link.post("/timelines", timeline_of(project), self._registered)

    def set_shot(self, shot: Shot | None) -> None:
        """The clip whose drawing is open."""
        self._shot = shot

    def refresh(self) -> None:
        """Ask the engine again."""
        if self._timeline is not None:
            self._link.get(f"/timelines/{self._timeline.id}/results", self._set)

    def of(self, clip: int) -> list[TimelineResult]:
        """All results of a clip, the newest first."""
        item = None if self._project is None else self._project.clip(clip)
        return [one for one in self.all if self._belongs(one, item)]

    def shown(self, clip: int) -> TimelineResult | None:
        """The result of a clip that is shown: the chosen take, or the newest."""
        found = self.of(clip)
        chosen = next((one for one in found if one.job in self._choices.shown), None)
        return chosen or (found[0] if found else None)

    def earlier(self, clip: int) -> tuple[str, ...]:
        """Media of a clip's results that a new one may go on from: the shown one first, then the newest."""
        shown = self.shown(clip)
        found = sorted(self.of(clip), key=lambda one: one is not shown)
        return tuple(one.media for one in found if not is_repair(one))

    def choose(self, clip: int, job: int) -> None:
        """Show another result of a clip."""
        self._choose(self._choices.showing(job, self._takes(clip)))

    def accepted(self, clip: int) -> bool:
        """Whether the shown result of a clip is to stay."""
        shown = self.shown(clip)
        return shown is not None and shown.job in self._choices.accepted

    def accept(self, clip: int, accepted: bool = True) -> None:
        """Let the shown result of a clip stay, or not; a newer take does not take its place."""
        shown = self.shown(clip)
        if shown is not None and accepted:
            self._choose(self._choices.accepting(shown.job, self._takes(clip)))
            self.settled.emit(self.earlier(clip))
        else:
            self._choose(self._choices.undecided(self._takes(clip)))

    def to_save(self) -> list[TimelineResult]:
        """The results that belong into the timeline: the accepted ones, or while there are none, all shown."""
        project = self._project
        clips = [clip.index for track in project.tracks for clip in track.clips] if project else []
        shown = [found for found in map(self.shown, clips) if found is not None]
        return [one for one in shown if one.job in self._choices.accepted] or shown

    def look_again(self) -> None:
        """Look soon whether plates or masks have changed."""
        self._soon.start()

    def frame(self, result: TimelineResult, shot: Shot, record: int) -> int:
        """The frame of a result's file that belongs to a frame of the timeline."""
        placement = result.placement
        assert placement is not None
        if shot.frame_count == 1:
            return (record - self.shown_from(result)) % result.frame_count  # a photograph that moves
        first = shot.media_frame(self.shown_from(result))
        frame = shot.media_frame(record) - first + placement.source_start
        return min(max(0, frame), result.frame_count - 1)

    def shown_from(self, result: TimelineResult) -> int:
        """The frame of the timeline at which a result begins."""
        assert result.placement is not None and self._project is not None
        return result.placement.record_start - self._project.start_frame

    def _belongs(self, result: TimelineResult, item: ClipItem | None) -> bool:
        placement = result.placement
        if item is None or placement is None or self._project is None or placement.clip != item.name:
            return False
        start = item.start + self._project.start_frame
        return start <= placement.record_start < start + item.duration

    def _takes(self, clip: int) -> tuple[int, ...]:
        return tuple(one.job for one in self.of(clip))

    def _choose(self, choices: Choices) -> None:
        project = self._project
        self._choices = choices
        if project is not None:
            self._saving.do(lambda: write_choices(project.path, choices), replaces="choices")
        self.changed.emit()

    def _set_choices(self, choices: Choices) -> None:
        self._choices = choices
        self.changed.emit()

    def _registered(self, data: Any) -> None:
        self._timeline = decode(Timeline, data)
        self.refresh()

    def _set(self, data: Any) -> None:
        found = decode(TimelineResults, data)
        if self._timeline is not None and found.timeline.id == self._timeline.id:
            self.all = tuple(one for one in found.results if one.state == JobState.DONE.value)
            self._soon.start()
            self.changed.emit()

    def _look_for_stale(self) -> None:
        """Compare the drawing with those that results of the selected clip were made from."""
        shot, roto = self._shot, self._roto.roto
        if shot is None or roto is None:
            return
        media = shot.media
        results = [one for one in self.of(shot.clip) if not is_repair(one)]
        of_clip = {one.job for one in results}

        def set_stale(found: dict[int, str]) -> None:
            stale = {job: why for job, why in self.stale.items() if job not in of_clip} | found
            if stale != self.stale:
                self.stale = stale
                self.changed.emit()

        self._saving.do(
            lambda: _stale(results, roto, media), set_stale, failed=lambda _: None, replaces="stale"
        )


def is_repair(result: TimelineResult) -> bool:
    """Whether a result was made from another one, so that its drawing is on that one's frames."""
    return re.search(REPAIRED, Path(result.media).stem) is not None


def _stale(results: list[TimelineResult], roto: Roto, plate: str) -> dict[int, str]:
    """Job → why its result does not show what a new one would."""
    changed_s = _changed_s(Path(plate))
    found = {}
    for one in results:
        made_s = _changed_s(frozen_roto(Path(one.media)))
        if made_s is not None and changed_s is not None and changed_s > made_s:
            found[one.job] = "the plate is newer"
        elif other_roto(Path(one.media), roto):
            found[one.job] = "the mask has changed since"
    return found


def _changed_s(path: Path) -> float | None:
    """When a file, or the last of a sequence's, was changed; None if there is none."""
    try:
        return max((file.stat().st_mtime for file in files_named(path)), default=None)
    except OSError:
        return None
