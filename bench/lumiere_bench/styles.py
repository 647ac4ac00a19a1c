"""Known shots in known styles: how near to the style, how near to the shot's edges, how still along its motion."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from lumiere_engine.protocol import FrameRange, JobResult, KeyPicture, StylizeParams
from lumiere_engine.protocol.errors import OutputError, SpecError

from .clips import Size, read_clip, read_result, write_clip
from .fidelity import ssim
from .likeness import style_distance
from .machine import describe
from .methods import OnProgress
from .stability import TrueMotion, true_motion, warp_errors, warp_ratio

Array = np.ndarray
LABEL = "StyleReport.1"
STRENGTHS = (0.5, 0.75, 1.0)
ALONE, PAINTED = "each frame alone", "first frame painted"
_PICTURES = (".jpg", ".jpeg", ".png", ".tif")
_MASKED = ("bmx_trees", "tennis", "schoolgirls")
_JUDGED = 5  # frames whose patches and edges are compared
_TILE, _SMALL = 320, 180  # pixels of a picture's width, kept and on the sheet
_ROWS = "rows"


class Stylist(Protocol):
    """How the command line stylises a shot; handed in."""

    def __call__(
        self,
        plate: Path,
        output: Path,
        params: StylizeParams,
        frames: FrameRange | None,
        on_progress: OnProgress,
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
        footage: a folder with `style/` (pictures), `style_video/` and `masked/` (a folder for each shot).
        shots: names; all if empty.
        references: names of pictures without their suffix; all if empty.
        size: that shots are brought to.
        frames: most frames per shot.
        alone: frames, the first ones, that are painted one by one for comparison.
        quality: of the jobs.
        out: the folder of all results.
    """

    footage: Path
    shots: tuple[str, ...]
    references: tuple[str, ...]
    size: Size
    frames: int
    alone: int
    quality: str
    out: Path


@dataclass(frozen=True)
class Figures:
    """One result.

    Attributes:
        style: patch distance to the reference, codes of 255 (see `likeness`); less is better.
        content: SSIM of edges with the source's, 1 is the source.
        warp: warp error along the source's motion over the source's own; 1 is as still as the source.
        seconds: that it took.
        key: SSIM of the edges of a painted key frame with the painting's; None where nothing was painted by hand.
    """

    style: float
    content: float
    warp: float | None
    seconds: float
    key: float | None = None


