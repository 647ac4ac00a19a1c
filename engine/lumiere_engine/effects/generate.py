"""Generate a clip: from words, from a picture, or from a clip that is changed, by a text-to-image model.

    read    the plate and the matte, if there are any, at the network's size
    load    the prompt through the text encoder, then the network
    imagine one pass over the whole clip, or windows that are averaged at every step; enlarged, if that is wanted
    write   decode, composite over the plate, encode

Pixels outside the matte are the plate's own, bit by bit; a picture that is animated is the first frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from .. import __version__
from ..frames.convert import blend_rgb, covering, picture_from_rgb, to_rgb
from ..frames.picture import (
    MATRIX_RGB,
    RANGE_FULL,
    TRANSFER_SRGB,
    ColorTags,
    FrameFormat,
    Picture,
    PixelLayout,
)
from ..frames.source import FrameSource, open_source
from ..frames.writer import open_writer
from ..matte.source import open_matte
from ..matte.survey import check_matte
from ..pretrained.space import Space
from ..protocol.errors import SpecError
from ..protocol.jobs import WorkOrder
from ..protocol.messages import JobResult
from ..protocol.params import GenerateParams
from ..protocol.ranges import FrameRange
from .clock import Clock, OnProgress
from .device import device_kind
from .enlarging import Enlarger
from .identity import media_identity
from .ingredients import find_ingredients
from .observer import Observer
from .outputs import refuse_taken_names, refuse_unwritable
from .plate import open_plate
from .prompting import Given, Prompter
from .softness import HoleMaker
from .workspace import Workspace

Array = np.ndarray
_ALL = 0


@dataclass(frozen=True)
class _Media:
    """The plate, if there is one, and what of it is generated."""

    plate: FrameSource | None
    frames: FrameRange
    holes: HoleMaker | None
    format: FrameFormat
    """Of the result."""
    size: tuple[int, int]
    """Width and height in pixels that the network works at."""


def generate(order: WorkOrder, on_progress: OnProgress, observer: Observer | None = None) -> JobResult:
    """Do a job from words and media to media.

    Args:
        order: the job.
        on_progress: hears of every step; what it raises stops the job, which can then be taken up again.
        observer: hears of more.

    Raises:
        LumiereError: anything that is wrong with inputs, weights or output, in one readable line.
    """
    spec, params = order.spec, order.spec.params_of(GenerateParams)
    clock, observer = Clock(on_progress), observer or Observer()
    _refuse_nonsense(order, params)
    refuse_taken_names(order)
    ingredients = find_ingredients(params.weights)
    factor = ingredients.factor
    base = replace(params, width=_part(params.width, factor), height=_part(params.height, factor))
    with ExitStack() as stack:
        prompter = Prompter(ingredients, base, spec.seed)
        media = _open(order, params, prompter, factor, stack)
        fmt, count = media.format, media.frames.duration
        observer.opened(fmt.width, fmt.height, count)
        refuse_unwritable(order.output, fmt, count, overwrite=order.overwrite)
        identity = {path: media_identity(path) for path in spec.media}
        fingerprint = spec.fingerprint(" ".join(identity.values()))
        workspace = stack.enter_context(
            Workspace(Path(order.output).absolute(), fingerprint, on_kept=observer.kept)
        )
        larger = None
        if ingredients.enlarging is not None:
            larger = Enlarger(ingredients.enlarging, factor, base, spec.seed)
        prompter.plan(count, media.size, workspace.shelf("window"))
        if larger is not None:
            larger.plan(count, media.size, workspace.shelf("enlarging_window"))
        imagined = workspace.shelf("imagined")
        if not imagined.has(_ALL):
            given = _given(media, params, prompter, clock)
            clip = _imagined(prompter, given, workspace, clock, 1 if larger is None else 2)
            if larger is not None:
                clip = larger(
                    clip,
                    prompter.space,
                    workspace.shelf("enlarged"),
                    lambda done, total: clock.step("imagine", total + done, 2 * total),
                )
            imagined.put(_ALL, clip=clip.numpy())
        clip = torch.from_numpy(imagined.get(_ALL, "clip")["clip"])
        wanted = (params.width or fmt.width, params.height or fmt.height)
        if params.plate_as != "clip" and wanted != (fmt.width, fmt.height):
            prompter.notes.append(
                f"{wanted[0]} × {wanted[1]} is not a size of this network: the clip is {fmt.width} × {fmt.height}"
            )
        space = prompter.space if larger is None else larger.space
        notes = [*prompter.notes, *_write(order, media, space, clip, workspace, clock, observer)]
        for note in notes:
            clock.note(note)
        # what memory chose is said in the recipe: its replay has the same bytes on any device
        made = spec
        if prompter.shortened is not None:
            made = replace(spec, params=replace(params, window=prompter.shortened))
        result = JobResult(
            output=order.output,
            origin=None,
            frame_count=count,
            start_frame=fmt.start_frame,
            rate=f"{fmt.rate.numerator}/{fmt.rate.denominator}",
            fingerprint=made.fingerprint(" ".join(identity.values())),
            borrowed=0.0,
            imagined=1.0,
            seconds=clock.rounded(),
            notes=tuple(notes),
            recipe={
                "label": "Recipe.1",
                "version": __version__,
                "device": device_kind(),
                "spec": made.to_wire(),
                "media": identity,
            },
        )
        observer.finished(result)
        return result


def _part(length: int | None, factor: int) -> int | None:
    """What the network makes of so many rows or columns of the result."""
    return None if length is None else max(8, length // factor)


def _refuse_nonsense(order: WorkOrder, params: GenerateParams) -> None:
    if (params.plate_as == "nothing") != (not order.spec.plate):
        raise SpecError("a job to generate names a plate, and what it is, or neither")
    if order.spec.mattes and params.plate_as != "clip":
        raise SpecError("a matte belongs to a clip that is changed")
    if params.plate_as != "clip" and params.strength < 1:
        raise SpecError("only a clip can be taken back into noise half way", remedy="leave strength at 1")
    if not params.prompt and params.plate_as == "nothing":
        raise SpecError("there is nothing to generate from", remedy="say a prompt, or name a picture")
    if order.origin is not None:
        raise SpecError("a generated clip has no origin matte")


def _open(
    order: WorkOrder, params: GenerateParams, prompter: Prompter, factor: int, stack: ExitStack
) -> _Media:
    spec = order.spec
    if not spec.plate:
        size = prompter.size(1, 1)
        return _Media(None, FrameRange(0, params.frames), None, _format(size, factor, params), size)
    if params.plate_as == "first_frame":
        plate = stack.enter_context(open_source(spec.plate, conform=spec.conform, rate=spec.rate))
        size = prompter.size(plate.format.width, plate.format.height)
        return _Media(plate, FrameRange(0, params.frames), None, _format(size, factor, params), size)
    opened = open_plate(spec, stack)
    plate, frames, covered = opened.source, opened.frames, opened.matte_frames
    prompter.notes.extend(plate.notes)
    holes = None
    if spec.mattes:
        matte = stack.enter_context(
            open_matte([Path(path) for path in spec.mattes], plate.format, covered.duration)
        )
        check_matte(matte, clip=", ".join(spec.mattes))
        holes = HoleMaker(matte, frames.start - covered.start, params)
    size = prompter.size(plate.format.width, plate.format.height)
    return _Media(plate, frames, holes, plate.format.starting_at(frames.start), size)


def _format(size: tuple[int, int], factor: int, params: GenerateParams) -> FrameFormat:
    """That of a clip without a plate: 8-bit sRGB."""
    tags = ColorTags(primaries=1, transfer=TRANSFER_SRGB, matrix=MATRIX_RGB, range=RANGE_FULL)
    return FrameFormat(size[0] * factor, size[1] * factor, params.rate, PixelLayout("rgb", 8), tags)


def _given(media: _Media, params: GenerateParams, prompter: Prompter, clock: Clock) -> Given:
    """What is there already, in the network's space; frame by frame, so that no whole clip is held at full size."""
    space, count = prompter.space, media.frames.duration
    given = Given.nothing(space, count, media.size)
    if media.plate is None:
        return given
    known = 1 if params.plate_as == "first_frame" else count
    for frame, picture in enumerate(media.plate.iter(FrameRange(media.frames.start, known))):
        rgb, hole = to_rgb(picture, media.plate.format), None
        if params.plate_as == "first_frame":
            rgb, hole = covering(rgb, *media.size), np.zeros((1, 1), bool)
        elif media.holes is not None:
            hole = media.holes.alpha(frame) > 0
        given.give(space, frame, rgb, hole)
        clock.step("read", frame + 1, known)
    return given


