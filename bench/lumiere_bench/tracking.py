"""How well masks are tracked: from a shot's first true mask alone, and after the worst frames were corrected."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lumiere_engine.client import ask
from lumiere_engine.protocol import Progress
from lumiere_engine.protocol.errors import MatteError, OutputError

from .clips import Size, read_mattes
from .footage import Shot, choose_shots, find_shots
from .machine import describe
from .tracking_pictures import contact_sheet
from .versions import showing_object

Array = np.ndarray
OnProgress = Callable[[Progress], None]
LABEL = "TrackingReport.1"
_SURE = 0.5  # a soft matte's edge


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        footage: a folder of shots with mattes, see `footage.find_shots`.
        shots: names; all that have mattes if empty.
        frames: most frames of a shot.
        corrections: how often the worst frame's true mask is given.
        out: the folder of all results.
    """

    footage: Path
    shots: tuple[str, ...]
    frames: int
    corrections: int
    out: Path


@dataclass(frozen=True)
class Tracked:
    """One shot's figures.

    Attributes:
        shot: its name.
        iou: mean over all frames but the first drawn one, after 0, 1, … corrections. Frames that were corrected
            count as 1. Where neither mask has a pixel the IoU is 1.
        by_frame: IoU by frame without any correction, from the first drawn frame on.
        confidence: likewise, what the tracker said of each.
        warned: share of frames that were warned of.
        corrected: the frames whose true mask was given.
        seconds: per tracked frame, with reading, without any correction.
    """

    shot: str
    iou: list[float]
    by_frame: list[float]
    confidence: list[float]
    warned: float
    corrected: list[int] = field(default_factory=list)
    seconds: float = 0.0


def run(plan: Plan, on_progress: OnProgress) -> dict[str, Any]:
    """Track every shot; writes `tracking.json`, `tracking.md` and `sheets/SHOT.jpg` into `plan.out`.

    Raises:
        MediaError, SpecError: there is no such folder or shot.
        OutputError: a result cannot be written.
    """
    shots = [shot for shot in choose_shots(find_shots(plan.footage), list(plan.shots)) if shot.mattes]
    results = []
    for number, shot in enumerate(shots):
        on_progress(Progress("shots", number, len(shots)))
        results.append(_measure(shot, plan))
        on_progress(Progress("shots", number + 1, len(shots), f"{shot.name}: IoU {results[-1].iou[0]:.3f}"))
    report = {
        "label": LABEL,
        "machine": describe(),
        "frames": plan.frames,
        "mean_iou": [round(float(v), 4) for v in np.mean([r.iou for r in results], 0)] if results else [],
        "confidence_correlation": correlation(results),
        "shots": [asdict(result) for result in results],
    }
    _write(plan.out / "tracking.json", json.dumps(report, indent=1))
    _write(plan.out / "tracking.md", markdown(report))
    return report


def overlap(first: Array, second: Array) -> float:
    """Intersection over union of two masks (h w bool); 1 if both are empty."""
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 1.0


def correlation(results: list[Tracked]) -> float | None:
    """Pearson's correlation of confidence and IoU over all frames of all shots; None if there is none."""
    sure = np.concatenate([r.confidence for r in results]) if results else np.zeros(0)
    true = np.concatenate([r.by_frame for r in results]) if results else np.zeros(0)
    if len(sure) < 2 or sure.std() == 0 or true.std() == 0:
        return None
    return round(float(np.corrcoef(sure, true)[0, 1]), 3)


