"""From what the user names to a work order, and to the step that puts its result where it belongs: any effect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

from lumiere_engine.client import ask
from lumiere_engine.protocol import (
    CinemagraphParams,
    Finish,
    FrameRange,
    GenerateParams,
    JobResult,
    JobSpec,
    MediaInfo,
    Params,
    Progress,
    RemoveParams,
    StylizeParams,
    WorkOrder,
    effect_of,
)
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.patterns import without_number
from lumiere_engine.protocol.queue import Placement
from lumiere_engine.protocol.recipe import read_sidecar, sidecar_path
from lumiere_engine.protocol.roto import DRAWN_SUFFIXES

from .manifest import done_word

TIMELINE_SUFFIXES = frozenset(
    (
        ".otio",
        ".otioz",
        ".otiod",
        ".json",
        ".xml",
        ".fcpxml",
        ".fcpxmld",
        ".edl",
        ".aaf",
        ".kdenlive",
        ".xges",
        ".ale",
    )
)
DEFAULT_HANDLES = 48
# Which start from weights, and which tell what was borrowed and what imagined.
LEARNING_EFFECTS = frozenset(("remove", "stylize"))
BORROWING_EFFECTS = frozenset(("remove",))
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        source: a media file, sequence or timeline.
        mattes: one or more mattes; several are united.
        output: the result; None names it after the source.
        clip: of a timeline, the clip's name or `#N`.
        frames: of a media file, the frames to work on.
        whole_mattes: the mattes belong to the whole media file, not to the frames used of it alone.
        handles: of a timeline, frames kept around the visible ones, as far as the media has them.
        relink: folders searched for missing media.
        alternate: the clip gets the result as a second media reference as well.
        rate: of an image sequence.
        conform: give a movie of variable rate a constant one.
        params, seed: of the job.
        overwrite: replace existing results.
        keep_work: keep what was borrowed and rendered, for another job on the same shot.
        revise: do the earlier result at `output` again where its plate or matte has changed, and only there.
        chunk_frames: how many frames are imagined at a time.
        network: weights to start from; None is the prior that ships with Lumiere.
        save_network: where the network goes after it has learned the shot.
    """

    source: Path
    mattes: tuple[Path, ...]
    output: Path | None = None
    clip: str | None = None
    frames: FrameRange | None = None
    whole_mattes: bool = False
    handles: int = DEFAULT_HANDLES
    relink: tuple[Path, ...] = ()
    alternate: bool = False
    rate: Fraction | None = None
    conform: bool = False
    params: Params = field(default_factory=RemoveParams)
    seed: int = 0
    overwrite: bool = False
    keep_work: bool = False
    revise: bool = False
    chunk_frames: int = 16
    network: Path | None = None
    save_network: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What there is now.

    Attributes:
        output: the clip or the timeline.
        media: the clip.
        origin: the origin matte, if the effect makes one.
        recipe: the sidecar that reproduces the result.
        result: what the worker reported.
    """

    output: Path
    media: Path
    origin: Path | None
    recipe: Path
    result: JobResult

    def to_wire(self) -> dict[str, Any]:
        """For `--json`."""
        places = {name: getattr(self, name) for name in ("output", "media", "origin", "recipe")}
        paths = {name: None if path is None else str(path) for name, path in places.items()}
        job = self.result.to_wire()
        del job["recipe"]  # it lies in the sidecar
        return {**job, **paths, "label": "Outcome.1"}


def is_timeline(source: Path, clip: str | None) -> bool:
    """Whether a source is a timeline: by its name, or because a clip in it is named."""
    return clip is not None or source.suffix.lower() in TIMELINE_SUFFIXES


@dataclass(frozen=True)
class Prepared:
    """A request, checked and frozen: all that an engine needs to know.

    Attributes:
        order: what is rendered.
        finish: where its result is put.
        title: for people.
        timeline: the timeline that it belongs to.
        placement: where in it.
    """

    order: WorkOrder
    finish: Finish
    title: str
    timeline: Path | None = None
    placement: Placement | None = None


Performer = Callable[[Prepared, OnProgress], Outcome]


def prepare(request: Request) -> Prepared:
    """Check what was asked for, as far as that can be done before the work.

    Raises:
        LumiereError: whatever is wrong, in one readable line.
    """
    request = _with_roto(request)
    if request.revise:
        request = replace(request, overwrite=True, keep_work=True)
    if is_timeline(request.source, request.clip):
        return _in_timeline(request)
    return _in_media(request)


def _with_roto(request: Request) -> Request:
    """A drawing has the frames of the media: it cannot stand beside a matte of the used frames alone."""
    drawn = [path.name.endswith(DRAWN_SUFFIXES) for path in request.mattes]
    if not any(drawn) or request.whole_mattes:
        return request
    if not all(drawn):
        raise SpecError(
            "a drawing has the frames of the whole media, the other matte those that are used",
            remedy="render the other one for the whole media and say --matte-covers media",
        )
    return replace(request, whole_mattes=True)


def _in_media(request: Request) -> Prepared:
    if request.alternate:
        raise SpecError(f"{request.source.name} is media: only a timeline's clip has an --alternate")
    output = (request.output or default_output(request, ".mov")).absolute()
    if output.suffix.lower() in TIMELINE_SUFFIXES:
        raise SpecError(f"{output.name} is a timeline's name, {request.source.name} is media")
    spec = JobSpec(
        effect=effect_of(request.params),
        plate=str(request.source.absolute()),
        mattes=_absolute(request.mattes),
        frames=request.frames,
        whole_mattes=request.whole_mattes,
        rate=request.rate,
        conform=request.conform,
        params=request.params,
        seed=request.seed,
        checkpoint=checkpoint(request),
    )
    return into_media(spec, output, request)


def _in_timeline(request: Request) -> Prepared:
    # OpenTimelineIO takes a quarter of a second to import; work on plain media does without
    from lumiere_otio import check_keeps_alternates, check_writable, read_timeline, select_clip

    if request.frames is not None:
        raise SpecError(
            "--frames counts a media file's frames", remedy="trim the clip in the timeline instead"
        )
    output = (request.output or default_output(request, ".otio")).absolute()
    if output.suffix.lower() not in TIMELINE_SUFFIXES:
        raise SpecError(f"{output.name} is no timeline's name", remedy="end it in .otio")
    if request.alternate:
        check_keeps_alternates(output)
    timeline = read_timeline(request.source)
    check_writable(timeline, output, overwrite=request.overwrite)
    selection = select_clip(
        timeline, request.clip, timeline_path=request.source, relink=request.relink, probe=probe
    )
    generated = isinstance(request.params, GenerateParams)
    matted = bool(request.mattes) and not request.whole_mattes
    # what is generated is all of the result: where the matte has no frames there is nothing to keep
    written = selection.with_handles(0 if generated and matted else request.handles)
    params = _counted_in_media(request.params, selection.media_range.start)
    folder = output.with_name(f"{output.stem}_media")
    spec = JobSpec(
        effect=effect_of(request.params),
        plate=str(selection.media_path),
        mattes=_absolute(request.mattes),
        # a matte for the whole media can work on the handles as well, and so can none at all
        frames=written if request.whole_mattes or not request.mattes else selection.media_range,
        whole_mattes=request.whole_mattes,
        written=written,
        rate=selection.rate if selection.first_number is not None else request.rate,
        conform=request.conform,
        params=params,
        seed=request.seed,
        checkpoint=checkpoint(request),
    )
    media = into_media(
        spec, folder / f"{_file_name(selection.name)}_{result_word(request.params)}.mov", request
    )
    finish = Finish(
        "timeline",
        {
            "timeline": str(request.source.absolute()),
            "clip": request.clip,
            "relink": list(_absolute(request.relink)),
            "output": str(output),
            "alternate": request.alternate,
        },
        (*media.finish.outputs, str(output)),
    )
    placement = Placement(
        clip=selection.name,
        track=selection.track_name,
        record_start=round(selection.record_start.value),
        record_duration=round(selection.record_duration.value),
        rate=str(selection.record_start.rate),
        source_start=max(0, selection.trimmed_media_range.start - written.start),
    )
    return Prepared(media.order, finish, f"{selection.name} in {output.name}", request.source, placement)


def _counted_in_media(params: Params, first: int) -> Params:
    """Frames that an artist names are counted from the clip's first visible frame, in the job from the media's."""
    if isinstance(params, CinemagraphParams):
        still, start = (None if frame is None else frame + first for frame in (params.still, params.start))
        return replace(params, still=still, start=start)
    if isinstance(params, StylizeParams):
        keys = tuple(replace(key, frame=key.frame + first) for key in params.keyframes)
        return replace(params, keyframes=keys)
    return params


def into_media(spec: JobSpec, media: Path, request: Request) -> Prepared:
    """A job into a media file, with its origin matte and its recipe beside it."""
    if request.revise:
        spec = replace(spec, base=_revised(media))
    order = WorkOrder(
        spec,
        str(media),
        str(origin_path(media)) if spec.effect in BORROWING_EFFECTS else None,
        overwrite=request.overwrite,
        keep_work=request.keep_work,
        chunk_frames=request.chunk_frames,
        network=None if spec.checkpoint is None else str(weights(request)),
        save_network=None if request.save_network is None else str(request.save_network.absolute()),
    )
    return Prepared(order, Finish("sidecar", {}, (str(sidecar_path(media)),)), media.name)


def _revised(media: Path) -> str:
    """The fingerprint of the job that a result came from."""
    recipe = sidecar_path(media)
    found = read_sidecar(recipe).get("fingerprint") if recipe.exists() else None
    if not isinstance(found, str):
        raise SpecError(
            "there is no earlier result to revise", clip=str(media), remedy="render it with --keep-work first"
        )
    return found


def outcome_of(result: JobResult, answer: dict[str, Any]) -> Outcome:
    """What there is now, from what the worker reported and what the finishing step answered."""
    origin = answer["origin"]
    return Outcome(
        output=Path(answer["output"]),
        media=Path(answer["media"]),
        origin=None if origin is None else Path(origin),
        recipe=Path(answer["recipe"]),
        result=result,
    )


def result_word(params: Params) -> str:
    """What a result of such parameters is called: the end of its file's name, and of its clip's in brackets."""
    return done_word(effect_of(params))


def checkpoint(request: Request) -> str | None:
    """Fingerprint of the weights that a job starts from; None if it asks no network that learns.

    Raises:
        SpecError: they cannot be read, or are named and nothing learns from them.
    """
    params = request.params
    learns = (
        params.imagines if isinstance(params, CinemagraphParams) else effect_of(params) in LEARNING_EFFECTS
    )
    if learns and not params.files:
        return fingerprint(weights(request))
    if request.network is not None or request.save_network is not None:
        raise SpecError("nothing is learned in this job", remedy="leave out --network and what saves it")
    return None


def weights(request: Request) -> Path:
    """The file of the weights that the network starts from."""
    if request.network is not None:
        return request.network.absolute()
    with resources.as_file(resources.files("lumiere_assets") / "prior" / "prior.safetensors") as path:
        return path


def fingerprint(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        SpecError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SpecError(f"the weights cannot be read: {error.strerror}", clip=str(path)) from error


def probe(path: Path) -> MediaInfo:
    """What a media file holds, asked of a worker, since nothing here decodes."""
    return MediaInfo.from_wire(ask("probe", path=str(path)))


def default_output(request: Request, suffix: str) -> Path:
    """Beside the source: `shot.mp4` → `shot_removed.mov`."""
    source, word = request.source, result_word(request.params)
    stem = source.name if source.is_dir() and not is_timeline(source, None) else source.stem
    return source.absolute().with_name(f"{without_number(stem) or 'clip'}_{word}{suffix}")


def origin_path(media: Path) -> Path:
    """Where the origin matte goes: `shot.mov` → `shot.origin.mkv`, lossless; a sequence stays a sequence."""
    match = re.fullmatch(r"(.*?)([._-]?(?:%0?\d*d|#+)\.\w+)", media.name)
    if match and media.suffix.lower() not in (".mov", ".mkv", ".mp4"):
        return media.with_name(f"{match[1]}.origin{match[2]}")
    return media.with_name(f"{media.stem}.origin.mkv")


def _absolute(paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(str(path.absolute()) for path in paths)


def _file_name(name: str) -> str:
    """A clip's name as a file name that every system takes; only a media file's ending is dropped."""
    stem = re.sub(r"\.(mov|mp4|mkv|mxf|avi|m4v|exr|dpx|png|jpe?g|tiff?)$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^\w.-]+", "_", stem).strip("._") or "clip"