def _imagined(prompter: Prompter, given: Given, workspace: Workspace, clock: Clock, passes: int) -> Tensor:
    texts = prompter.texts()
    clock.step("load", 1, 2)
    network = prompter.network()
    clock.step("load", 2, 2)
    return prompter.sample(
        network,
        texts,
        given,
        workspace.shelf("denoised"),
        lambda done, total: clock.step("imagine", done, passes * total),
    )


def _write(
    order: WorkOrder,
    media: _Media,
    space: Space,
    clip: Tensor,
    workspace: Workspace,
    clock: Clock,
    observer: Observer,
) -> list[str]:
    """Decode, composite, encode; returns what the user should know."""
    fmt, count = media.format, media.frames.duration
    plate = Path(order.spec.plate)
    movie = (
        media.plate is not None
        and plate.is_file()
        and order.spec.params_of(GenerateParams).plate_as == "clip"
    )
    sound = movie and Path(order.output).suffix.lower() in (".mov", ".mp4", ".mkv")
    with open_writer(
        order.output,
        fmt,
        overwrite=order.overwrite,
        audio_from=plate if sound else None,
        audio_range=media.frames if sound else None,
        aside=workspace.folder,
    ) as writer:
        for done, picture in enumerate(_pictures(order, media, space, clip), start=1):
            writer.write(picture)
            observer.finished_frame(media.frames.start + done - 1, partial(to_rgb, picture, fmt))
            clock.step("write", done, count)
        writer.finish()
    return list(writer.notes)


def _pictures(order: WorkOrder, media: _Media, space: Space, clip: Tensor) -> Iterator[Picture]:
    fmt, params = media.format, order.spec.params_of(GenerateParams)
    plate = media.plate
    native: Iterator[Picture] = (
        plate.iter(media.frames) if plate is not None and params.plate_as == "clip" else iter(())
    )
    for frame, decoded in enumerate(space.decode(clip[0])):
        values = decoded.float().cpu().numpy().transpose(1, 2, 0)
        rgb: Array = np.clip((values + 1) / 2, 0, 1).astype(np.float32)
        if plate is not None and params.plate_as == "first_frame" and frame == 0:
            first = np.clip(to_rgb(plate.read(0), plate.format), 0, 1)
            rgb = covering(first, fmt.width, fmt.height)
        if plate is None or params.plate_as == "first_frame":
            yield picture_from_rgb(rgb, fmt)
            continue
        rgb = cv2.resize(rgb, (fmt.width, fmt.height), interpolation=cv2.INTER_CUBIC)
        alpha = np.ones(rgb.shape[:2], np.float32) if media.holes is None else media.holes.alpha(frame)
        yield blend_rgb(next(native), fmt, rgb, alpha)