def markdown(report: dict[str, Any]) -> str:
    """The table of a report."""
    rounds = len(report["mean_iou"])
    names = ["first mask alone", *(f"{n} corrected" for n in range(1, rounds))]
    lines = [
        "# Tracking",
        "",
        f"Mean IoU, first {report['frames']} frames; the first frame with a mask is given and does not count.",
        "",
        f"| shot | {' | '.join(names)} | warned | s/frame |",
        f"| --- |{' --- |' * (rounds + 2)}",
    ]
    for shot in report["shots"]:
        figures = " | ".join(f"{value:.3f}" for value in shot["iou"])
        lines.append(f"| {shot['shot']} | {figures} | {shot['warned']:.0%} | {shot['seconds']:.2f} |")
    if rounds:
        lines.append(f"| **mean** | {' | '.join(f'{v:.3f}' for v in report['mean_iou'])} | | |")
    lines += [
        "",
        f"Correlation of confidence and IoU over all frames: {report['confidence_correlation']}",
        "",
    ]
    return "\n".join(lines)


def _measure(shot: Shot, plan: Plan) -> Tracked:
    shot = showing_object(shot)
    truth = read_mattes(shot.mattes, shot.plate, Size(), plan.frames, least=_SURE)
    drawn_in = np.flatnonzero(truth.any((1, 2)))
    if not len(drawn_in) or drawn_in[0] == len(truth) - 1:
        raise MatteError("there is nothing to track in it", clip=shot.name)
    first = int(drawn_in[0])
    with tempfile.TemporaryDirectory(prefix="lumiere-bench-") as name:
        job = _Job(shot, Path(name), len(truth), first)
        began = time.perf_counter()
        answer = job.correct(first, truth[first])
        seconds = (time.perf_counter() - began) / (len(truth) - first)
        masks = job.masks()
        by_frame = [overlap(mask, true) for mask, true in zip(masks, truth[first:], strict=True)]
        sure = [float(answer["confidence"].get(str(first + n), 0)) for n in range(len(masks))]
        rounds, corrected = [by_frame], []
        for _ in range(plan.corrections):
            corrected.append(first + int(np.argmin(rounds[-1])))
            job.correct(corrected[-1], truth[corrected[-1]])
            rounds.append([overlap(m, t) for m, t in zip(job.masks(), truth[first:], strict=True)])
        sheet = contact_sheet(shot, truth[first:], masks, by_frame, sure, first)
        _picture(plan.out / "sheets" / f"{shot.name}.jpg", sheet)
    return Tracked(
        shot.name,
        [round(float(np.mean(scores[1:])), 4) for scores in rounds],
        [round(score, 4) for score in by_frame[1:]],
        sure[1:],
        sum(value < answer["warn_below"] for value in sure[1:]) / len(sure[1:]),
        corrected,
        round(seconds, 3),
    )


class _Job:
    """One shot's track, as the panel would make it: a folder that corrections change in part."""

    def __init__(self, shot: Shot, folder: Path, count: int, first: int) -> None:
        self._shot, self._folder, self._count, self._first = shot, folder, count, first
        self._drawn: dict[int, Path] = {}

    def correct(self, frame: int, mask: Array) -> dict[str, Any]:
        """Draw a mask, and track what it touches."""
        again = bool(self._drawn)
        self._drawn[frame] = self._folder / f"drawn{frame}.png"
        _picture(self._drawn[frame], mask.astype(np.uint8) * np.uint8(255))
        return ask(
            "track",
            plate=str(self._shot.plate.absolute()),
            frames={"start": 0, "duration": self._count},
            wanted={"start": self._first, "duration": self._count - self._first},
            drawn=[{"frame": f, "matte": str(p)} for f, p in sorted(self._drawn.items())],
            changed=[frame] if again else None,
            out=str(self._folder / "track"),
        )

    def masks(self) -> list[Array]:
        """h w bool, from the first drawn frame on; empty where nothing was tracked."""
        return [self._mask(frame) for frame in range(self._first, self._count)]

    def _mask(self, frame: int) -> Array:
        picture = cv2.imread(str(self._folder / "track" / f"{frame:06d}.png"), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            drawn = cv2.imread(str(self._drawn[self._first]), cv2.IMREAD_GRAYSCALE)
            return np.zeros(np.asarray(drawn).shape, bool)
        return np.asarray(picture) > 127


def _picture(path: Path, picture: Array) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), picture):
        raise OutputError("the picture cannot be written", clip=str(path))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", clip=str(path)) from error
