"""How long an artist waits for the first preview of a loop: `python bench/loop_preview.py SHOT`, seconds.

Asks as the panel does, of an engine that runs as it does beside an open panel: the small copy, then the job; the loop
is of a region drawn in the middle. Each round pays for everything anew. Beside the clock stands the processor's time of
all processes, which tells the same on a busy machine, and what the stages inside the worker took by the clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import psutil
from lumiere_engine.client import EngineClient, ask, result_of
from lumiere_engine.protocol import CinemagraphParams, FrameRange
from lumiere_engine.protocol.roto import Mask, Roto, ShapeKey, ellipse
from lumiere_plugin.panel_previews import PreviewFolder
from lumiere_ui.models.project import ClipItem, Project, Request, Shot, TrackItem


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shot", type=Path)
    parser.add_argument("--still", type=int, help="a frame of it; the one in the middle, if it is left out")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    info = ask("probe", path=str(options.shot))
    still = info["frame_count"] // 2 if options.still is None else options.still
    request = request_of(options.shot.absolute(), info, still)
    print(f"{info['width']} × {info['height']}, {info['frame_count']} frames, still {still}\n")
    print("| small copy | job | until seen | processor | stages |\n|---:|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory(prefix="preview-") as name:
        client = EngineClient(Path(name))
        try:
            for _ in range(options.rounds):
                print(row(client, request))
        finally:
            client.stop()
            while client.connection.found() is not None:
                time.sleep(0.01)


def row(client: EngineClient, request: Request) -> str:
    """One preview of a folder that knows nothing yet."""
    engine = psutil.Process(client.info().pid)
    before, began = busy_s(engine), time.monotonic()
    previews = PreviewFolder()
    prepared = previews.prepare(request, drawn(request.shot))
    copied = time.monotonic()
    for folder in prepared.folders:
        client.allow(folder)
    result = result_of(client.follow(client.submit(prepared.submit).id, lambda step: None))
    done = time.monotonic()
    busy = busy_s(engine) - before
    stages = ", ".join(f"{name} {took:.1f}" for name, took in result.seconds.items())
    return f"| {copied - began:.1f} | {done - copied:.1f} | {done - began:.1f} | {busy:.1f} | {stages} |"


def busy_s(engine: psutil.Process) -> float:
    """Seconds of the processor: this process and its ended children, the engine and its own."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return float(sum(one.ru_utime + one.ru_stime for one in used) + sum(engine.cpu_times()[:4]))


def request_of(media: Path, info: dict[str, int | str], still: int) -> Request:
    """What the panel's form asks for."""
    count, rate = int(info["frame_count"]), Fraction(info["rate"])
    width, height = int(info["width"]), int(info["height"])
    shot = Shot(
        0,
        media.name,
        str(media),
        width,
        height,
        FrameRange(0, count),
        count,
        rate,
        0,
        False,
        0,
        Fraction(1),
        str(info["layout"]),
    )
    track = TrackItem("V1", (ClipItem(0, media.name, 0, count, str(media)),))
    project = Project(media, media.name, False, rate, 0, False, (track,))
    params = CinemagraphParams(still=still)
    return Request(project, shot, media.with_suffix(".roto.json"), "cinemagraph", params)


def drawn(shot: Shot) -> Roto:
    """An ellipse in the lower middle, over a quarter of the picture."""
    knots = ellipse(0.2 * shot.width, 0.45 * shot.height, 0.8 * shot.width, 0.95 * shot.height)
    return Roto(shot.width, shot.height, (Mask(1, "region", "ellipse", keys=(ShapeKey(0, knots),)),))


if __name__ == "__main__":
    main()
