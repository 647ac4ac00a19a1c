"""`lumiere panel`: what the panel needs done with timelines, files and jobs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from lumiere_engine.client import ask, new_key
from lumiere_engine.protocol import FrameRange, JobSpec, MediaInfo, RemoveParams, Submit, WorkOrder
from lumiere_engine.protocol.engine import Plan, TimelineResult
from lumiere_engine.protocol.errors import TimelineError
from lumiere_engine.protocol.queue import Placement
from lumiere_engine.protocol.roto import Mask, Roto
from lumiere_engine.protocol.wire import decode, parse_json
from lumiere_otio import (
    ClipSelection,
    Timeline,
    add_result,
    overview,
    read_sidecar,
    read_timeline,
    select_clip,
    sidecar_path,
    write_timeline,
)
from lumiere_ui.models.actions import Action
from lumiere_ui.models.project import ClipItem, Prepared, Project, Shot, TrackItem, timeline_of

from .manifest import manifest
from .performing import folders_of
from .preparing import TIMELINE_SUFFIXES, Request, fingerprint, into_media, probe, weights
from .preparing import Prepared as PreparedJob

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

    def prepare(
        self,
        project: Project,
        shot: Shot,
        roto: Path,
        params: RemoveParams,
        seed: int,
        frames: FrameRange | None = None,
    ) -> Prepared:
        """The removal of what a roto document shows; a copy of the document is frozen beside the result.

        Args:
            project, shot: what it is removed from.
            roto: the document.
            params, seed: of the job.
            frames: of a plain movie, those to work on; None is all of them.

        Raises:
            LumiereError: it cannot be prepared.
        """
        request = Request(source=project.path, mattes=(roto,), params=params, seed=seed, frames=frames)
        spec = self._spec(project, shot, request)
        start = 0 if spec.written is None else max(0, shot.frames.start - spec.written.start)
        output = _free_output(project, shot)
        frozen = output.with_name(f"{output.stem}.roto.json")
        output.parent.mkdir(parents=True, exist_ok=True)
        frozen.write_bytes(roto.read_bytes())
        job = into_media(replace(spec, mattes=(str(frozen),)), output, request)
        item = project.clip(shot.clip)
        assert item is not None
        some = None if project.is_timeline else spec.frames
        placement = Placement(
            clip=item.name,
            record_start=project.start_frame + (item.start if some is None else some.start),
            record_duration=item.duration if some is None else some.duration,
            rate=f"{project.rate.numerator}/{project.rate.denominator}",
            source_start=start,
        )
        submit = Submit(
            order=job.order,
            key=new_key(),
            title=f"Remove · {shot.name}",
            finish=job.finish,
            timeline=0,
            placement=placement,
        )
        return Prepared(submit, _folders(job, roto), timeline_of(project))

    def estimate(
        self,
        project: Project,
        shot: Shot,
        roto: Path,
        params: RemoveParams,
        seed: int,
        frames: FrameRange | None = None,
    ) -> tuple[Plan, tuple[Path, ...]]:
        """The question what the removal will take, and what the engine must be allowed to use for it.

        Raises:
            LumiereError: it cannot be prepared.
        """
        request = Request(source=project.path, mattes=(roto,), params=params, seed=seed, frames=frames)
        job = into_media(self._spec(project, shot, request), _free_output(project, shot), request)
        return Plan(job.order), _folders(job, roto)

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
            output=str(output),
            frame=frame,
            start=shot.frames.start,
            duration=shot.frames.duration,
            rate=f"{shot.rate.numerator}/{shot.rate.denominator}",
        )
        return Path(answer["output"])

    def _spec(self, project: Project, shot: Shot, request: Request) -> JobSpec:
        spec = JobSpec(
            effect="remove",
            plate=shot.media,
            mattes=tuple(map(str, request.mattes)),
            whole_mattes=True,
            params=request.params,
            seed=request.seed,
            checkpoint=fingerprint(weights(request)),
        )
        if not project.is_timeline:
            return replace(spec, frames=request.frames)
        selection = self._select(project, shot.clip)
        written = selection.with_handles(HANDLES)
        rate = selection.rate if selection.first_number is not None else None
        return replace(spec, frames=written, written=written, rate=rate)

    def prepare_preview(
        self, project: Project, shot: Shot, roto: Path, params: RemoveParams, seed: int, frames: FrameRange
    ) -> Prepared:
        """The same of a few frames and their neighbours, small and without imagining.

        Raises:
            LumiereError: it cannot be prepared.
        """
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
            roto=str(roto),
            plate=str(plate),
            matte=str(matte),
        )
        scale = float(answer["scale"])
        grow = shot.height / 60 if params.grow is None else params.grow
        feather = shot.height / 120 if params.feather is None else params.feather
        small = replace(
            params,
            quality="draft",
            imagine=False,
            grow=max(2.0, grow * scale),
            feather=max(1.0, feather * scale),
        )
        spec = JobSpec(effect="remove", plate=str(plate), mattes=(str(matte),), params=small, seed=seed)
        order = WorkOrder(spec, str(folder / "preview.mkv"), overwrite=True)
        submit = Submit(order=order, key=new_key(), title=f"Preview · {shot.name}", priority=PREVIEW_PRIORITY)
        return Prepared(submit, (folder,), preview=shown)

    def save_results(self, project: Project, results: Sequence[TimelineResult]) -> Path:
        """A timeline beside the project's, with a track more for each result.

        Raises:
            LumiereError: a result has no recipe, or no place in the timeline.
        """
        timeline = self._timeline(project.path)
        output = _free(project.path.with_name(f"{project.path.stem}_lumiere.otio"))
        by_clip = {self._index(project, result): result for result in results}
        # from the top down: a new track moves the numbers of the clips above it alone
        for index in sorted(by_clip, reverse=True):
            result = by_clip[index]
            media = Path(result.media)
            selection = select_clip(timeline, f"#{index}", timeline_path=project.path, probe=self._probe)
            recipe = read_sidecar(sidecar_path(media))
            written = recipe["spec"]["written"] or recipe["spec"]["frames"]
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


def actions() -> tuple[Action, ...]:
    """The actions of the manifest that the panel shows.

    Raises:
        SpecError: there is no manifest.
    """
    return tuple(
        Action(
            one["id"],
            one["title"],
            one["effect"],
            one["help"],
            tuple(one["shown_in"]),
            tuple(one.get("params", {}).items()),
        )
        for one in manifest()["actions"]
        if "panel" in one["shown_in"]
    )


def run(path: Path | None) -> int:
    """Show the panel until it is closed; returns its exit code."""
    from lumiere_ui.app import run_panel

    return run_panel(PanelDesk(), actions(), path)


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


def _folders(job: PreparedJob, roto: Path) -> tuple[Path, ...]:
    """What the engine must be allowed to use: the job's own folders, and those of mattes that the roto names."""
    document = decode(Roto, parse_json(roto.read_bytes()))
    named = [Path(os.path.realpath(mask.media)).parent for mask in document.masks if mask.media is not None]
    return tuple(dict.fromkeys([*folders_of(job), *named]))


def _free_output(project: Project, shot: Shot) -> Path:
    """Where the next result of a clip goes: numbered, so that takes stand beside each other."""
    stem = re.sub(r"\.(mov|mp4|mkv|mxf|avi|m4v|exr|dpx|png|jpe?g|tiff?)$", "", shot.name, flags=re.IGNORECASE)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._") or "clip"
    folder = project.path.parent
    if project.is_timeline:
        folder = project.path.with_name(f"{project.path.stem}_lumiere_media")
    return _free(folder / f"{stem}_removed.mov")


def _free(path: Path) -> Path:
    number, free = 1, path
    while os.path.lexists(free) or os.path.lexists(free.with_name(f"{free.stem}.roto.json")):
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free
