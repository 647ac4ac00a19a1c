"""One open panel: the project, the selected clip, its roto, its results, and the jobs made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import FrameRange, Job, JobState, LumiereError
from lumiere_engine.protocol.engine import Estimate, Plan, TimelineResult
from lumiere_engine.protocol.roto import Roto
from lumiere_engine.protocol.wire import decode
from PySide6.QtCore import QObject, Signal

from .actions import Effect
from .arrows import ArrowTool
from .background import Background
from .batch import prepare_all, prepare_takes
from .beginning import Beginning
from .engine_link import EngineLink
from .learning_model import LearningModel
from .loop_points import LoopPoints
from .painting import Painting
from .pictures import PictureStore
from .playhead import Playhead
from .previews import Previews
from .project import Desk, Prepared, Project, Request, Shot
from .queue_model import QueueModel
from .registered import Registered
from .repair import Repair
from .results import Results
from .roto_document import RotoDocument, read_roto
from .roto_places import roto_path
from .shot_notes import NotesDocument, ShotNotes, read_notes, with_notes
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
    estimated = Signal(object, bool)
    """An `Estimate` of what the job would take at most, and whether it goes on from an earlier result."""
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
        self.notes = NotesDocument(self.saving, self.roto.history, self)
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
        self.effects = effects
        self.effect = effects[0]
        self._params: dict[str, Any] = {effect.id: effect.params() for effect in effects}
        self.seed = 0
        self.previews = Previews(self, self)
        self.painting = Painting(self, self)
        self.loop_points = LoopPoints(self, self)
        self.models = Registered(self, self)
        self.beginning = Beginning(self, self)
        self.arrows = ArrowTool(self, self)
        self.notes.changed.connect(self.effect_changed)
        self.background.failed.connect(self.tell_error)
        self.saving.failed.connect(self.tell_error)
        self.link.failed.connect(self.tell_error)
        self.tracker.failed.connect(self.tell_error)
        self.tracker.arrived.connect(self.show_media_frame)
        self.tracker.tracked.connect(self.strips.measure_matte)
        self.strips.failed.connect(self.tell_error)
        self.queue.finished.connect(self._finished)
        # what a job is just using stays until the next take is accepted
        self.results.settled.connect(
            lambda media: self.background.do(lambda: desk.let_go(media), failed=lambda _: None)
        )

    def close(self) -> None:
        """Write what is not written yet, and end all threads and children."""
        self.roto.flush()
        self.tracker.close()
        self.strips.close()
        self.painting.close()
        self.loop_points.close()
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

        def inspect() -> tuple[Shot, Roto, ShotNotes]:
            shot = self.desk.inspect(project, clip)
            return shot, read_roto(roto_path(shot.media), shot.width, shot.height), read_notes(shot.media)

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
        """Of the chosen effect, on the selected shot."""
        return with_notes(self._params[self.effect.id], self.notes.now)

    def set_params(self, params: Any) -> None:
        """Other parameters of their effect; what a shot's notes say is not among them."""
        effect = next(one.id for one in self.effects if type(params) is one.params)
        if params != self._params[effect]:
            self._params[effect] = params
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
        params = self.params
        if (
            self.needs_mask
            and len(self.selected) == 1
            and (self.roto.roto is None or not self.roto.roto.draws)
        ):
            return self.effect.hint
        if self.shot.frame_count == 1 and hasattr(params, "hints") and params.hints is None:
            return "Draw arrows where it should move, or choose a motion"
        return str(getattr(params, "lacks", ""))

    @property
    def needs_mask(self) -> bool:
        """Whether the effect cannot begin before something is drawn."""
        return bool(self.effect.hint) and getattr(self.params, "needs_matte", True)

    def render(self) -> None:
        """Queue the effect on the selected clips."""
        request, clips = self.request(self.marked), self.selected
        if request is None:
            return
        if len(clips) == 1:
            self.prepare(lambda: [self.desk.prepare(request)])
            return
        needs_mask, earlier = self.needs_mask, {clip: self.results.earlier(clip) for clip in clips}
        self.busy_changed.emit(f"Preparing {len(clips)} jobs")
        self.saving.do(lambda: prepare_all(self.desk, request, earlier, needs_mask), self._submit_batch)

    def render_takes(self, count: int) -> None:
        """Queue the effect on the selected clip several times, each with the next seed."""
        request = self.request(self.marked)
        if request is not None:
            self.prepare(lambda: prepare_takes(self.desk, request, count))

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

    def request(self, frames: FrameRange | None) -> Request | None:
        """What is asked for now, its drawing on its way to the disk; None, told, if something lacks."""
        why = self.why_not()
        if why:
            self.noticed.emit("error", why)
            return None
        self.roto.commit("edit")
        self.roto.flush()
        return self.question(frames)

    def question(self, frames: FrameRange | None = None) -> Request | None:
        """What is open, asked about whether or not all is chosen by now; None without a shot."""
        if self.project is None or self.shot is None or self.roto.path is None:
            return None
        return Request(
            self.project,
            self.shot,
            self.roto.path,
            self.effect.id,
            self.params,
            self.seed,
            frames,
            self.repairs,
            () if self.repairs else self.results.earlier(self.shot.clip),
            self.beginning.picture,
        )

    def ask_estimate(self) -> None:
        """Ask what the job would take; `estimated` answers, if that can be known."""
        request = None if self.why_not() else self.question(self.marked)
        if request is None:
            return

        def ask(answer: tuple[Plan, tuple[Path, ...]]) -> None:
            plan, folders = answer
            revises = plan.order.spec.base is not None

            def tell(data: Any) -> None:
                self.estimated.emit(decode(Estimate, data), revises)

            allow(self.link, folders, lambda: self.link.post("/plan", plan, tell, lambda _: None))

        self.roto.flush()
        self.saving.do(lambda: self.desk.estimate(request), ask, failed=lambda _: None, replaces="estimate")

    def save_results(self) -> None:
        """Write a timeline with the shown result of every clip on a new track."""
        project = self.project
        if project is None:
            return
        chosen = self.results.to_save()
        self.busy_changed.emit("Writing the timeline")
        self.background.do(
            lambda: self.desk.save_results(project, chosen),
            lambda path: self.tell(f"Wrote {path.name}: your timeline with {len(chosen)} track(s) more"),
        )

    def tell(self, text: str) -> None:
        """Say that something is done."""
        self.busy_changed.emit("")
        self.noticed.emit("info", text)

    def prepare(
        self, work: Callable[[], list[Prepared]], failed: Callable[[], object] = lambda: None
    ) -> None:
        """Prepare jobs in a thread, and queue them.

        Args:
            work: prepares them.
            failed: hears that it could not; the reason is told.
        """

        def not_prepared(error: LumiereError) -> None:
            self.tell_error(error)
            failed()

        self.busy_changed.emit("Preparing the job")
        # the document is being written by then: one thread does one thing after the other
        self.saving.do(work, lambda prepared: self._submit_batch((prepared, [])), failed=not_prepared)

    def _submit_batch(self, found: tuple[list[Prepared], list[str]]) -> None:
        prepared, left = found
        for one in prepared:
            self._submit(one)
        if not prepared:
            self.busy_changed.emit("")
        if left:
            self.noticed.emit("error", f"{len(prepared)} queued, {len(left)} left out · {' · '.join(left)}")

    def _submit(self, prepared: Prepared) -> None:
        def queued(job: Job) -> None:
            if prepared.preview is not None:
                self.previews.queued(prepared, job)
            elif prepared.repair:
                self.repair.end()
            self.busy_changed.emit("")
            self.queue.refresh()
            self.submitted.emit(job)

        submit(self.link, prepared, queued)

    def _opened(self, project: Project) -> None:
        self.busy_changed.emit("")
        self.project = project
        self.previews.forget()
        self.selected = ()
        self.set_shot(None, None)
        self.playhead.set_length(project.duration, project.rate)
        self.project_changed.emit()
        self.selection_changed.emit()
        self.results.open(project)
        first = [clip for track in project.tracks for clip in track.clips if not clip.missing]
        if len(first) == 1:
            self.select((first[0].index,))

    def _inspected(self, found: tuple[Shot, Roto, ShotNotes]) -> None:
        shot, roto, notes = found
        if self.selected and self.selected[-1] == shot.clip:
            if self.roto.roto is not None and self.roto.path == roto_path(shot.media):
                # another clip of the same media: its drawing may still be on its way to the disk
                roto, notes = self.roto.roto, self.notes.now
            self.set_shot(shot, roto, notes=notes)

    def _not_inspected(self, error: LumiereError) -> None:
        self.set_shot(None, None)
        self.shot_error = str(error)
        self.shot_changed.emit()
        self.tell_error(error)

    def set_shot(
        self,
        shot: Shot | None,
        roto: Roto | None,
        repairs: TimelineResult | None = None,
        notes: ShotNotes | None = None,
    ) -> None:
        """Work on a shot, its drawing and its notes; on a result's media, if that is repaired."""
        self.shot, self.shot_error, self.repairs = shot, "", repairs
        self.roto.open(roto, None if shot is None else roto_path(shot.media))
        self.notes.open(notes or ShotNotes(), None if shot is None or repairs else shot.media)
        if shot is not None:
            end = shot.record_frame(shot.frames.end_exclusive)
            if not shot.record_start <= self.playhead.frame < end:
                self.playhead.scrub(shot.record_start)
        self.results.set_shot(shot if repairs is None else None)
        self.tracker.set_shot(shot)
        self.strips.set_shot(shot if repairs is None else None)
        self.shot_changed.emit()

    def _finished(self, job: Job) -> None:
        if job.state is JobState.DONE and job.timeline is not None:
            self.results.refresh()
