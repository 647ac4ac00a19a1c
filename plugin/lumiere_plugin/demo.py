"""`lumiere demo`: the whole way on the project's own film, scored against the truth."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from lumiere_engine.client import ask
from lumiere_engine.protocol import FrameRange, JobSpec, RemoveParams
from lumiere_engine.protocol.errors import OutputError

from .console import Console
from .performing import through_engine
from .preparing import OnProgress, Outcome, Request, into_media, prepare

CLIP = "crossing"
_FILES = ("demo.otio", "crossing.mov", "crossing_matte.mkv", "crossing_clean.mov", "pond.mov")
_LABELS = {"telea": "OpenCV Telea", "borrow": "Lumiere, borrowing alone", "full": "Lumiere, full"}


@dataclass(frozen=True)
class Report:
    """What the demo found.

    Attributes:
        folder: where everything is.
        timeline, clip, origin, sheet: the results.
        psnr_db: PSNR inside the hole against the clean plate, by method.
        borrowed, imagined: shares of the hole.
        frames: how many were rendered.
        stages_s: seconds per stage of the full result.
        seconds: for everything.
    """

    folder: str
    timeline: str
    clip: str
    origin: str
    sheet: str
    psnr_db: dict[str, float]
    borrowed: float
    imagined: float
    frames: int
    stages_s: dict[str, float]
    seconds: float

    def to_wire(self) -> dict[str, Any]:
        """As it stands in report.json."""
        return {"label": "DemoReport.1", **asdict(self)}

    def text(self) -> str:
        """The table, and where to look."""
        width = max(map(len, self.psnr_db))
        table = "\n".join(f"  {name:<{width}}  {value:6.2f} dB" for name, value in self.psnr_db.items())
        return (
            f"PSNR inside the removed region, against the clean plate ({self.frames} frames):\n{table}\n"
            f"{self.borrowed:.0%} of it was borrowed from other frames, {self.imagined:.0%} imagined; "
            f"{self.seconds:.0f} s in all.\n"
            f"Look at {self.sheet}\nand open {self.timeline} in your editor."
        )


def run(out: Path, console: Console) -> Report:
    """Copy the film to `out`, remove the object from it on its timeline, compare.

    Raises:
        LumiereError: the folder cannot be written, or a stage failed.
    """
    began = time.monotonic()
    folder = out.absolute()
    _copy_film(folder)
    source, matte = folder / "demo.otio", folder / "crossing_matte.mkv"
    request = Request(
        source,
        (matte,),
        folder / "demo_removed.otio",
        clip=CLIP,
        whole_mattes=True,
        # the film's matte is exact: it needs to grow by its soft shadow's edge alone
        params=RemoveParams(grow=4, feather=2),
        overwrite=True,
        keep_work=True,
    )
    with console.progress() as show:
        full = through_engine(prepare(request), show)
        alone = _borrowing_alone(full, request, show)
    sheet = folder / "contact_sheet.png"
    scores = _scores(folder, {"borrow": alone, "full": full}, sheet)
    report = Report(
        folder=str(folder),
        timeline=str(full.output),
        clip=str(full.media),
        origin=str(full.origin),
        sheet=str(sheet),
        psnr_db=scores,
        borrowed=full.result.borrowed,
        imagined=full.result.imagined,
        frames=_used(full).duration,
        stages_s=full.result.seconds,
        seconds=round(time.monotonic() - began, 1),
    )
    (folder / "report.json").write_text(json.dumps(report.to_wire(), indent=2) + "\n", encoding="utf-8")
    return report


def _borrowing_alone(full: Outcome, request: Request, on_progress: OnProgress) -> Outcome:
    """The same job with a smooth fill where nothing could be borrowed; what was borrowed is at hand."""
    spec = JobSpec.from_wire(full.result.recipe["spec"])
    spec = replace(spec, params=replace(spec.params_of(RemoveParams), imagine=False))
    media = full.media.with_name("borrowing_alone.mov")
    return through_engine(into_media(spec, media, replace(request, keep_work=False)), on_progress)


def _copy_film(folder: Path) -> None:
    film = resources.files("lumiere_assets") / "demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            with resources.as_file(film / name) as file:
                shutil.copyfile(file, folder / name)
    except OSError as error:
        raise OutputError(
            f"cannot copy the film here: {error.strerror}",
            clip=str(folder),
            remedy="choose another folder with --out",
        ) from error


def _scores(folder: Path, outcomes: dict[str, Outcome], sheet: Path) -> dict[str, float]:
    used = _used(outcomes["full"])
    answer = ask(
        "score",
        plate=str(folder / "crossing.mov"),
        truth=str(folder / "crossing_clean.mov"),
        matte=str(folder / "crossing_matte.mkv"),
        frames=asdict(used),
        results={_LABELS[key]: [str(o.media), _first_used(o)] for key, o in outcomes.items()},
        origin=[str(outcomes["full"].origin), _first_used(outcomes["full"])],
        sheet=str(sheet),
    )
    return dict(answer["psnr_db"])


def _used(outcome: Outcome) -> FrameRange:
    """The plate's frames that were worked on."""
    return FrameRange(**outcome.result.recipe["spec"]["frames"])


def _first_used(outcome: Outcome) -> int:
    """The result's frame that belongs to the first of them: handles come before it."""
    return _used(outcome).start - int(outcome.result.recipe["spec"]["written"]["start"])