def run(plan: Plan, stylise: Stylist, on_progress: OnProgress) -> dict[str, Any]:
    """Stylise and judge all pairs; writes `styles.json`, `styles.md` and a contact sheet, `styles.jpg`.

    Pairs that the folder already holds are not measured again: a run that was interrupted goes on where it stopped.

    Raises:
        SpecError: no such shot or picture.
        LumiereError: a job failed.
    """
    shots = _chosen(_shots(plan.footage), plan.shots, plan.footage)
    pictures = _chosen(_references(plan.footage), plan.references, plan.footage)
    (plan.out / _ROWS).mkdir(parents=True, exist_ok=True)
    report = _kept(plan.out / "styles.json")
    for shot, media in shots.items():
        missing = {n: path for n, path in pictures.items() if f"{shot} × {n}" not in report["pairs"]}
        if not missing:
            continue
        frames, rate = read_clip(media, plan.size, plan.frames)
        judge = _Judge(frames)
        for name, picture in missing.items():
            reference = read_clip(picture, Size(), 1)[0][0]
            with tempfile.TemporaryDirectory(dir=plan.out) as folder:
                plate = Path(folder) / "plate.mkv"
                write_clip(plate, frames, rate)
                made = dict(_methods(plan, plate, frames, picture, reference, stylise, on_progress))
            report["pairs"][f"{shot} × {name}"] = {
                method: asdict(judge.figures(answer, reference, seconds, made[ALONE][0][0]))
                if method == PAINTED
                else asdict(judge.figures(answer, reference, seconds))
                for method, (answer, seconds) in made.items()
            }
            row = [reference, *(answer[len(answer) // 2] for answer, _ in made.values())]
            _write_picture(plan.out / _ROWS / f"{shot}.{name}.png", _row(row))
            _write_sheet(plan.out, ["reference", *made])
            _write(plan.out / "styles.json", json.dumps(report, indent=1))
            _write(plan.out / "styles.md", markdown(report))
    return report


def _kept(path: Path) -> dict[str, Any]:
    """The report of an earlier run, or an empty one."""
    if path.exists():
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if report.get("label") == LABEL:
            return report
    return {"label": LABEL, "machine": describe(), "pairs": {}}


def markdown(report: dict[str, Any]) -> str:
    """The table of all pairs."""
    lines = ["| pair | method | style | content | warp ratio | key frame | seconds |", "| --- " * 7 + "|"]
    for pair, methods in report["pairs"].items():
        for method, f in methods.items():
            warp = "–" if f["warp"] is None else f"{f['warp']:.2f}"
            key = "–" if f["key"] is None else f"{f['key']:.3f}"
            figures = f"{f['style']:.2f} | {f['content']:.3f} | {warp} | {key} | {f['seconds']:.0f}"
            lines.append(f"| {pair} | {method} | {figures} |")
    return "\n".join(lines) + "\n"


def _methods(
    plan: Plan,
    plate: Path,
    frames: Array,
    picture: Path,
    reference: Array,
    stylise: Stylist,
    on_progress: OnProgress,
) -> Iterator[tuple[str, tuple[Array, float]]]:
    """Method → its frames, t h w 3 uint8, and seconds."""
    yield "identity", (frames, 0.0)
    begun = time.monotonic()
    yield "colour transfer", (colour_transfer(frames, reference), time.monotonic() - begun)
    params = StylizeParams(quality=plan.quality, reference=str(picture.absolute()))
    single, seconds = [], 0.0
    for number in range(min(plan.alone, len(frames))):
        output = plate.with_name(f"alone_{number}.mkv")
        done = stylise(plate, output, params, FrameRange(number, 1), on_progress)
        single.append(read_result(output, frames[:1].shape)[0])
        seconds += sum(done.seconds.values())
    yield ALONE, (np.stack(single), seconds)
    for strength in STRENGTHS:
        output = plate.with_name(f"alpha_{strength}.mkv")
        done = stylise(plate, output, replace(params, strength=strength), None, on_progress)
        yield f"Lumiere α {strength}", (read_result(output, frames.shape), sum(done.seconds.values()))
    painting, output = plate.with_name("painting.png"), plate.with_name("painted.mkv")
    _write_picture(painting, single[0])
    by_hand = StylizeParams(quality=plan.quality, keyframes=(KeyPicture(0, str(painting.absolute())),))
    done = stylise(plate, output, by_hand, None, on_progress)
    yield PAINTED, (read_result(output, frames.shape), sum(done.seconds.values()))


class _Judge:
    """Measures results on one shot; its motion is measured once."""

    def __init__(self, frames: Array) -> None:
        self._frames = frames
        self._motion = true_motion(frames)
        self._everywhere = np.ones(frames.shape[:3], bool)
        self._true = warp_errors(frames, self._everywhere, self._motion)

    def figures(
        self, answer: Array, reference: Array, seconds: float, painting: Array | None = None
    ) -> Figures:
        """Of a result that may have the first frames alone; `painting` is what its first frame was painted as."""
        count = len(answer)
        judged = np.unique(np.linspace(0, count - 1, _JUDGED).astype(int))
        fitted = as_large(reference, answer.shape[1:3])
        motion = TrueMotion(self._motion.flows[: count - 1], self._motion.same[: count - 1])
        errors = warp_errors(answer, self._everywhere[:count], motion)
        return Figures(
            style=round(float(np.mean([style_distance(answer[t], fitted) for t in judged])), 3),
            content=round(
                float(np.mean([ssim(edges(answer[t]), edges(self._frames[t]), 11) for t in judged])), 4
            ),
            warp=warp_ratio(errors, self._true[: count - 1]),
            seconds=round(seconds, 1),
            key=None if painting is None else round(ssim(edges(answer[0]), edges(painting), 11), 4),
        )


def colour_transfer(frames: Array, reference: Array) -> Array:
    """Mean and deviation of each L*a*b* channel made those of the reference, frame by frame (Reinhard et al. 2001)."""
    wanted = cv2.cvtColor(np.float32(reference) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    out = []
    for frame in frames:
        lab = cv2.cvtColor(np.float32(frame) / 255, cv2.COLOR_RGB2LAB)
        mine = lab.reshape(-1, 3)
        lab = (lab - mine.mean(0)) * (wanted.std(0) / (mine.std(0) + 1e-6)) + wanted.mean(0)
        rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
        out.append(np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8))
    return np.stack(out)


def edges(picture: Array) -> Array:
    """The length of the luma's gradient, h w 3 uint8, its largest 255."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    length = np.hypot(across, down)
    scaled = np.clip(255 * length / max(1.0, float(np.percentile(length, 99))), 0, 255)
    return np.repeat(np.rint(scaled).astype(np.uint8)[..., None], 3, 2)


def as_large(reference: Array, shape: tuple[int, ...]) -> Array:
    """The whole reference with as many pixels as a frame of `shape`: so large are its strokes wanted."""
    factor = (shape[0] * shape[1] / (reference.shape[0] * reference.shape[1])) ** 0.5
    size = (round(reference.shape[1] * factor), round(reference.shape[0] * factor))
    return cv2.resize(reference, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def covering(reference: Array, shape: tuple[int, ...]) -> Array:
    """The reference as large as a frame of `shape`: scaled until it covers it, its middle cut out."""
    height, width = shape[:2]
    factor = max(height / reference.shape[0], width / reference.shape[1])
    size = (max(width, round(reference.shape[1] * factor)), max(height, round(reference.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    large = cv2.resize(reference, size, interpolation=how)
    y, x = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[y : y + height, x : x + width]


def _shots(footage: Path) -> dict[str, Path]:
    found = {}
    for movie in sorted((footage / "style_video").glob("*/video.*")):
        found[movie.parent.name] = movie
    for name in _MASKED:
        media = footage / "masked" / name
        for path in (*media.glob("video.*"), media / "frames"):
            if path.exists():
                found[name] = path
    return found


def _references(footage: Path) -> dict[str, Path]:
    files = sorted((footage / "style").glob("*"))
    return {
        file.stem: file
        for file in files
        if file.suffix.lower() in _PICTURES and not file.stem.startswith("content_")
    }


def _chosen(found: dict[str, Path], names: tuple[str, ...], footage: Path) -> dict[str, Path]:
    unknown = [name for name in names if name not in found]
    if unknown or not found:
        raise SpecError(
            f"there is no {', '.join(unknown) or 'shot or style picture'}",
            clip=str(footage),
            remedy=f"choose from {', '.join(found)}" if found else "see docs/benchmarks.md",
        )
    return {name: found[name] for name in names or found}


def _row(pictures: list[Array]) -> Array:
    """Pictures side by side, all of the size of the last."""
    height = round(_TILE * pictures[-1].shape[0] / pictures[-1].shape[1])
    return np.hstack([cv2.resize(covering(p, (height, _TILE)), (_TILE, height)) for p in pictures])


def _write_sheet(out: Path, names: list[str]) -> None:
    """All pairs of the folder, a row each; a picture per column, the columns' names above."""
    rows = [read_clip(path, Size(), 1)[0][0] for path in sorted((out / _ROWS).glob("*.png"))]
    width = len(names) * _SMALL
    small = [
        cv2.resize(r, (width, r.shape[0] * width // r.shape[1]), interpolation=cv2.INTER_AREA) for r in rows
    ]
    head = np.full((20, width, 3), 24, np.uint8)
    for column, name in enumerate(name.replace("α", "alpha") for name in names):
        place = (column * _SMALL + 6, 14)
        cv2.putText(head, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (235, 235, 235), 1, cv2.LINE_AA)
    _write_picture(out / "styles.jpg", np.vstack([head, *small]))


def _write_picture(path: Path, picture: Array) -> None:
    if not cv2.imwrite(str(path), picture[..., ::-1]):
        raise OutputError("cannot be written", clip=str(path))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", clip=str(path)) from error
