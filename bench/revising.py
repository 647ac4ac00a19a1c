"""What revising saves: `python bench/revising.py SHOT`, a folder with `frames/` or a movie, and mattes.

The object is removed and the work kept; then the matte of a few frames in the middle grows, as an artist mends it, and
the shot is rendered both anew and as a revision. Prints a Markdown table: the clock, and the processor's time, which
tells the same on a busy machine.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from lumiere_bench.footage import Shot, find_shots
from lumiere_bench.machine import describe
from lumiere_engine.client import work
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.matte.source import core, open_matte
from lumiere_engine.protocol import FrameRange, JobResult, JobSpec, RemoveParams, WorkOrder

GROWTH_SHARE = 40  # the mended mattes grow by this part of the height


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shot", type=Path)
    parser.add_argument("--frames", type=int, help="only so many, from the first")
    parser.add_argument("--mended", type=int, default=3, help="of how many frames the matte changes")
    parser.add_argument("--quality", default="draft")
    parser.add_argument("--imagine", action="store_true", help="with the network, where something is unseen")
    options = parser.parse_args()
    (shot,) = find_shots(options.shot)
    with tempfile.TemporaryDirectory(prefix="revising-") as name:
        folder = Path(name)
        count = mattes(shot, folder, options.frames, options.mended)
        spec = JobSpec(
            "remove",
            str(shot.plate),
            (str(folder / "matte.mkv"),),
            frames=FrameRange(0, count),
            params=RemoveParams(options.quality, imagine=options.imagine),
        )
        first, *row = timed(WorkOrder(spec, str(folder / "first.mkv"), keep_work=True))
        rows = [("first, its work kept", *row)]
        mended = replace(spec, mattes=(str(folder / "mended.mkv"),))
        _, *row = timed(WorkOrder(mended, str(folder / "anew" / "anew.mkv")))
        rows.append((f"matte mended in {options.mended} frames, rendered anew", *row))
        revised, *row = timed(
            WorkOrder(replace(mended, base=first.fingerprint), str(folder / "revised.mkv"), keep_work=True)
        )
        rows.append(("the same, as a revision", *row))
    machine = describe()
    print(
        f"{options.shot.name}, {count} frames, {options.quality}; {machine['processor']}, {machine['cores']} cores\n"
    )
    print("| | clock | processor |\n|---|---|---|")
    for title, clock, busy in rows:
        print(f"| {title} | {clock:.1f} s | {busy:.1f} s |")
    print(
        f"\n{'; '.join(revised.notes)}. A revision takes {rows[2][2] / rows[1][2]:.0%} of the processor's time."
    )


def mattes(shot: Shot, folder: Path, most: int | None, mended: int) -> int:
    """Write the shot's mattes as `matte.mkv`, and with some that have grown as `mended.mkv`; how many frames."""
    with open_source(str(shot.plate)) as plate:
        count = min(plate.frame_count, most or plate.frame_count)
        with open_matte(list(shot.mattes), plate.format, plate.frame_count, plate=str(shot.plate)) as source:
            masks = [core(source.read(k)) for k in range(count)]
        height, width = masks[0].shape
        size = height // GROWTH_SHARE
        around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
        start = (count - mended) // 2
        grown = [
            cv2.dilate(mask.astype(np.uint8), around) > 0 if start <= k < start + mended else mask
            for k, mask in enumerate(masks)
        ]
    fmt = FrameFormat(width, height, Fraction(24), PixelLayout("rgb", 8), ColorTags(1, 13, 0, 2))
    for name, frames in (("matte.mkv", masks), ("mended.mkv", grown)):
        with open_writer(folder / name, fmt) as writer:
            for mask in frames:
                writer.write(picture_from_rgb(np.repeat(mask[..., None], 3, -1).astype(np.float32), fmt))
            writer.finish()
    return count


def timed(order: WorkOrder) -> tuple[JobResult, float, float]:
    """A job's result, seconds of the clock, and of the processor."""
    Path(order.output).parent.mkdir(exist_ok=True)
    began, before = time.monotonic(), children_s()
    result = work(order)
    return result, time.monotonic() - began, children_s() - before


def children_s() -> float:
    """Seconds of the processor that the ended children of this process have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
