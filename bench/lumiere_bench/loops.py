"""Cinemagraphs of known shots, by every way to close a loop: seam, liveliness, edge, what must stand still."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import FrameSource, open_source
from lumiere_engine.motion.loops.standing import (
    at_plate_size,
    lay_over,
    match_exposure,
    stands_still,
    steadied,
)
from lumiere_engine.protocol import CinemagraphParams, FrameRange, JobResult, LumiereError, Progress
from lumiere_engine.protocol.errors import OutputError

from .footage import Shot, choose_shots, find_shots
from .loop_measures import LoopFigures, judge, liveliness
from .loop_pictures import KINDS, write_pictures
from .loop_regions import Region, region_of
from .machine import describe
from .methods import OnProgress

Array = np.ndarray
LABEL = "LoopReport.1"
METHODS = ("bounce", "crossfade", "repeat", "liao", "network", "auto")
_AROUND = 30  # frames to either side of the still that tell how lively the source is
_FOLLOWED = 480  # pixels of width at which the source's camera is followed


class Looper(Protocol):
    """How the command line makes a cinemagraph; handed in."""

    def __call__(
        self, plate: Path, matte: Path, output: Path, params: CinemagraphParams, on_progress: OnProgress
    ) -> JobResult:
        """Do it into `output`, a media file.

        Raises:
            LumiereError: it failed.
        """
        ...


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        footage: a folder of shots, see `footage.find_shots`.
        shots: names; all if empty.
        methods: ways to close a loop; all if empty.
        quality: of the jobs.
        out: the folder of all results.
    """

    footage: Path
    shots: tuple[str, ...]
    methods: tuple[str, ...]
    quality: str
    out: Path


def run(plan: Plan, make: Looper, on_progress: OnProgress) -> dict[str, Any]:
    """Make and judge all loops; writes `loops.json`, `loops.md` and pictures into `plan.out`.

    Raises:
        MediaError, SpecError: there is no such folder or shot.
        OutputError: a result cannot be written.
    """
    shots = choose_shots(find_shots(plan.footage), list(plan.shots))
    methods = plan.methods or METHODS
    report: dict[str, Any] = {
        "label": LABEL,
        "machine": describe(),
        "quality": plan.quality,
        "shots": {},
    }
    plan.out.mkdir(parents=True, exist_ok=True)
    for number, shot in enumerate(shots):
        report["shots"][shot.name] = _one_shot(shot, methods, plan, make, on_progress)
        on_progress(Progress("note", number + 1, len(shots), f"{shot.name} is done"))
        try:
            (plan.out / "loops.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
            (plan.out / "loops.md").write_text(markdown(report) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", clip=str(plan.out)) from error
    return report


def _one_shot(
    shot: Shot, methods: tuple[str, ...], plan: Plan, make: Looper, on_progress: OnProgress
) -> dict[str, Any]:
    """Figures by method; a method that failed has its reason."""
    with open_source(shot.plate) as plate, tempfile.TemporaryDirectory() as folder:
        region = region_of(shot.name, plate.frame_count)
        mask = region.matte(plate.format.height, plate.format.width)
        matte = Path(folder) / "matte.png"
        cv2.imwrite(str(matte), mask)
        still = 255 * to_rgb(plate.read(region.still), plate.format)
        source = liveliness(_standing(plate, region, mask > 0), mask > 0)
        found: dict[str, Any] = {}
        for method in methods:
            output = Path(folder) / f"{method}.mkv"
            params = CinemagraphParams(plan.quality, method, region.still)
            began = time.monotonic()
            try:
                result = make(shot.plate, matte, output, params, on_progress)
            except LumiereError as error:
                found[method] = {"failed": str(error)}
                continue
            seconds = time.monotonic() - began
            with open_source(output) as loop:
                figures = judge(_frames(loop), still, mask > 0, source)
                write_pictures(plan.out / _stem(shot.name, method), loop, mask > 0)
            found[method] = _told(figures, result, seconds)
    return found


def _told(figures: LoopFigures, result: JobResult, seconds: float) -> dict[str, Any]:
    numbers = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in asdict(figures).items()
    }
    return {**numbers, "seconds": round(seconds, 1), "loop": result.recipe["loop"]}


def _frames(source: FrameSource) -> Iterator[Array]:
    for picture in source.iter(FrameRange(0, source.frame_count)):
        yield 255 * to_rgb(picture, source.format)


def _standing(plate: FrameSource, region: Region, mask: Array) -> Iterator[Array]:
    """The frames around the still as the still's camera sees them: laid over it if it moved, as bright as it is."""
    wanted = FrameRange.between(max(0, region.still - _AROUND), region.still + _AROUND + 1)
    wanted = wanted.intersection(FrameRange(0, plate.frame_count))
    height, width = mask.shape
    scale = min(1.0, _FOLLOWED / width)
    small = cv2.resize(mask.astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0
    still = _grey(plate, region.still, small)
    matrices: dict[int, Array] = {}
    for order in (range(region.still, wanted.start - 1, -1), range(region.still, wanted.end_exclusive)):
        guess = np.eye(3)
        for frame in order:
            if frame != region.still:
                guess = lay_over(still, _grey(plate, frame, small), small, guess)
            matrices[frame] = guess
    reference = 255 * to_rgb(plate.read(region.still), plate.format)
    tripod = stands_still(matrices, small)
    matrices = steadied(matrices, small)
    factors = (width / small.shape[1], height / small.shape[0])
    for frame, picture in zip(wanted, plate.iter(wanted), strict=True):
        rgb = 255 * to_rgb(picture, plate.format)
        if not tripod:
            how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            rgb = cv2.warpPerspective(
                rgb,
                at_plate_size(matrices[frame], factors),
                (width, height),
                flags=how,
                borderMode=cv2.BORDER_REPLICATE,
            )
        yield match_exposure(reference, rgb, ~mask).applied(rgb, 255)


def _grey(plate: FrameSource, frame: int, size: Array) -> Array:
    """A frame at the size of another array, h w uint8."""
    rgb = to_rgb(plate.read(frame), plate.format)
    rgb = cv2.resize(rgb, (size.shape[1], size.shape[0]), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(255 * rgb.mean(-1)), 0, 255).astype(np.uint8)


def markdown(report: dict[str, Any]) -> str:
    """The report as a table."""
    lines = [
        "| shot | method | frames | seam | seam, gradients | worst step | energy | sharpness | edge | frozen | s "
        "| look |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---|---:|---|",
    ]
    for shot, methods in report["shots"].items():
        for method, found in methods.items():
            if "failed" in found:
                lines.append(f"| {shot} | {method} | {found['failed']} |")
                continue
            numbers = (f"{found[name]:.2f}" for name in _COLUMNS)
            frozen = "yes" if found["frozen"] else "NO"
            look = " ".join(f"[{kind.split('.')[0]}]({_stem(shot, method)}.{kind})" for kind in KINDS)
            lines.append(
                f"| {shot} | {method} | {found['frames']} | {' | '.join(numbers)} | {frozen} "
                f"| {found['seconds']:.0f} | {look} |"
            )
    return "\n".join(lines)


def _stem(shot: str, method: str) -> str:
    """How the names of a loop's pictures begin, beside the report."""
    return f"pictures/{shot}-{method}"


_COLUMNS = ("seam", "seam_gradient", "worst", "energy", "sharpness", "edge")
