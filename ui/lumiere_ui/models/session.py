"""One open panel: the project, the selected clip, its roto, its results, and the jobs made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import FrameRange, Job, JobState, LumiereError, RemoveParams
from lumiere_engine.protocol.engine import (
    AddRoot,
    Estimate,
    Plan,
    Timeline,
    TimelineResult,
    TimelineResults,
)
from lumiere_engine.protocol.roto import Mask
from lumiere_engine.protocol.wire import decode
from PySide6.QtCore import QObject, QTimer, Signal

from .background import Background
from .engine_link import EngineLink
from .pictures import PictureStore
from .playhead import Playhead
from .project import Desk, Prepared, Preview, Project, Shot, timeline_of
from .queue_model import QueueModel
from .roto_document import RotoDocument, other_roto, read_roto
from .roto_places import roto_path

_THUMBNAILS_BYTES = 48 << 20
_STALE_MS = 500


class Session(QObject):
    """All models of one window.

    Args:
        desk: reads timelines and prepares jobs.
        parent: with which it ends.
    """

    project_changed = Signal()
    shot_changed = Signal()
    """Another clip is selected and its media is open, or none is."""
    selection_changed = Signal()
    """Which clips are selected; their media may not be open yet."""
    results_changed = Signal()
    busy_changed = Signal(str)
    """What is being done, or "" for nothing."""
    noticed = Signal(str, str)
    """"info" or "error", and a sentence for people."""
    preview_changed = Signal()
    """A preview is ready, or no longer holds."""
    estimated = Signal(object)
    """An `Estimate` of what the removal would take."""
    submitted = Signal(object)
    """A `Job` that was queued."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.background = Background(self)
        self.saving = Background(self)
        self.pictures = PictureStore(parent=self)
        self.thumbnails = PictureStore(_THUMBNAILS_BYTES, self)
        self.playhead = Playhead(self)
        self.roto = RotoDocument(self.saving, self)
        self.link = EngineLink(Background(self), self)
        self.queue = QueueModel(self.link, self.background, self)
        self.project: Project | None = None
        self.shot: Shot | None = None
        self.selected: tuple[int, ...] = ()
        self.shot_error = ""
        self.timeline: Timeline | None = None
        self.results: tuple[TimelineResult, ...] = ()
        self.takes: dict[int, int] = {}
        self.stale: frozenset[int] = frozenset()
        self.preview: Preview | None = None
        self._previews: dict[int, Preview] = {}
        self.params = RemoveParams()
        self.seed = 0
        self.background.failed.connect(self.tell_error)
        self.saving.failed.connect(self.tell_error)
        self.link.failed.connect(self.tell_error)
        self.queue.finished.connect(self._finished)
        self._stale_soon = QTimer(self)
        self._stale_soon.setSingleShot(True)
        self._stale_soon.setInterval(_STALE_MS)
        self._stale_soon.timeout.connect(self._look_for_stale)
        self.roto.changed.connect(self._stale_soon.start)

    def close(self) -> None:
        """Write what is not written yet, and end all threads and children."""
        self.roto.flush()
        self.link.close()
        self.pictures.close()
        self.thumbnails.close()
        self.saving.close()

    def tell_error(self, error: LumiereError) -> None:
        """Show an error."""
        self.busy_changed.emit("")
        self.noticed.emit("error", str(error))

    def open(self, path: Path) -> None:
        """A timeline or a media file."""
        self.busy_changed.emit(f"Opening {path.name}")
        self.background.do(lambda: self.desk.open(path), self._opened)

    def select(self, clips: tuple[int, ...]) -> None:
        """Make clips the selected ones; the last is the one that is drawn on."""
        if self.project is None or clips == self.selected:
            return
        self.selected = clips
        self.selection_changed.emit()
        if not clips:
            self._set_shot(None, None)
            return
        project, clip = self.project, clips[-1]
        if self.shot is not None and self.shot.clip == clip:
            return

        def inspect() -> tuple[Shot, Any]:
            shot = self.desk.inspect(project, clip)
            return shot, read_roto(roto_path(shot.media), shot.width, shot.height)

        self.roto.flush()
        self.background.do(inspect, self._inspected, failed=self._not_inspected, replaces="inspect")

    def result(self, clip: int) -> TimelineResult | None:
        """The result of a clip that is shown: the chosen take, or the newest."""
        found = self.results_of(clip)
        chosen = self.takes.get(clip)
        return next((one for one in found if one.job == chosen), found[0] if found else None)

    def results_of(self, clip: int) -> list[TimelineResult]:
        """All results of a clip, the newest first."""
        if self.project is None:
            return []
        item = self.project.clip(clip)
        if item is None:
            return []
        start = item.start + self.project.start_frame
        return [
            one
            for one in self.results
            if one.placement is not None
            and start <= one.placement.record_start < start + item.duration
            and one.placement.clip == item.name
        ]

    def choose_take(self, clip: int, job: int) -> None:
        """Show another result of a clip."""
        self.takes[clip] = job
        self.results_changed.emit()

    def result_frame(self, result: TimelineResult, record: int) -> int:
        """The frame of a result's file that belongs to a frame of the timeline."""
        shot, placement = self.shot, result.placement
        assert shot is not None and placement is not None
        first = shot.media_frame(self.shown_from(result))
        frame = shot.media_frame(record) - first + placement.source_start
        return min(max(0, frame), result.frame_count - 1)

    def shown_from(self, result: TimelineResult) -> int:
        """The frame of the timeline at which a result begins."""
        assert result.placement is not None and self.project is not None
        return result.placement.record_start - self.project.start_frame

    @property
    def marked(self) -> FrameRange | None:
        """Of a plain movie, the frames between in and out; None for all of it, and for a timeline."""
        shot, playhead = self.shot, self.playhead
        if shot is None or self.project is None or self.project.is_timeline:
            return None
        if playhead.mark_in is None and playhead.mark_out is None:
            return None
        last = playhead.duration - 1 if playhead.mark_out is None else playhead.mark_out
        return FrameRange.between(playhead.mark_in or 0, last + 1).intersection(shot.frames)

    def why_not_remove(self) -> str:
        """What is still to be done before something can be removed, or ""."""
        if self.project is None:
            return "Open a timeline or a clip first"
        if not self.selected:
            return "Select a clip in the timeline"
        if self.shot is None:
            return self.shot_error or "The clip is being opened"
        if self.roto.roto is None or not self.roto.roto.draws:
            return "Draw a mask around what is to go"
        return ""

    def remove(self) -> None:
        """Queue the removal of what the roto shows."""
        project, shot, path = self.project, self.shot, self.roto.path
        if project is None or shot is None or path is None or self.why_not_remove():
            self.noticed.emit("error", self.why_not_remove())
            return
        self.roto.commit("edit")
        self.roto.flush()
        params, seed, frames = self.params, self.seed, self.marked
        self._prepare(lambda: self.desk.prepare(project, shot, path, params, seed, frames))

    def make_preview(self, frames: int) -> None:
        """Queue the removal on a few frames around the playhead, at proxy size."""
        project, shot, path = self.project, self.shot, self.roto.path
        if project is None or shot is None or path is None or self.why_not_remove():
            self.noticed.emit("error", self.why_not_remove())
            return
        self.roto.commit("edit")
        self.roto.flush()
        at = shot.media_frame(self.playhead.frame)
        start = max(shot.frames.start, min(at - frames // 2, shot.frames.end_exclusive - frames))
        wanted = FrameRange(start, frames).intersection(shot.frames)
        params, seed = self.params, self.seed
        self._prepare(lambda: self.desk.prepare_preview(project, shot, path, params, seed, wanted))

    def import_masks(self, path: Path) -> None:
        """Add the masks that another program has drawn."""
        shot, roto = self.shot, self.roto.path
        if shot is None or roto is None:
            return
        frame = shot.media_frame(self.playhead.frame)
        self.busy_changed.emit(f"Importing {path.name}")
        self.background.do(lambda: self.desk.import_masks(shot, path, roto, frame), self._imported)

    def export_masks(self, output: Path) -> None:
        """Write the matte of the shot, or the shapes of this frame."""
        shot, roto = self.shot, self.roto.path
        if shot is None or roto is None:
            return
        self.roto.commit("edit")
        self.roto.flush()
        frame = shot.media_frame(self.playhead.frame)
        self.busy_changed.emit(f"Exporting {output.name}")
        self.saving.do(
            lambda: self.desk.export_masks(shot, roto, output, frame),
            lambda path: self._told(f"Wrote {path}"),
        )

    def ask_estimate(self) -> None:
        """Ask what the removal would take; `estimated` answers, if that can be known."""
        project, shot, path = self.project, self.shot, self.roto.path
        if project is None or shot is None or path is None or self.why_not_remove():
            return
        params, seed, frames = self.params, self.seed, self.marked

        def ask(answer: tuple[Plan, tuple[Path, ...]]) -> None:
            plan, folders = answer
            self._allow(folders, lambda: self.link.post("/plan", plan, self._estimated, lambda _: None))

        self.roto.flush()
        self.saving.do(
            lambda: self.desk.estimate(project, shot, path, params, seed, frames),
            ask,
            failed=lambda _: None,
            replaces="estimate",
        )

    def _estimated(self, data: Any) -> None:
        self.estimated.emit(decode(Estimate, data))

    def _imported(self, masks: tuple[Mask, ...]) -> None:
        self.roto.add_masks(masks)
        self._told(f"Imported {len(masks)} mask{'s' if len(masks) > 1 else ''}")

    def _allow(self, folders: tuple[Path, ...], then: Callable[[], None]) -> None:
        """Let the engine use folders, one call after the other: the artist opened what lies in them."""
        if folders:
            root = AddRoot(str(folders[0]))
            self.link.post("/roots", root, lambda _: self._allow(folders[1:], then))
        else:
            then()

    def save_results(self) -> None:
        """Write a timeline with the shown result of every clip on a new track."""
        project = self.project
        if project is None:
            return
        clips = [clip.index for track in project.tracks for clip in track.clips]
        chosen = [found for found in map(self.result, clips) if found is not None]
        self.busy_changed.emit("Writing the timeline")
        self.background.do(
            lambda: self.desk.save_results(project, chosen),
            lambda path: self._told(f"Wrote {path.name}: your timeline with {len(chosen)} track(s) more"),
        )

    def _told(self, text: str) -> None:
        self.busy_changed.emit("")
        self.noticed.emit("info", text)

    def _prepare(self, work: Any) -> None:
        self.busy_changed.emit("Preparing the job")
        # the document is being written by then: one thread does one thing after the other
        self.saving.do(work, self._submit)

    def _submit(self, prepared: Prepared) -> None:
        def allowed() -> None:
            if prepared.timeline is None:
                self.link.post("/jobs", prepared.submit, queued)
            else:
                self.link.post("/timelines", prepared.timeline, registered)

        def registered(data: Any) -> None:
            timeline = decode(Timeline, data)
            self.link.post("/jobs", replace(prepared.submit, timeline=timeline.id), queued)

        def queued(data: Any) -> None:
            job = decode(Job, data)
            if prepared.preview is not None:
                spec = self.shot
                plate = "" if spec is None else spec.media
                self._previews[job.id] = Preview(job.order.output, plate, prepared.preview)
            self.busy_changed.emit("")
            self.queue.refresh()
            self.submitted.emit(job)

        self._allow(prepared.folders, allowed)

    def _opened(self, project: Project) -> None:
        self.busy_changed.emit("")
        self.project, self.timeline, self.results = project, None, ()
        self.takes.clear()
        self.preview = None
        self.selected = ()
        self._set_shot(None, None)
        self.playhead.set_length(project.duration, project.rate)
        self.project_changed.emit()
        self.selection_changed.emit()
        self.link.post("/timelines", timeline_of(project), self._registered)
        first = [clip for track in project.tracks for clip in track.clips if not clip.missing]
        if len(first) == 1:
            self.select((first[0].index,))

    def _inspected(self, found: tuple[Shot, Any]) -> None:
        shot, roto = found
        if self.selected and self.selected[-1] == shot.clip:
            self._set_shot(shot, roto)

    def _not_inspected(self, error: LumiereError) -> None:
        self._set_shot(None, None)
        self.shot_error = str(error)
        self.shot_changed.emit()
        self.tell_error(error)

    def _set_shot(self, shot: Shot | None, roto: Any) -> None:
        self.shot, self.shot_error = shot, ""
        self.roto.open(roto, None if shot is None else roto_path(shot.media))
        if shot is not None:
            end = shot.record_frame(shot.frames.end_exclusive)
            if not shot.record_start <= self.playhead.frame < end:
                self.playhead.scrub(shot.record_start)
        self.shot_changed.emit()

    def _registered(self, data: Any) -> None:
        self.timeline = decode(Timeline, data)
        self._ask_results()

    def _finished(self, job: Job) -> None:
        preview = self._previews.pop(job.id, None)
        if job.state is JobState.DONE and preview is not None:
            self.preview = preview
            self.preview_changed.emit()
        elif job.state is JobState.DONE:
            self._ask_results()

    def _ask_results(self) -> None:
        if self.timeline is not None:
            self.link.get(f"/timelines/{self.timeline.id}/results", self._set_results)

    def _set_results(self, data: Any) -> None:
        found = decode(TimelineResults, data)
        if self.timeline is not None and found.timeline.id == self.timeline.id:
            self.results = tuple(one for one in found.results if one.state == JobState.DONE.value)
            self._stale_soon.start()
            self.results_changed.emit()

    def _look_for_stale(self) -> None:
        """Compare the drawing with those that results of the selected clip were made from."""
        shot, roto = self.shot, self.roto.roto
        if shot is None or roto is None:
            return
        results = self.results_of(shot.clip)
        of_clip = frozenset(one.job for one in results)

        def look() -> frozenset[int]:
            return frozenset(one.job for one in results if other_roto(Path(one.media), roto))

        def set_stale(found: frozenset[int]) -> None:
            stale = (self.stale - of_clip) | found
            if stale != self.stale:
                self.stale = stale
                self.results_changed.emit()

        self.saving.do(look, set_stale, failed=lambda _: None, replaces="stale")
