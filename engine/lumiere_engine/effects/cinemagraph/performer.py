"""Bring a region of a still to life: from plate and matte to a loop in which all else stands still.

The order of the work; each stage keeps what it has finished, so that an interrupted job goes on where it stopped:

    read    the frames around the still, at analysis size; cuts
    follow  every frame is laid over the still
    search  start and period of the loop, for the region and for places in it
    learn, imagine  if it is asked for: the network learns the shot and closes the seam
    refine  the region of every frame of the loop, at the plate's size
    write   over the still, as often as it is wanted; encoded
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from ... import __version__
from ...frames.convert import blend_rgb, picture_from_rgb, to_rgb
from ...frames.picture import MATRIX_RGB, RANGE_FULL, ColorTags, FrameFormat, Picture, PixelLayout
from ...frames.writer import open_writer
from ...motion.loops.search import Moments
from ...protocol.errors import OutputError
from ...protocol.jobs import WorkOrder
from ...protocol.messages import JobResult
from ...protocol.params import CinemagraphParams
from ...protocol.ranges import FrameRange
from ..clock import Clock, OnProgress
from ..device import device_kind
from ..identity import media_identity, refuse_other_weights
from ..observer import Observer
from ..outputs import refuse_taken_names, refuse_unwritable
from ..workspace import Workspace
from .photo import PhotoRenderer
from .plan import Plan, make_plan, moments_of
from .render import LoopRenderer, grain_choice
from .scene import Scene, open_scene
from .standing import StandingShot

Array = np.ndarray


def cinemagraph(order: WorkOrder, on_progress: OnProgress, observer: Observer | None = None) -> JobResult:
    """Do a cinemagraph job from media to media.

    Args:
        order: the job.
        on_progress: hears of every step; what it raises stops the job, which can then be taken up again.
        observer: hears of more.

    Raises:
        LumiereError: anything that is wrong with the inputs or the output, in one readable line.
    """
    spec = order.spec
    params = spec.params_of(CinemagraphParams)
    clock, observer = Clock(on_progress), observer or Observer()
    refuse_taken_names(order)
    refuse_other_weights(order)
    with ExitStack() as stack:
        scene = open_scene(spec, stack)
        fmt = scene.plate.format
        observer.opened(fmt.width, fmt.height, scene.frames.duration)
        for note in scene.notes:
            clock.note(note)
        _refuse_unwritable(order, scene, params)
        identity = {path: media_identity(path) for path in (spec.plate, *spec.mattes)}
        fingerprint = spec.fingerprint(" ".join(identity.values()))
        output = Path(order.output).absolute()
        workspace = stack.enter_context(Workspace(output, fingerprint, on_kept=observer.kept))
        renderer, loop = _prepared(order, scene, params, workspace, clock, observer)
        for done, total in renderer.render():
            clock.step("refine", done, total)
        count = params.repeats * renderer.length if spec.written is None else spec.written.duration
        _write(order, renderer.scene, renderer, count, clock, observer, workspace)
        result = JobResult(
            output=order.output,
            origin=None,
            frame_count=count,
            start_frame=fmt.starting_at(_first_written(order, scene)).start_frame,
            rate=f"{fmt.rate.numerator}/{fmt.rate.denominator}",
            fingerprint=fingerprint,
            borrowed=1.0,
            imagined=0.0,
            seconds=clock.rounded(),
            notes=tuple(clock.notes),
            recipe={
                "label": "Recipe.1",
                "version": __version__,
                "device": device_kind(),
                "spec": spec.to_wire(),
                "media": identity,
                "loop": loop,
            },
        )
        observer.finished(result)
        return result


class Renderer(Protocol):
    """Makes the region of a loop's frames.

    Attributes:
        length: frames of the loop.
        scene: the still and its region.
    """

    length: int
    scene: Scene

    def render(self) -> Iterator[tuple[int, int]]:
        """Make all frames; yields how many steps are done, and of how many."""
        ...

    def region(self, number: int) -> Array:
        """The region's window in frame `number`, working values h w 3 float32."""
        ...


