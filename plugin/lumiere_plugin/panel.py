"""`lumiere panel`: what the panel needs done with timelines, files and jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from lumiere_engine.client import ask, new_key
from lumiere_engine.protocol import FrameRange, JobSpec, MediaInfo, Progress, Submit, WorkOrder
from lumiere_engine.protocol.engine import Plan, TimelineResult
from lumiere_engine.protocol.errors import SpecError, TimelineError
from lumiere_engine.protocol.recipe import read_sidecar, sidecar_path
from lumiere_engine.protocol.roto import Mask, Tracked
from lumiere_engine.protocol.wire import decode
from lumiere_otio import (
    ClipSelection,
    Timeline,
    add_result,
    overview,
    read_timeline,
    select_clip,
    write_timeline,
)
from lumiere_ui.models.project import (
    ClipItem,
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

from .mask_tracking import track_mask
from .panel_actions import actions, effect
from .panel_jobs import first_recipe, folders, for_job, free, free_output, placement_of, quick
from .preparing import TIMELINE_SUFFIXES, checkpoint, into_media, probe

HANDLES = 12
PREVIEW_SIDE = 480
PREVIEW_NEIGHBOURS = 8
PREVIEW_PRIORITY = 100


class PanelDesk:
    """Does for the panel what needs timelines, jobs and files; called from threads, each call for itself."""

    def __init__(self) -> None:
        self._timelines: dict[Path, tuple[int, Timeline]] = {}
        self._media: dict[tuple[str, int], MediaInfo] = {}
        self._preview: TemporaryDirectory[str] | None = None

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
        project, shot = request.project, request.shot
        spec = self._spec(request)
        start = 0 if spec.written is None else max(0, shot.frames.start - spec.written.start)
        output = free_output(request)
        frozen = output.with_name(f"{output.stem}.roto.json")
        output.parent.mkdir(parents=True, exist_ok=True)
        frozen.write_bytes(request.roto.read_bytes())
        job = into_media(replace(spec, mattes=(str(frozen),)), output, for_job(request))
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
        return Prepared(submit, folders(job, request.roto), timeline_of(project), repair=repair)

    def estimate(self, request: Request) -> tuple[Plan, tuple[Path, ...]]:
        """The question what a job will take, and what the engine must be allowed to use for it.

        Raises:
            LumiereError: it cannot be prepared.
        """
        job = into_media(self._spec(request), free_output(request), for_job(request))
        return Plan(job.order), folders(job, request.roto)

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

    def _spec(self, request: Request) -> JobSpec:
        project = request.project
        spec = JobSpec(
            effect=request.effect,
            plate=request.shot.media,
            mattes=(str(request.roto),),
            whole_mattes=True,
            params=request.params,
            seed=request.seed,
            checkpoint=checkpoint(for_job(request)),
        )
        if request.repairs is not None or not project.is_timeline:
            whole = FrameRange(0, request.shot.frame_count)
            frames = whole if request.repairs is not None else request.frames or whole
            return replace(spec, frames=frames, written=frames)  # a loop fills them
        selection = self._select(project, request.shot.clip)
        written = selection.with_handles(HANDLES)
        rate = selection.rate if selection.first_number is not None else None
        return replace(spec, frames=written, written=written, rate=rate)

    def prepare_preview(self, request: Request) -> Prepared:
        """The same of a few frames and their neighbours, small and without imagining.

        Raises:
            LumiereError: it cannot be prepared.
        """
        shot, frames = request.shot, request.frames or request.shot.frames
        shown = frames.grown(PREVIEW_NEIGHBOURS, PREVIEW_NEIGHBOURS).intersection(shot.frames)
        if self._preview is not None:
            self._preview.cleanup()
        self._preview = TemporaryDirectory(prefix="lumiere-preview-")
        folder = Path(self._preview.name)
        plate, matte = folder / "plate.mkv", folder / "matte.mkv"
        answer = ask(
            "proxy",
            path=shot.media,
            start=shown.start,
            duration=shown.duration,
            side=PREVIEW_SIDE,
            roto=str(request.roto),
            plate=str(plate),
            matte=str(matte),
        )
        spec = JobSpec(
            effect=request.effect,
            plate=str(plate),
            mattes=(str(matte),),
            frames=FrameRange(0, shown.duration),
            written=FrameRange(0, shown.duration),
            params=quick(request.params, shot.height, float(answer["scale"])),
            seed=request.seed,
        )
        order = WorkOrder(spec, str(folder / "preview.mkv"), overwrite=True)
        submit = Submit(order=order, key=new_key(), title=f"Preview · {shot.name}", priority=PREVIEW_PRIORITY)
        return Prepared(submit, (folder,), preview=shown)

    def save_results(self, project: Project, results: Sequence[TimelineResult]) -> Path:
        """A timeline beside the project's, with a track more for each result.

        Raises:
            LumiereError: a result has no recipe, or no place in the timeline.
        """
        timeline = self._timeline(project.path)
        output = free(project.path.with_name(f"{project.path.stem}_lumiere.otio"))
        by_clip = {self._index(project, result): result for result in results}
        # from the top down: a new track moves the numbers of the clips above it alone
        for index in sorted(by_clip, reverse=True):
            result = by_clip[index]
            media = Path(result.media)
            selection = select_clip(timeline, f"#{index}", timeline_path=project.path, probe=self._probe)
            recipe = read_sidecar(sidecar_path(media))
            original = first_recipe(recipe)["spec"]
            written = original["written"] or original["frames"]
            timeline = add_result(
                timeline,
                selection,
                media_path=media,
                result_range=FrameRange(**written),
                rate=selection.rate,
                media_start_frame=result.start_frame,
                recipe={**recipe, "effect": recipe["spec"]["effect"], "seed": recipe["spec"]["seed"]},
                output_path=output,
                origin_path=None if result.origin is None else Path(result.origin),
            )
        write_timeline(timeline, output)
        return output

    def _index(self, project: Project, result: TimelineResult) -> int:
        placement = result.placement
        for track in project.tracks:
            for clip in track.clips:
                if placement is not None and (clip.name, clip.start + project.start_frame) == (
                    placement.clip,
                    placement.record_start,
                ):
                    return clip.index
        raise TimelineError("a result belongs to a clip that is not in the timeline", clip=result.media)

    def _media_project(self, path: Path) -> Project:
        info = self._probe(path)
        clip = ClipItem(0, path.name, 0, info.frame_count, str(path))
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
