"""From completed shots to files: patches at the plate's size, composite, origin matte, encoding."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from ..frames.convert import blend_rgb, picture_from_rgb, to_rgb
from ..frames.picture import TRANSFER_SRGB, ColorTags, FrameFormat, Picture, PixelLayout
from ..frames.prefetch import prefetch
from ..frames.source import FrameSource
from ..frames.writer import FrameWriter, open_writer
from ..motion.align import Window
from ..motion.parallel import in_order
from ..protocol.jobs import JobSpec, WorkOrder
from ..protocol.params import RemoveParams
from ..protocol.ranges import FrameRange
from .completion import CompletedShots
from .copied import Detail
from .grain import Grain, add_grain, measure_grain
from .observer import Observer
from .plates import Plates
from .refine import PATCHES, Patch, lending, origin_colours, refine, texture_detail
from .revision import Revision
from .softness import HoleMaker
from .workspace import Workspace

Array = np.ndarray
# Numbers a job's random streams: grain is one of them.
_GRAIN_STREAM = 1
# Each is as large as a hole at the plate's size.
_DETAILS_AT_HAND = 4


class Renderer:
    """Renders one job.

    Args:
        plate: the source.
        frames: the plate's frames that were worked on.
        written: the plate's frames that the result holds.
        holes: alpha per frame.
        completed: what closes the holes.
        spec: the job.
        workspace: where finished patches are kept.
        revision: what the job takes over from an earlier one.
    """

    def __init__(
        self,
        plate: FrameSource,
        frames: FrameRange,
        written: FrameRange,
        holes: HoleMaker,
        completed: CompletedShots,
        spec: JobSpec,
        workspace: Workspace,
        revision: Revision | None = None,
    ) -> None:
        self._revision = revision
        self._plate, self._frames, self._written = plate, frames, written
        self._holes, self._completed, self._spec = holes, completed, spec
        self._workspace = workspace
        self._patches = workspace.shelf(PATCHES)
        self.notes: list[str] = []
        self._kept_details = workspace.shelf("details")
        self._detail = lru_cache(_DETAILS_AT_HAND)(self._read_detail)

    def _fetch_details(self) -> None:
        """Make the details of all key frames' textures; there are few of them, and many frames ask."""
        for key in () if self._completed.shots.scale.same else self._completed.textured():
            if not self._kept_details.has(key):
                plate = to_rgb(self._plate.read(self._frames.start + key), self._plate.format)
                detail = texture_detail(key, self._completed, plate)
                w = detail.window
                window = np.array([w.y, w.x, w.height, w.width], np.int32)
                self._kept_details.put(key, window=window, rgb=detail.rgb.astype(np.float16))

    def _read_detail(self, key: int) -> Detail:
        kept = self._kept_details.get(key)
        y, x, height, width = (int(v) for v in kept["window"])
        return Detail(Window(y, x, height, width), kept["rgb"].astype(np.float32))

    def refine(self, reach: int, observer: Observer) -> Iterator[int]:
        """Make the patches, those of the key frames first; yields how many are done, after each one.

        Args:
            reach: farthest frame that a key frame borrows from.
            observer: sees the frames.
        """
        keys = sorted(self._completed.keys)
        between = [t for t in range(self._frames.duration) if t not in self._completed.keys]
        gap = max((b - a for a, b in itertools.pairwise(keys)), default=1)
        self._fetch_details()
        done = 0
        for frames, far in ((keys, reach), (between, gap)):
            plates = Plates(self._plate, self._frames, self._workspace, far)
            lend = plates.rgb if frames is keys else self._completed_keys(plates)
            missing = [t for t in frames if not self._patches.has(t)]
            done += len(frames) - len(missing)
            for frame, patch in zip(missing, self._patched(missing, plates, lend), strict=True):
                if patch is not None:
                    self._patches.put(frame, **patch.arrays())
                    draw = partial(self._shown, frame, patch, plates)
                    observer.finished_frame(self._frames.start + frame, draw)
                done += 1
                yield done

    def _shown(self, frame: int, patch: Patch, plates: Plates) -> Array:
        """The plate with a patch in it, h w 3; exact enough to be looked at."""
        rgb, inside = plates.rgb(frame).copy(), patch.window.slices
        alpha = self._holes.alpha(frame)[inside][..., None]
        rgb[inside] += alpha * (patch.rgb - rgb[inside])
        return rgb

    def _patched(
        self, frames: list[int], plates: Plates, lend: Callable[[int], Array]
    ) -> Iterator[Patch | None]:
        def ready() -> Iterator[int]:
            for frame in frames:
                plates.move_to(frame)
                yield frame

        return in_order(lambda frame: self._patch(frame, plates, lend), ready())

    def _completed_keys(self, plates: Plates) -> Callable[[int], Array]:
        """The plate's frames, key frames with what they borrowed laid in."""

        def rgb(frame: int) -> Array:
            picture, filling = plates.rgb(frame), self._completed.filling(frame)
            if frame not in self._completed.keys or filling is None or not self._patches.has(frame):
                return picture
            patch, picture = Patch.of(self._patches.get(frame)), picture.copy()
            inside = patch.window.slices
            lent = lending(frame, self._completed, filling, patch)
            picture[inside] = np.where(patch.borrowed[..., None] > 0, lent, picture[inside])
            return picture

        return lru_cache(4)(rgb)

    def _patch(self, frame: int, plates: Plates, lend: Callable[[int], Array]) -> Patch | None:
        """The finished patch of a frame; None if it has no hole."""
        filling = self._completed.filling(frame)
        if filling is None:
            return None
        patch = refine(frame, self._completed, filling, lend, self._detail)
        grain = measure_grain(plates.rgb(frame)) if self._spec.params_of(RemoveParams).regrain else None
        patch = self._grained(patch, frame, grain)
        return patch if self._revision is None else self._revision.ease(frame, patch)

    def _grained(self, patch: Patch, frame: int, grain: Grain | None) -> Patch:
        imagined = 1 - patch.borrowed
        if grain is None or not (imagined > 0).any():
            return patch
        rng = np.random.default_rng([self._spec.seed, _GRAIN_STREAM, self._frames.start + frame])
        return replace(patch, rgb=add_grain(patch.rgb, imagined, grain, rng))

    def write(self, order: WorkOrder, observer: Observer) -> Iterator[int]:
        """Composite and encode; both files get their names only when both are complete. Yields after each frame."""
        fmt = self._plate.format.starting_at(self._written.start)
        origin_fmt = origin_format(fmt)
        with ExitStack() as stack:
            clip = stack.enter_context(self._writer(order.output, fmt, order.overwrite))
            origin = None
            if order.origin is not None:
                # unfinished files lie in the workspace: even what a killed process leaves is cleared away
                origin = stack.enter_context(
                    open_writer(
                        order.origin, origin_fmt, overwrite=order.overwrite, aside=self._workspace.folder
                    )
                )
            pictures = prefetch(self._plate.iter(self._written))
            for done, (number, picture) in enumerate(zip(self._written, pictures, strict=True), start=1):
                result, colours = self._composite(number, picture, fmt)
                clip.write(result)
                if origin is not None:
                    origin.write(picture_from_rgb(colours, origin_fmt))
                observer.finished_frame(number, partial(to_rgb, result, fmt))
                yield done
            for writer in filter(None, (clip, origin)):
                writer.finish()
        self.notes += clip.notes

    def _writer(self, output: str, fmt: FrameFormat, overwrite: bool) -> FrameWriter:
        path = Path(self._spec.plate)
        movie = path.is_file() and Path(output).suffix.lower() in (".mov", ".mp4", ".mkv")
        return open_writer(
            output,
            fmt,
            overwrite=overwrite,
            audio_from=path if movie else None,
            audio_range=self._written if movie else None,
            aside=self._workspace.folder,
        )

    def _composite(self, number: int, picture: Picture, fmt: FrameFormat) -> tuple[Picture, Array]:
        """The finished frame, and its origin colours h w 3."""
        colours = np.zeros((fmt.height, fmt.width, 3), np.float32)
        frame = number - self._frames.start
        if number not in self._frames or not self._patches.has(frame):
            return picture, colours
        patch = Patch.of(self._patches.get(frame))
        alpha = self._holes.alpha(frame)
        rgb = np.zeros_like(colours)
        rgb[patch.window.slices] = patch.rgb
        colours[patch.window.slices] = origin_colours(patch, alpha[patch.window.slices])
        return blend_rgb(picture, fmt, rgb, alpha), colours

    def borrowed_share(self) -> float:
        """The share of all hole pixels that is borrowed, 0..1."""
        borrowed = total = 0.0
        for frame in range(self._frames.duration):
            filling = self._completed.filling(frame)
            if filling is not None:
                borrowed += float(filling.filled.sum())
                total += float(filling.hole.sum())
        return borrowed / total if total else 0.0


def origin_format(fmt: FrameFormat) -> FrameFormat:
    """That of the origin matte: 8-bit RGB of the same size, rate and timecode."""
    tags = ColorTags(primaries=1, transfer=TRANSFER_SRGB, matrix=0, range=2)
    return replace(fmt, layout=PixelLayout("rgb", 8), color=tags)
