"""Remove an object: borrow real pixels, imagine what no frame shows, refine at the plate's own size.

The order of the work, each stage frame by frame and kept on disk as it goes, so that memory does not grow with
the clip and an interrupted job goes on where it stopped:

    read    plate and matte at analysis size; cuts
    follow  motion between neighbouring frames, completed behind the hole
    borrow  real pixels from other frames
    learn   the network is fitted to the shot            (only if something is never seen, and there is no prompt)
    imagine what no frame shows, by the fitted network or as a prompt says; settled over time
    refine  native pixels, grain
    write   composite and encode
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import __version__
from ..frames.source import FrameSource
from ..matte.source import MatteSource, open_matte
from ..matte.survey import check_matte
from ..protocol.jobs import JobSpec, WorkOrder
from ..protocol.messages import JobResult
from ..protocol.params import RemoveParams
from ..protocol.ranges import FrameRange
from .clock import Clock, OnProgress
from .completion import CompletedShots
from .device import device_kind
from .effort import EFFORTS, Effort
from .identity import media_identity, refuse_other_weights
from .observer import Observer
from .outputs import refuse_taken_names, refuse_unwritable
from .plate import open_plate
from .rendering import Renderer, origin_format
from .revision import Revision, conclude, drop_superseded, find_kept
from .settling import settle
from .shot import AnalysedShots, Scale
from .softness import HoleMaker
from .workspace import BORROWING, Workspace

if TYPE_CHECKING:
    from .ingredients import Ingredients

Array = np.ndarray
# The one entry of the shelf that says that a whole stage is done.
_ALL = 0


@dataclass(frozen=True)
class Media:
    """The opened inputs of a job.

    Attributes:
        plate: the source.
        matte: at the plate's size.
        matte_start: the matte's frame that belongs to the first of `frames`.
        frames: the plate's frames that are worked on.
        written: the plate's frames that the result holds.
        notes: what a user should know about plate and matte, one sentence each.
    """

    plate: FrameSource
    matte: MatteSource
    matte_start: int
    frames: FrameRange
    written: FrameRange
    notes: tuple[str, ...]


def remove(order: WorkOrder, on_progress: OnProgress, observer: Observer | None = None) -> JobResult:
    """Do a removal job from media to media.

    Args:
        order: the job.
        on_progress: hears of every step; what it raises stops the job, which can then be taken up again.
        observer: hears of more.

    Raises:
        LumiereError: anything that is wrong with the inputs or the output, in one readable line.
    """
    spec, params = order.spec, order.spec.params_of(RemoveParams)
    clock, observer = Clock(on_progress), observer or Observer()
    refuse_taken_names(order)
    refuse_other_weights(order)
    ingredients = _ingredients(params)
    with ExitStack() as stack:
        media = _open(spec, stack)
        observer.opened(media.plate.format.width, media.plate.format.height, media.frames.duration)
        clock.note(*media.notes)
        check_matte(media.matte, clip=", ".join(spec.mattes))
        _refuse_unwritable(order, media)
        identity = {path: media_identity(path) for path in (spec.plate, *spec.mattes)}
        whole = " ".join(identity.values())
        fingerprint, output = spec.fingerprint(whole), Path(order.output).absolute()
        borrowing = stack.enter_context(
            Workspace(
                output,
                f"{BORROWING}{spec.for_borrowing().fingerprint(whole)}",
                keep=order.keep_work,
                user=fingerprint,
                on_kept=observer.kept,
            )
        )
        workspace = stack.enter_context(
            Workspace(output, fingerprint, keep=order.keep_work, on_kept=observer.kept)
        )
        kept = None if spec.base is None else find_kept(spec.base, workspace)
        effort = EFFORTS[params.quality]
        holes = HoleMaker(media.matte, media.matte_start, params)
        shots = _read(media, holes, effort, borrowing, clock)
        revision = None if kept is None else Revision(spec, kept, shots, effort.borrow.key_every)
        completed = CompletedShots(borrowing, workspace, shots, params.structure)
        if revision is not None:
            clock.note(revision.note)
            revision.adopt(completed, workspace)
        _complete(completed, effort, clock)
        trust, window = _imagine(completed, order, effort, ingredients, workspace, clock, observer)
        renderer = Renderer(
            media.plate, media.frames, media.written, holes, completed, spec, workspace, revision
        )
        for done in renderer.refine(effort.borrow.search, observer):
            clock.step("refine", done, media.frames.duration)
        for done in renderer.write(order, observer):
            clock.step("write", done, media.written.duration)
        clock.note(*renderer.notes)
        share = renderer.borrowed_share()
        # what memory chose is said in the recipe: its replay has the same bytes on any device
        made = spec if window is None else replace(spec, params=replace(params, window=window))
        result = JobResult(
            output=order.output,
            origin=order.origin,
            frame_count=media.written.duration,
            start_frame=media.plate.format.starting_at(media.written.start).start_frame,
            rate=f"{media.plate.format.rate.numerator}/{media.plate.format.rate.denominator}",
            fingerprint=fingerprint,
            borrowed=share,
            imagined=1 - share,
            seconds=clock.rounded(),
            notes=tuple(clock.notes),
            recipe={
                "label": "Recipe.1",
                "version": __version__,
                "device": device_kind(),
                "fingerprint": fingerprint,
                "spec": made.to_wire(),
                "media": identity,
                "trust": [round(t, 4) for t in trust],
            },
        )
        observer.finished(result)
        if order.keep_work:
            conclude(spec, borrowing, workspace)
        if kept is not None and order.overwrite:
            drop_superseded(kept)
        return result


def _ingredients(params: RemoveParams) -> Ingredients | None:
    """What reads the prompt, checked before any work; None if there is no prompt, and torch is not imported."""
    if not params.prompt:
        return None
    from .ingredients import find_ingredients

    return find_ingredients(params.weights)


def _refuse_unwritable(order: WorkOrder, media: Media) -> None:
    fmt, count = media.plate.format, media.written.duration
    refuse_unwritable(order.output, fmt, count, overwrite=order.overwrite)
    if order.origin is not None:
        refuse_unwritable(order.origin, origin_format(fmt), count, overwrite=order.overwrite)


def _open(spec: JobSpec, stack: ExitStack) -> Media:
    plate = open_plate(spec, stack)
    paths, fmt, covered = [Path(path) for path in spec.mattes], plate.source.format, plate.matte_frames
    matte = stack.enter_context(open_matte(paths, fmt, covered.duration, plate=spec.plate))
    notes = (*plate.source.notes, *matte.notes)
    start = plate.frames.start - covered.start
    return Media(plate.source, matte, start, plate.frames, plate.written, notes)


def _read(
    media: Media, holes: HoleMaker, effort: Effort, borrowing: Workspace, clock: Clock
) -> AnalysedShots:
    """The shots at analysis size."""
    fmt, count = media.plate.format, media.frames.duration
    scale = Scale.within(fmt.width, fmt.height, effort.analysis_pixels)
    shots = AnalysedShots(borrowing, scale, count)
    for done in shots.read(lambda first: holes.frames(media.plate, media.frames, first)):
        clock.step("read", done, count)
    return shots


def _complete(completed: CompletedShots, effort: Effort, clock: Clock) -> None:
    """Follow, borrow."""
    count = completed.shots.frame_count
    for done in completed.shots.follow():
        clock.step("follow", done, count)
    for done in completed.borrow(effort.borrow):
        clock.step("borrow", done, count)


def _imagine(
    completed: CompletedShots,
    order: WorkOrder,
    effort: Effort,
    ingredients: Ingredients | None,
    workspace: Workspace,
    clock: Clock,
    observer: Observer,
) -> tuple[list[float], int | None]:
    """Learn and imagine, if the artist wants it and something is unseen; settle.

    Returns:
        The trust in the network; and the frames of its windows, where memory chose them.
    """
    everything_seen = not any(completed.unseen(t).any() for t in range(completed.shots.frame_count))
    imagine = order.spec.params_of(RemoveParams).imagine and not everything_seen
    trust: list[float] = []
    window: int | None = None
    if imagine and ingredients is not None:
        from .prompted import PromptedImagination

        prompted = PromptedImagination(completed, order.spec, ingredients, workspace, clock)
        prompted.run()
        window = prompted.shortened
    elif imagine and effort.sample_steps:
        # torch takes a second to import; a job that needs no network never does it
        from .imagining import Imagination

        imagination = Imagination(completed, effort, order, clock.step, observer)
        imagination.run()
        for done, planned in imagination.cut_short:
            clock.note(f"learning was ended after {done} of {planned} steps; a replay learns to the end")
        trust = imagination.trust
    settled = workspace.shelf("settling")
    if not settled.has(_ALL):  # half a settling cannot be gone on with, a whole one need not be done again
        textures = effort.textures if imagine and ingredients is None else 0
        for done, total in settle(
            completed, textures, order.spec.seed, steady_already=ingredients is not None
        ):
            clock.step("settle", done, total)
        settled.put(_ALL)
    return trust, window
