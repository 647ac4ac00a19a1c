"""Known shots in known styles: how near to the style, how near to the shot's edges, how still along its motion."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import OutputError, SpecError

from .clips import Size, read_clip
from .machine import describe
from .methods import OnProgress
from .peers import PaintingPeer
from .style_judge import Judge
from .style_methods import ALONE, IDENTITY, STRONGEST, Methods, Stylist, Subject
from .style_pictures import write_row, write_sheet, write_side_by_side

LABEL = "StyleReport.2"
_PICTURES = (".jpg", ".jpeg", ".png", ".tif")
_MASKED = ("bmx_trees", "tennis", "schoolgirls")


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        footage: a folder with `style/` (pictures), `style_video/` and `masked/` (a folder for each shot).
        shots: names; all if empty.
        references: names of pictures without their suffix; all if empty.
        size: that shots are brought to.
        frames: most frames per shot.
        quality: of the jobs.
        out: the folder of all results.
        methods: of `style_methods.METHODS`; all if empty.
        peers: `NAME=COMMAND`, see `peers.PaintingPeer`.
        keys: the frames that are painted by hand.
        alone: frames, the first ones, that are painted one by one for comparison.
    """

    footage: Path
    shots: tuple[str, ...]
    references: tuple[str, ...]
    size: Size
    frames: int
    quality: str
    out: Path
    methods: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    keys: tuple[int, ...] = (0,)
    alone: int = 6


def run(plan: Plan, stylise: Stylist, on_progress: OnProgress) -> dict[str, Any]:
    """Stylise and judge all pairs; writes `styles.json`, `styles.md`, a contact sheet `styles.jpg`, and movies.

    Pairs that the folder already holds with all methods are not measured again: a run that was interrupted goes on
    where it stopped.

    Raises:
        SpecError: no such shot, picture or method.
        LumiereError: a job failed.
    """
    shots = _chosen(_shots(plan.footage), plan.shots, plan.footage)
    pictures = _chosen(_references(plan.footage), plan.references, plan.footage)
    peers = tuple(PaintingPeer.parse(text) for text in plan.peers)
    methods = Methods(plan.methods, peers, plan.keys, plan.alone, plan.quality, stylise)
    plan.out.mkdir(parents=True, exist_ok=True)
    report = _kept(plan.out / "styles.json")
    for shot, media in shots.items():
        kept = {name: report["pairs"].get(f"{shot} × {name}", {}) for name in pictures}
        missing = {name: path for name, path in pictures.items() if set(kept[name]) != set(methods.rows)}
        if not missing:
            continue
        frames, rate = read_clip(media, plan.size, plan.frames)
        judge = Judge(frames)
        for name, picture in missing.items():
            reference = read_clip(picture, Size(), 1)[0][0]
            with tempfile.TemporaryDirectory(dir=plan.out) as folder:
                subject = Subject(frames, rate, picture, reference, Path(folder))
                made = dict(methods.answers(subject, on_progress))
            report["pairs"][f"{shot} × {name}"] = {
                row: asdict(judge.figures(answer.frames, reference, answer.seconds, answer.paintings))
                for row, answer in made.items()
            }
            write_row(
                plan.out,
                f"{shot}.{name}",
                [reference, *(a.frames[len(a.frames) // 2] for a in made.values())],
            )
            write_sheet(plan.out, ["reference", *made])
            movie = {"source": frames, **{row: a.frames for row, a in made.items() if a.frames is not frames}}
            write_side_by_side(plan.out / _movie(shot, name), rate, reference, movie)
            _write(plan.out / "styles.json", json.dumps(report, indent=1))
            _write(plan.out / "styles.md", markdown(report))
    return report


def _movie(shot: str, picture: str) -> str:
    """Where a pair's movie lies in the folder."""
    return f"movies/{shot}.{picture}.mp4"


def _kept(path: Path) -> dict[str, Any]:
    """The report of an earlier run, or an empty one."""
    if path.exists():
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if report.get("label") == LABEL:
            return report
    return {"label": LABEL, "machine": describe(), "pairs": {}}


def markdown(report: dict[str, Any]) -> str:
    """The table of all pairs, one of them all at a glance, and where their movies are."""
    lines = ["| pair | method | style | content | warp ratio | key frame | seconds |", "| --- " * 7 + "|"]
    for pair, methods in report["pairs"].items():
        for method, f in methods.items():
            warp = "–" if f["warp"] is None else f"{f['warp']:.2f}"
            key = "–" if f["key"] is None else f"{f['key']:.3f}"
            figures = f"{f['style']:.2f} | {f['content']:.3f} | {warp} | {key} | {f['seconds']:.0f}"
            lines.append(f"| {pair} | {method} | {figures} |")
    lines += ["", *_at_a_glance(report["pairs"])]
    movies = [f"[{pair}]({_movie(*pair.split(' × '))})" for pair in report["pairs"]]
    return "\n".join([*lines, "", f"Side by side: {', '.join(movies)}."]) + "\n"


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


def _at_a_glance(pairs: dict[str, dict[str, Any]]) -> list[str]:
    """A row per pair: style distance of each method, then the warp ratio of frames alone and of α = 1."""
    rows = [row for row in dict.fromkeys(row for made in pairs.values() for row in made) if row != IDENTITY]
    still = [row for row in (ALONE, STRONGEST) if row in rows]
    titles = ["pair", *(f"style: {row}" for row in rows), *(f"warp: {row}" for row in still)]
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for pair, made in pairs.items():
        style = [f"{made[row]['style']:.2f}" if row in made else "–" for row in rows]
        warp = [
            f"{made[row]['warp']:.2f}" if made.get(row, {}).get("warp") is not None else "–" for row in still
        ]
        lines.append(f"| {' | '.join([pair, *style, *warp])} |")
    return lines


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", clip=str(path)) from error
