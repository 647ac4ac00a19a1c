"""`lumiere panel`: what the panel needs done with timelines, files and jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from lumiere_engine.client import ask, new_key
from lumiere_engine.protocol import (
    CinemagraphParams,
    FrameRange,
    JobSpec,
    MediaInfo,
    MotionHints,
    Progress,
    Submit,
    Weights,
)
from lumiere_engine.protocol.engine import Plan, TimelineResult
from lumiere_engine.protocol.errors import SpecError, TimelineError
from lumiere_engine.protocol.roto import Mask, Roto, Tracked
from lumiere_engine.protocol.wire import decode
from lumiere_otio import (
    ClipSelection,
    Timeline,
    overview,
    read_timeline,
    select_clip,
)
from lumiere_ui.models.project import (
    ClipItem,
    LoopPoint,
    PaintAdvice,
    Prepared,
    Project,
    Request,
    Shot,
    Steadiness,
    SteadinessRequest,
    TrackItem,
    TrackRequest,
    timeline_of,
)
from lumiere_ui.models.roto_document import write_roto

from .choosing import Choice, choose
from .cinemagraph import read_hints
from .mask_tracking import track_mask
from .panel_actions import actions, effect
from .panel_generating import generated
from .panel_jobs import drawing, folders, for_job, free, free_output, going_on, let_go, placement_of
from .panel_painting import advise_paintings, export_frame
from .panel_previews import PreviewFolder
from .panel_saving import save_results
from .preparing import TIMELINE_SUFFIXES, checkpoint, into_media, probe
from .registering import register_model

HANDLES = 12
LOOPS = 5
STILL_S = 5  # seconds that a photograph is shown for


class PanelDesk:
    """Does for the panel what needs timelines, jobs and files; called from threads, each call for itself."""

    def __init__(self) -> None:
        self._timelines: dict[Path, tuple[int, Timeline]] = {}
        self._media: dict[tuple[str, int], MediaInfo] = {}
        self._previews = PreviewFolder()

    def open(self, path: Path) -> Project:
        """A timeline or a media file, shown as a timeline of one clip.

        Raises:
            LumiereError: it cannot be read.
        """
        path = path.absolute()
        if path.suffix.lower() not in TIMELINE_SUFFIXES:
            return self._media_project(path)
        found = overview(self._timeline(path))
        tracks = tuple(
            TrackItem(
                name or f"V{number}",
                tuple(
                    ClipItem(
                        clip.index,
                        clip.name,
                        clip.start,
                        clip.duration,
                        None if clip.media is None else str(clip.media),
                        clip.media_start,
                        clip.problem,
                    )
                    for clip in clips
                ),
            )
            for number, (name, clips) in enumerate(found.tracks, start=1)
        )
        if not any(track.clips for track in tracks):
            raise TimelineError("the timeline has no picture clips", clip=path.name)
        return Project(path, path.name, True, found.rate, found.start_frame, found.drop_frame, tracks)

    def inspect(self, project: Project, clip: int) -> Shot:
        """A clip's media, opened.

        Raises:
            LumiereError: it is missing or cannot serve.
        """
        if not project.is_timeline:
            info = self._probe(project.path)
            whole = FrameRange(0, info.frame_count)
            return _shot(clip, project.name, str(project.path), whole, info, 0, Fraction(1))
        selection = self._select(project, clip)
        info = self._probe(selection.media_path)
        speed = Fraction(selection.time_scalar).limit_denominator(1000) * selection.rate / project.rate
        start = round(selection.record_start.value) - project.start_frame
        frames = selection.trimmed_media_range
        return _shot(clip, selection.name, str(selection.media_path), frames, info, start, speed)

    def prepare(self, request: Request) -> Prepared:
        """A job on what a roto document shows; a copy of the document is frozen beside the result.

        Raises:
            LumiereError: it cannot be prepared.
        """
        project, shot, drawn = request.project, request.shot, drawing(request)
        output = free_output(request)
        first_frame = free(output.with_name(f"{output.stem}.first.png"))
        spec = generated(self._spec(request, drawn), request, first_frame)
        start = 0 if spec.written is None else max(0, shot.frames.start - spec.written.start)
        frozen = output.with_name(f"{output.stem}.roto.json")
        output.parent.mkdir(parents=True, exist_ok=True)
        write_roto(frozen, drawn)
        mattes = (str(frozen),) if spec.mattes else ()
        spec = going_on(replace(spec, mattes=mattes), request, output)
        job = into_media(spec, output, for_job(request))
        placement = placement_of(request, spec.frames, start)
        submit = Submit(
            order=job.order,
            key=new_key(),
            title=f"{'Repair' if request.repairs else effect(request.effect).verb} · {shot.name}",
            finish=job.finish,
            timeline=0,
            placement=placement,
        )
        repair = request.repairs is not None
        return Prepared(submit, folders(job, drawn), timeline_of(project), repair=repair)

    def estimate(self, request: Request) -> tuple[Plan, tuple[Path, ...]]:
        """The question what a job will take, and what the engine must be allowed to use for it.

        Raises:
            LumiereError: it cannot be prepared.
        """
        drawn = drawing(request)
        spec = generated(self._spec(request, drawn), request, None)
        output = free_output(request)
        job = into_media(going_on(spec, request, output), output, for_job(request))
        return Plan(job.order), folders(job, drawn)

    def let_go(self, media: Sequence[str]) -> None:
        """Clear away what is kept of the work of results, but not what others share with them.

        Raises:
            LumiereError: a recipe cannot be understood, or a job is just using the work.
        """
        let_go(media)

    def import_masks(self, shot: Shot, path: Path, roto: Path, frame: int) -> tuple[Mask, ...]:
        """Masks that another program has drawn.

        Raises:
            LumiereError: there is none in it, or none that fits the plate.
        """
        answer = ask(
            "import_roto",
            path=str(path),
            frame=frame,
            first=shot.frames.start,
            count=shot.frame_count,
            width=shot.width,
            height=shot.height,
            into=str(roto.parent),
            plate=shot.media,
        )
        return tuple(decode(Mask, mask) for mask in answer["masks"])

    def export_masks(self, shot: Shot, roto: Path, output: Path, frame: int) -> Path:
        """The matte of the shot, or its shapes on a frame; returns the file.

        Raises:
            LumiereError: it cannot be written.
        """
        answer = ask(
            "export_roto",
            roto=str(roto),
            plate=shot.media,
            output=str(output),
            frame=frame,
            start=shot.frames.start,
            duration=shot.frames.duration,
            rate=f"{shot.rate.numerator}/{shot.rate.denominator}",
        )
        return Path(answer["output"])

    def track(self, request: TrackRequest, on_progress: Callable[[Progress], None]) -> tuple[Tracked, ...]:
        """Mattes for frames on which nothing is drawn, in a folder beside the drawing.

        Raises:
            LumiereError: nothing can be tracked.
        """
        return track_mask(request, on_progress)

    def steadiness(self, request: SteadinessRequest, on_progress: Callable[[Progress], None]) -> Steadiness:
        """How steady a matte or a result is, frame by frame.

        Raises:
            LumiereError: it cannot be read.
        """
        answer = ask(
            "steadiness",
            on_progress,
            what=request.what,
            path=request.media,
            start=request.frames.start,
            duration=request.frames.duration,
            roto=str(request.roto),
            roto_first=request.roto_first,
        )
        return Steadiness(request.roto_first, tuple(answer["values"]), answer["warn"])

    def _spec(self, request: Request, drawn: Roto) -> JobSpec:
        project = request.project
        spec = JobSpec(
            effect=request.effect,
            plate=request.shot.media,
            mattes=(str(request.roto),) if drawn.draws else (),
            whole_mattes=drawn.draws,
            params=request.params,
            seed=request.seed,
            checkpoint=checkpoint(for_job(request)),
        )
        if request.repairs is not None or not project.is_timeline:
            whole = FrameRange(0, request.shot.frame_count)
            if request.shot.frame_count == 1:
                return replace(spec, frames=whole)  # a photograph's loop is as long as it is
            frames = whole if request.repairs is not None else request.frames or whole
            return replace(spec, frames=frames, written=frames)  # a loop fills them
        selection = self._select(project, request.shot.clip)
        written = selection.with_handles(HANDLES)
        rate = selection.rate if selection.first_number is not None else None
        return replace(spec, frames=written, written=written, rate=rate)

    def prepare_preview(self, request: Request) -> Prepared:
        """The same of a few frames and their neighbours, small; of a loop, all of it.

        Raises:
            LumiereError: it cannot be prepared.
        """
        return self._previews.prepare(request, drawing(request))

    def export_frame(self, shot: Shot, frame: int) -> Path:
        """A frame as a picture to be painted over, beside the media.

        Raises:
            LumiereError: it cannot be read or written.
        """
        return export_frame(shot, frame)

    def advise_paintings(self, request: Request, on_progress: Callable[[Progress], None]) -> PaintAdvice:
        """Which frames to paint.

        Raises:
            LumiereError: the shot cannot be read.
        """
        return advise_paintings(request, on_progress)

    def loop_points(self, request: Request, on_progress: Callable[[Progress], None]) -> tuple[LoopPoint, ...]:
        """Where a shot may loop, the best first.

        Raises:
            LumiereError: the shot or its drawing cannot be read.
        """
        spec = self._spec(request, drawing(request))
        params = replace(spec.params_of(CinemagraphParams), start=None, period=None)
        answer = ask("loop_points", on_progress, spec=replace(spec, params=params).to_wire(), most=LOOPS)
        return tuple(LoopPoint(one["start"], one["period"], one["seam"]) for one in answer["loops"])

    def read_hints(self, path: Path) -> MotionHints:
        """Motion hints from a file, as `lumiere cinemagraph --hints` takes them.

        Raises:
            SpecError: it makes no sense.
        """
        return read_hints(str(path))

    def add_model(self, path: Path) -> str:
        """Register a model under its file's name; returns that.

        Raises:
            LumiereError: it is none, or its name is taken.
        """
        return register_model(path).name

    def weights(
        self, image: str, motion: str | None, loras: tuple[str, ...], upscale: str | None
    ) -> tuple[Weights, ...]:
        """What a job is told of registered models.

        Raises:
            SpecError: they do not fit each other.
        """
        return choose(Choice(image, motion, loras, upscale), moving=False, without="")

    def save_results(self, project: Project, results: Sequence[TimelineResult]) -> Path:
        """A timeline beside the project's, with a track more for each result.

        Raises:
            LumiereError: a result has no recipe, or no place in the timeline.
        """
        return save_results(self._timeline(project.path), project, results, self._probe)

    def _media_project(self, path: Path) -> Project:
        info = self._probe(path)
        duration = info.frame_count if info.frame_count > 1 else round(STILL_S * info.rate)
        clip = ClipItem(0, path.name, 0, duration, str(path))
        track = TrackItem("V1", (clip,))
        return Project(path, path.name, False, info.rate, info.start_frame, info.drop_frame, (track,))

    def _timeline(self, path: Path) -> Timeline:
        """A timeline, read again when its file has changed."""
        changed = path.stat().st_mtime_ns if path.exists() else 0
        if self._timelines.get(path, (None,))[0] != changed:
            self._timelines[path] = changed, read_timeline(path)
        return self._timelines[path][1]

    def _select(self, project: Project, clip: int) -> ClipSelection:
        return select_clip(
            self._timeline(project.path), f"#{clip}", timeline_path=project.path, probe=self._probe
        )

    def _probe(self, path: Path) -> MediaInfo:
        """What a media file holds; asked once while the file stays the same."""
        key = str(path), path.stat().st_mtime_ns if path.exists() else 0
        if key not in self._media:
            self._media[key] = probe(path)
        return self._media[key]


def run(path: Path | None, clip: str | None = None, action: str = "remove") -> int:
    """Show the panel until it is closed; returns its exit code.

    Args:
        path: what is opened at once.
        clip: the clip in it that is selected at once, by name or `#N`.
        action: the action whose settings are taken.

    Raises:
        SpecError: there is no such action.
    """
    from lumiere_ui.app import run_panel

    known = actions()
    if action not in [one.id for one in known]:
        raise SpecError(f"there is no action '{action}'", remedy=f"choose {', '.join(a.id for a in known)}")
    return run_panel(PanelDesk(), known, path, clip, action)


def _shot(
    clip: int, name: str, media: str, frames: FrameRange, info: MediaInfo, start: int, speed: Fraction
) -> Shot:
    return Shot(
        clip=clip,
        name=name,
        media=media,
        width=info.width,
        height=info.height,
        frames=frames,
        frame_count=info.frame_count,
        rate=info.rate,
        start_frame=info.start_frame,
        drop_frame=info.drop_frame,
        record_start=start,
        speed=speed,
        layout=info.layout,
    )