def _prepared(
    order: WorkOrder,
    scene: Scene,
    params: CinemagraphParams,
    workspace: Workspace,
    clock: Clock,
    observer: Observer,
) -> tuple[Renderer, dict[str, object]]:
    """What renders the loop, and what the recipe tells of it."""
    if params.hints is not None:
        photo = PhotoRenderer(scene, params, order.spec.seed, workspace)
        return photo, {"still": scene.still, "period": photo.length, "natural_period": None, "loops": []}
    shot = StandingShot(scene, workspace, stabilise=params.stabilise)
    for done in shot.read():
        clock.step("read", done, scene.frames.duration)
    for done in shot.follow():
        clock.step("follow", done, scene.frames.duration)
    for note in shot.notes:
        clock.note(note)
    plan = _search(shot, params, clock)
    if params.freeze:
        shot.freeze(FrameRange.between(plan.first, plan.last + 1))
    grain = grain_choice(scene.rgb, params.grain, order.spec.seed)
    told = _told(plan, scene, shot)
    if not params.imagines:
        return LoopRenderer(shot, plan, workspace, grain), told
    # only here, since it brings torch
    from .imagined import ImaginedSeam

    seam = ImaginedSeam(shot, plan, order, workspace, observer)
    seam.close(clock.step)
    clock.note(*seam.notes)
    return LoopRenderer(shot, plan, workspace, grain, seam.change), {**told, "trust": seam.trust}


def _search(shot: StandingShot, params: CinemagraphParams, clock: Clock) -> Plan:
    total = shot.usable.duration + 1
    for found in moments_of(shot):
        if isinstance(found, Moments):
            plan = make_plan(shot, found, params, float(shot.scene.plate.format.rate))
            clock.step("search", total, total)
            return plan
        clock.step("search", found, total)
    raise AssertionError("moments end with what was found")


def _write(
    order: WorkOrder,
    scene: Scene,
    renderer: Renderer,
    count: int,
    clock: Clock,
    observer: Observer,
    workspace: Workspace,
) -> None:
    """Composite and encode; the file gets its name when it is complete."""
    alpha = order.spec.params_of(CinemagraphParams).alpha
    fmt = _written_format(scene, alpha).starting_at(_first_written(order, scene))
    with open_writer(order.output, fmt, overwrite=order.overwrite, aside=workspace.folder) as clip:
        for number in range(count):
            picture = _composite(scene, renderer.region(number % renderer.length))
            if alpha:
                picture = _cut_out(picture, scene, fmt)
            clip.write(picture)
            observer.finished_frame(scene.still, partial(to_rgb, picture, fmt))
            clock.step("write", number + 1, count)


def _composite(scene: Scene, region: Array) -> Picture:
    """The still with the region of one frame in it; all else has the still's own samples."""
    fmt = scene.plate.format
    rgb = np.zeros((fmt.height, fmt.width, 3), np.float32)
    rgb[scene.window.slices] = region
    return blend_rgb(scene.picture, fmt, rgb, scene.alpha)


def _written_format(scene: Scene, alpha: bool) -> FrameFormat:
    """The plate's; with alpha R'G'B'A of its depth, since few formats of video hold both."""
    fmt = scene.plate.format
    if not alpha:
        return fmt
    layout = PixelLayout("rgb", fmt.layout.bits, floating=True, alpha=True)
    if not fmt.layout.floating:
        layout = PixelLayout("rgb", 8 if fmt.layout.bits == 8 else 16, alpha=True)
    tags = ColorTags(fmt.color.primaries, fmt.color.transfer, MATRIX_RGB, RANGE_FULL)
    return replace(fmt, layout=layout, color=tags)


def _cut_out(picture: Picture, scene: Scene, fmt: FrameFormat) -> Picture:
    """The region alone: its colours straight, its alpha how much of it shows."""
    rgb = picture_from_rgb(to_rgb(picture, scene.plate.format), fmt).planes[0].copy()
    rgb[..., 3] = np.rint(scene.alpha * fmt.layout.peak) if not fmt.layout.floating else scene.alpha
    return Picture((rgb,), fmt.layout)


def _refuse_unwritable(order: WorkOrder, scene: Scene, params: CinemagraphParams) -> None:
    fmt = _written_format(scene, params.alpha)
    if params.alpha and Path(order.output).suffix.lower() == ".mp4":
        raise OutputError(
            "H.264 holds no alpha", clip=order.output, remedy="use .mov, .mkv, .webp, .apng or name.%06d.png"
        )
    refuse_unwritable(order.output, fmt, 2, overwrite=order.overwrite)


def _first_written(order: WorkOrder, scene: Scene) -> int:
    """The plate's frame that the result's first stands for: it has its timecode."""
    return scene.still if order.spec.written is None else order.spec.written.start


def _told(plan: Plan, scene: Scene, shot: StandingShot) -> dict[str, object]:
    """What the search found, for the recipe."""
    start = scene.frames.start
    return {
        "still": scene.still,
        "method": plan.method,
        "period": plan.length,
        "natural_period": plan.natural,
        "tripod": shot.tripod,
        "seam": round(plan.loops[0].cost, 3),
        "loops": [
            {"start": loop.start + start, "period": loop.period, "overlap": loop.overlap}
            for loop in plan.loops
        ],
    }
