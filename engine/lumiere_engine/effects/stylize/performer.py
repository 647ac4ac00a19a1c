"""Give a shot the style of a picture, or of frames that were painted.

The order of the work; each stage keeps what it has finished, so that an interrupted job goes on where it stopped:

    read    the plate at analysis size; cuts
    follow  motion between neighbouring frames
    paint   key frames from the style picture, if the artist did not; the trails from them to all frames
    learn   the network learns to paint as the key frames are painted
    write   every frame: painted by the network; what that misses of the paint is carried along the trails
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ... import __version__
from ...frames.convert import blend_rgb, to_rgb
from ...frames.prefetch import prefetch
from ...frames.writer import FrameWriter, open_writer
from ...protocol.errors import SpecError
from ...protocol.jobs import WorkOrder
from ...protocol.messages import JobResult
from ...protocol.stylize_params import StylizeParams
from ..clock import Clock, OnProgress
from ..device import device_kind
from ..identity import media_identity, refuse_other_weights
from ..observer import Observer
from ..outputs import refuse_taken_names, refuse_unwritable
from ..shot import AnalysedShots
from ..workspace import PAINTING, Workspace
from .scene import Scene, open_scene

if TYPE_CHECKING:
    from .painting import Painting

Array = np.ndarray


def stylize(order: WorkOrder, on_progress: OnProgress, observer: Observer | None = None) -> JobResult:
    """Do a stylize job from media to media.

    Args:
        order: the job.
        on_progress: hears of every step; what it raises stops the job, which can then be taken up again.
        observer: hears of more.

    Raises:
        LumiereError: anything that is wrong with the inputs or the output, in one readable line.
    """
    spec = order.spec
    clock, observer = Clock(on_progress), observer or Observer()
    refuse_taken_names(order)
    refuse_other_weights(order)
    if order.save_network is not None and spec.params_of(StylizeParams).styles:
        raise SpecError("from a style file nothing is learned", remedy="leave out --save-style")
    with ExitStack() as stack:
        scene = open_scene(spec, stack)
        fmt = scene.plate.format
        observer.opened(fmt.width, fmt.height, scene.frames.duration)
        clock.note(*scene.notes)
        refuse_unwritable(order.output, fmt, scene.written.duration, overwrite=order.overwrite)
        identity = {path: media_identity(path) for path in spec.media}
        fingerprint = spec.fingerprint(" ".join(identity.values()))
        output = Path(order.output).absolute()
        painting = spec.for_painting()
        learned = painting.fingerprint(" ".join(identity[path] for path in painting.media))
        studio = stack.enter_context(
            Workspace(
                output,
                f"{PAINTING}{learned}",
                keep=order.keep_work,
                user=fingerprint,
                on_kept=observer.kept,
            )
        )
        workspace = stack.enter_context(Workspace(output, fingerprint, on_kept=observer.kept))
        shots = _analysed(scene, studio, clock)
        # torch takes a second to import: what is wrong with the inputs is told before
        from .painting import Painting

        painter = Painting(scene, shots, order, studio, clock, observer)
        painter.prepare()
        _write(order, scene, painter, clock, observer, workspace)
        if order.save_network is not None:
            painter.save(Path(order.save_network))
        followed = painter.followed()
        others = [t for t in followed if t not in painter.keys]
        weakest = min(others, key=lambda t: (followed[t], t)) + scene.frames.start if others else None
        if scene.paintings and weakest is not None:
            clock.note(f"frame {weakest} follows its key frames least: paint it next")
        result = JobResult(
            output=order.output,
            origin=None,
            frame_count=scene.written.duration,
            start_frame=fmt.starting_at(scene.written.start).start_frame,
            rate=f"{fmt.rate.numerator}/{fmt.rate.denominator}",
            fingerprint=fingerprint,
            borrowed=float(np.mean(list(followed.values()))),
            imagined=1 - float(np.mean(list(followed.values()))),
            seconds=clock.rounded(),
            notes=tuple(clock.notes),
            recipe={
                "label": "Recipe.1",
                "version": __version__,
                "device": device_kind(),
                "fingerprint": fingerprint,
                "spec": spec.to_wire(),
                "media": identity,
                "style": {
                    "keys": [scene.frames.start + key for key in painter.keys],
                    "paint_next": weakest,
                },
            },
        )
        observer.finished(result)
        return result


def _analysed(scene: Scene, workspace: Workspace, clock: Clock) -> AnalysedShots:
    """Read, follow."""
    count = scene.frames.duration
    shots = AnalysedShots(workspace, scene.scale, count)
    for done in shots.read(scene.read):
        clock.step("read", done, count)
    for done in shots.follow():
        clock.step("follow", done, count)
    return shots


def _write(
    order: WorkOrder, scene: Scene, painter: Painting, clock: Clock, observer: Observer, workspace: Workspace
) -> None:
    """Paint, composite and encode; the file gets its name when it is complete."""
    fmt = scene.plate.format.starting_at(scene.written.start)
    count = scene.written.duration
    with _writer(order, scene, workspace) as clip:
        pictures = prefetch(scene.plate.iter(scene.written))
        for done, (number, picture) in enumerate(zip(scene.written, pictures, strict=True), start=1):
            if number in scene.frames:
                frame = number - scene.frames.start
                alpha = scene.alpha(frame)
                if alpha.any():
                    rgb = painter.frame(frame, to_rgb(picture, fmt))
                    picture = blend_rgb(picture, fmt, rgb, alpha)
            clip.write(picture)
            observer.finished_frame(number, partial(to_rgb, picture, fmt))
            clock.step("write", done, count)
    clock.note(*clip.notes)


def _writer(order: WorkOrder, scene: Scene, workspace: Workspace) -> FrameWriter:
    path = Path(order.spec.plate)
    movie = path.is_file() and Path(order.output).suffix.lower() in (".mov", ".mp4", ".mkv")
    return open_writer(
        order.output,
        scene.plate.format.starting_at(scene.written.start),
        overwrite=order.overwrite,
        audio_from=path if movie else None,
        audio_range=scene.written if movie else None,
        aside=workspace.folder,
    )
