"""One open panel: the project, the selected clip, its roto, its results, and the jobs made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import FrameRange, Job, JobState, LumiereError
from lumiere_engine.protocol.engine import Estimate, Plan, TimelineResult
from lumiere_engine.protocol.roto import Mask
from lumiere_engine.protocol.wire import decode
from PySide6.QtCore import QObject, Signal

from .actions import Effect
from .background import Background
from .batch import prepare_all, prepare_takes
from .engine_link import EngineLink
from .learning_model import LearningModel
from .pictures import PictureStore
from .playhead import Playhead
from .project import Desk, Prepared, Preview, Project, Request, Shot
from .queue_model import QueueModel
from .repair import Repair
from .results import Results
from .roto_document import RotoDocument, read_roto
from .roto_places import roto_path
from .strips import Strips
from .submitting import allow, submit
from .tracker import Tracker

_THUMBNAILS_BYTES = 48 << 20


class Session(QObject):
    """All models of one window.

    Args:
        desk: reads timelines and prepares jobs.
        effects: that can be chosen; the first one is at first.
        parent: with which it ends.
    """

    project_changed = Signal()
    shot_changed = Signal()
    """Another clip is selected and its media is open, or none is."""
    selection_changed = Signal()
    """Which clips are selected; their media may not be open yet."""
    effect_changed = Signal()
    """Another effect is chosen, or its parameters are."""
    busy_changed = Signal(str)
    """What is being done, or "" for nothing."""
    noticed = Signal(str, str)
    """"info" or "error", and a sentence for people."""
    preview_changed = Signal()
    """A preview is ready, or no longer holds."""
    estimated = Signal(object)
    """An `Estimate` of what the job would take."""
    submitted = Signal(object)
    """A `Job` that was queued."""

    def __init__(self, desk: Desk, effects: tuple[Effect, ...], parent: QObject | None = None) -> None:
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
        self.learning = LearningModel(self.link, self.queue, self)
        self.tracker = Tracker(desk, self.roto, self.saving, self)
        self.results = Results(self.link, self.saving, self.roto, self)
        self.strips = Strips(desk, self.roto, self.results, self)
        self.repair = Repair(self, self)
        self.project: Project | None = None
        self.shot: Shot | None = None
        self.selected: tuple[int, ...] = ()
        self.repairs: TimelineResult | None = None
        self.shot_error = ""
        self.preview: Preview | None = None
        self._previews: dict[int, Preview] = {}
        self.effects = effects
        self.effect = effects[0]
        self._params: dict[str, Any] = {effect.id: effect.params() for effect in effects}
        self.seed = 0
        self.background.failed.connect(self.tell_error)
        self.saving.failed.connect(self.tell_error)
        self.link.failed.connect(self.tell_error)
        self.tracker.failed.connect(self.tell_error)
        self.tracker.arrived.connect(self.show_media_frame)
        self.tracker.tracked.connect(self.strips.measure_matte)
        self.strips.failed.connect(self.tell_error)
        self.queue.finished.connect(self._finished)

    def close(self) -> None:
        """Write what is not written yet, and end all threads and children."""
        self.roto.flush()
        self.tracker.close()
        self.strips.close()
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
            self.set_shot(None, None)
            return
        project, clip = self.project, clips[-1]
        if self.shot is not None and self.shot.clip == clip:
            return

        self.inspect(project, clip)

    def inspect(self, project: Project, clip: int) -> None:
        """Open a clip's media and its drawing."""

        def inspect() -> tuple[Shot, Any]:
            shot = self.desk.inspect(project, clip)
            return shot, read_roto(roto_path(shot.media), shot.width, shot.height)

        self.roto.flush()
        self.background.do(inspect, self._inspected, failed=self._not_inspected, replaces="inspect")

    def show_media_frame(self, frame: int) -> None:
        """Go to a frame of the selected shot's media."""
        if self.shot is not None:
            self.playhead.scrub(self.shot.record_frame(frame))

    @property
    def marked(self) -> FrameRange | None:
        """Of a plain movie, the frames between in and out; None for all of it, and for a timeline."""
        shot, playhead = self.shot, self.playhead
        if shot is None or self.project is None or self.project.is_timeline or self.repairs:
            return None
        if playhead.mark_in is None and playhead.mark_out is None:
            return None
        last = playhead.duration - 1 if playhead.mark_out is None else playhead.mark_out
        return FrameRange.between(playhead.mark_in or 0, last + 1).intersection(shot.frames)

    @property
    def params(self) -> Any:
        """Of the chosen effect."""
        return self._params[self.effect.id]

    def set_params(self, params: Any) -> None:
        """Other parameters of the chosen effect."""
        if params != self.params:
            self._params[self.effect.id] = params
            self.effect_changed.emit()

    def choose_effect(self, effect: Effect) -> None:
        """Do something else with the clip."""
        if effect != self.effect:
            self.effect = effect
            self.effect_changed.emit()

    def why_not(self) -> str:
        """What is still to be done before the effect can begin, or ""."""
        if self.project is None:
            return "Open a timeline or a clip first"
        if not self.selected:
            return "Select a clip in the timeline"
        if self.shot is None:
            return self.shot_error or "The clip is being opened"
        if (
            self.effect.hint
            and len(self.selected) == 1
            and (self.roto.roto is None or not self.roto.roto.draws)
        ):
            return self.effect.hint
        return ""

    def render(self) -> None:
        """Queue the effect on the selected clips."""
        request, clips = self._request(self.marked), self.selected
        if request is None:
            return
        if len(clips) == 1:
            self._prepare(lambda: [self.desk.prepare(request)])
            return
        needs_mask = bool(self.effect.hint)
        self.busy_changed.emit(f"Preparing {len(clips)} jobs")
        self.saving.do(lambda: prepare_all(self.desk, request, clips, needs_mask), self._submit_batch)

    def render_takes(self, count: int) -> None:
        """Queue the effect on the selected clip several times, each with the next seed."""
        request = self._request(self.marked)
        if request is not None:
            self._prepare(lambda: prepare_takes(self.desk, request, count))

    def redo(self) -> None:
        """Another take with the next seed, in place of the one that is shown."""
        if self.shot is not None and not self.why_not():
            self.results.accept(self.shot.clip, False)
            self.set_seed(self.seed + 1)
            self.render()

    def set_seed(self, seed: int) -> None:
        """Of all randomness."""
        if seed != self.seed:
            self.seed = seed
            self.effect_changed.emit()

    def make_preview(self, frames: int) -> None:
        """Queue the effect on a few frames around the playhead, at proxy size."""
        shot = self.shot
        if shot is None:
            return
        at = shot.media_frame(self.playhead.frame)
        start = max(shot.frames.start, min(at - frames // 2, shot.frames.end_exclusive - frames))
        request = self._request(FrameRange(start, frames).intersection(shot.frames))
        if request is not None:
            self._prepare(lambda: [self.desk.prepare_preview(request)])

    def _request(self, frames: FrameRange | None) -> Request | None:
        """What is asked for now, its drawing on its way to the disk; None, told, if something lacks."""
        project, shot, path, why = self.project, self.shot, self.roto.path, self.why_not()
        if why or project is None or shot is None or path is None:
            self.noticed.emit("error", why)
            return None
        self.roto.commit("edit")
        self.roto.flush()
        return Request(project, shot, path, self.effect.id, self.params, self.seed, frames, self.repairs)

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
        """Ask what the job would take; `estimated` answers, if that can be known."""
        project, shot, path = self.project, self.shot, self.roto.path
        if project is None or shot is None or path is None or self.why_not():
            return
        request = Request(
            project, shot, path, self.effect.id, self.params, self.seed, self.marked, self.repairs
        )

        def ask(answer: tuple[Plan, tuple[Path, ...]]) -> None:
            plan, folders = answer
            allow(
                self.link,
                folders,
                lambda: self.link.post("/plan", plan, self._estimated, lambda _: None),
            )

        self.roto.flush()
        self.saving.do(lambda: self.desk.estimate(request), ask, failed=lambda _: None, replaces="estimate")

    def _estimated(self, data: Any) -> None:
        self.estimated.emit(decode(Estimate, data))

    def _imported(self, masks: tuple[Mask, ...]) -> None:
        self.roto.add_masks(masks)
        self._told(f"Imported {len(masks)} mask{'s' if len(masks) > 1 else ''}")

    def save_results(self) -> None:
        """Write a timeline with the shown result of every clip on a new track."""
        project = self.project
        if project is None:
            return
        chosen = self.results.to_save()
        self.busy_changed.emit("Writing the timeline")
        self.background.do(
            lambda: self.desk.save_results(project, chosen),
            lambda path: self._told(f"Wrote {path.name}: your timeline with {len(chosen)} track(s) more"),
        )

    def _told(self, text: str) -> None:
        self.busy_changed.emit("")
        self.noticed.emit("info", text)

    def _prepare(self, work: Callable[[], list[Prepared]]) -> None:
        self.busy_changed.emit("Preparing the job")
        # the document is being written by then: one thread does one thing after the other
        self.saving.do(work, lambda prepared: self._submit_batch((prepared, [])))

    def _submit_batch(self, found: tuple[list[Prepared], list[str]]) -> None:
        prepared, left = found
        for one in prepared:
            self._submit(one)
        if not prepared:
            self.busy_changed.emit("")
        if left:
            self.noticed.emit("error", f"{len(prepared)} queued, {len(left)} left out · {' · '.join(left)}")

    def _submit(self, prepared: Prepared) -> None:
        shot = self.shot

        def queued(job: Job) -> None:
            if prepared.preview is not None:
                plate = "" if shot is None else shot.media
                self._previews[job.id] = Preview(job.order.output, plate, prepared.preview)
            elif prepared.repair:
                self.repair.end()
            self.busy_changed.emit("")
            self.queue.refresh()
            self.submitted.emit(job)

        submit(self.link, prepared, queued)

    def _opened(self, project: Project) -> None:
        self.busy_changed.emit("")
        self.project = project
        self.preview = None
        self.selected = ()
        self.set_shot(None, None)
        self.playhead.set_length(project.duration, project.rate)
        self.project_changed.emit()
        self.selection_changed.emit()
        self.results.open(project)
        first = [clip for track in project.tracks for clip in track.clips if not clip.missing]
        if len(first) == 1:
            self.select((first[0].index,))

    def _inspected(self, found: tuple[Shot, Any]) -> None:
        shot, roto = found
        if self.selected and self.selected[-1] == shot.clip:
            self.set_shot(shot, roto)

    def _not_inspected(self, error: LumiereError) -> None:
        self.set_shot(None, None)
        self.shot_error = str(error)
        self.shot_changed.emit()
        self.tell_error(error)

    def set_shot(self, shot: Shot | None, roto: Any, repairs: TimelineResult | None = None) -> None:
        """Work on a shot and its drawing; on a result's media, if that is repaired."""
        self.shot, self.shot_error, self.repairs = shot, "", repairs
        self.roto.open(roto, None if shot is None else roto_path(shot.media))
        if shot is not None:
            end = shot.record_frame(shot.frames.end_exclusive)
            if not shot.record_start <= self.playhead.frame < end:
                self.playhead.scrub(shot.record_start)
        self.results.set_shot(shot if repairs is None else None)
        self.tracker.set_shot(shot)
        self.strips.set_shot(shot if repairs is None else None)
        self.shot_changed.emit()

    def _finished(self, job: Job) -> None:
        preview = self._previews.pop(job.id, None)
        if job.state is JobState.DONE and preview is not None:
            self.preview = preview
            self.preview_changed.emit()
        elif job.state is JobState.DONE:
            self.results.refresh()
