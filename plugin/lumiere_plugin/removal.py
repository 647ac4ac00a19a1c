"""`lumiere remove`: from what the user names to a work order, and the result into a file or a timeline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

from lumiere_engine.client import ask, work
from lumiere_engine.protocol import (
    FrameRange,
    JobResult,
    JobSpec,
    MediaInfo,
    Progress,
    RemoveParams,
    WorkOrder,
)
from lumiere_engine.protocol.errors import SpecError

TIMELINE_SUFFIXES = frozenset(
    (".otio", ".otioz", ".otiod", ".json", ".xml", ".fcpxml", ".edl", ".aaf", ".kdenlive", ".xges", ".ale")
)
DEFAULT_HANDLES = 48
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
        rate: of an image sequence.
        conform: give a movie of variable rate a constant one.
        params, seed: of the job.
        overwrite: replace existing results.
        keep_work: keep what was borrowed for another job on the same shot.
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
    rate: Fraction | None = None
    conform: bool = False
    params: RemoveParams = field(default_factory=RemoveParams)
    seed: int = 0
    overwrite: bool = False
    keep_work: bool = False
    chunk_frames: int = 16
    network: Path | None = None
    save_network: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What there is now.

    Attributes:
        output: the clip or the timeline.
        media: the clip.
        origin: the origin matte.
        recipe: the sidecar that reproduces the result.
        result: what the worker reported.
    """

    output: Path
    media: Path
    origin: Path
    recipe: Path
    result: JobResult

    def to_wire(self) -> dict[str, Any]:
        """For `--json`."""
        paths = {name: str(getattr(self, name)) for name in ("output", "media", "origin", "recipe")}
        job = self.result.to_wire()
        del job["recipe"]  # it lies in the sidecar
        return {**job, **paths, "label": "Outcome.1"}


def is_timeline(source: Path, clip: str | None) -> bool:
    """Whether a source is a timeline: by its name, or because a clip in it is named."""
    return clip is not None or source.suffix.lower() in TIMELINE_SUFFIXES


def run(request: Request, on_progress: OnProgress) -> Outcome:
    """Do what was asked.

    Raises:
        LumiereError: whatever is wrong, in one readable line.
    """
    if is_timeline(request.source, request.clip):
        return _in_timeline(request, on_progress)
    return _in_media(request, on_progress)


def _in_media(request: Request, on_progress: OnProgress) -> Outcome:
    output = (request.output or default_output(request.source, ".mov")).absolute()
    if output.suffix.lower() in TIMELINE_SUFFIXES:
        raise SpecError(f"{output.name} is a timeline's name, {request.source.name} is media")
    spec = JobSpec(
        effect="remove",
        plate=str(request.source.absolute()),
        mattes=_absolute(request.mattes),
        frames=request.frames,
        whole_mattes=request.whole_mattes,
        rate=request.rate,
        conform=request.conform,
        params=request.params,
        seed=request.seed,
        checkpoint=fingerprint(weights(request)),
    )
    return perform(spec, output, request, on_progress)


def _in_timeline(request: Request, on_progress: OnProgress) -> Outcome:
    # OpenTimelineIO takes a quarter of a second to import; work on plain media does without
    from lumiere_otio import add_result, check_writable, read_timeline, select_clip, write_timeline

    if request.frames is not None:
        raise SpecError(
            "--frames counts a media file's frames", remedy="trim the clip in the timeline instead"
        )
    output = (request.output or default_output(request.source, ".otio")).absolute()
    if output.suffix.lower() not in TIMELINE_SUFFIXES:
        raise SpecError(f"{output.name} is no timeline's name", remedy="end it in .otio")
    timeline = read_timeline(request.source)
    check_writable(timeline, output, overwrite=request.overwrite)
    selection = select_clip(
        timeline, request.clip, timeline_path=request.source, relink=request.relink, probe=probe
    )
    written = selection.with_handles(request.handles)
    folder = output.with_name(f"{output.stem}_media")
    spec = JobSpec(
        effect="remove",
        plate=str(selection.media_path),
        mattes=_absolute(request.mattes),
        # a matte for the whole media can free the handles from the object as well
        frames=written if request.whole_mattes else selection.media_range,
        whole_mattes=request.whole_mattes,
        written=written,
        rate=selection.rate if selection.first_number is not None else request.rate,
        conform=request.conform,
        params=request.params,
        seed=request.seed,
        checkpoint=fingerprint(weights(request)),
    )
    outcome = perform(spec, folder / f"{_file_name(selection.name)}_removed.mov", request, on_progress)
    changed = add_result(
        timeline,
        selection,
        media_path=outcome.media,
        result_range=written,
        rate=selection.rate,
        media_start_frame=outcome.result.start_frame,
        recipe={**outcome.result.recipe, "effect": "remove", "seed": request.seed},
        output_path=output,
        origin_path=outcome.origin,
    )
    write_timeline(changed, output, overwrite=request.overwrite)
    return Outcome(output, outcome.media, outcome.origin, outcome.recipe, outcome.result)


def perform(spec: JobSpec, media: Path, request: Request, on_progress: OnProgress) -> Outcome:
    """Run a job into a media file, with its origin matte and its recipe beside it."""
    from lumiere_otio import write_sidecar

    origin = origin_path(media)
    order = WorkOrder(
        spec,
        str(media),
        str(origin),
        overwrite=request.overwrite,
        keep_work=request.keep_work,
        chunk_frames=request.chunk_frames,
        network=None if spec.checkpoint is None else str(weights(request)),
        save_network=None if request.save_network is None else str(request.save_network.absolute()),
    )
    result = work(order, on_progress)
    recipe = write_sidecar(media, result.recipe, overwrite=True)
    return Outcome(media, media, origin, recipe, result)


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


def default_output(source: Path, suffix: str) -> Path:
    """Beside the source: `shot.mp4` → `shot_removed.mov`."""
    stem = source.name if source.is_dir() else source.stem
    stem = re.sub(r"[._-]*(%0?\d*d|#+|@+)$", "", stem)
    return source.absolute().with_name(f"{stem or 'clip'}_removed{suffix}")


def origin_path(media: Path) -> Path:
    """Where the origin matte goes: `shot.mov` → `shot.origin.mkv`, lossless; a sequence stays a sequence."""
    match = re.fullmatch(r"(.*?)([._-]?(?:%0?\d*d|#+|@+)\.\w+)", media.name)
    if match:
        return media.with_name(f"{match[1]}.origin{match[2]}")
    return media.with_name(f"{media.stem}.origin.mkv")


def _absolute(paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(str(path.absolute()) for path in paths)


def _file_name(name: str) -> str:
    """A clip's name as a file name that every system takes; only a media file's ending is dropped."""
    stem = re.sub(r"\.(mov|mp4|mkv|mxf|avi|m4v|exr|dpx|png|jpe?g|tiff?)$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^\w.-]+", "_", stem).strip("._") or "clip"
