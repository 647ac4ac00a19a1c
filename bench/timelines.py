"""Processor seconds for a long timeline, per format: opened, a track added, written: `make bench`.

    python bench/timelines.py [--clips 5000]

Written means whole: with the look at the file that every format but .otio gets. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from lumiere_engine.protocol.errors import LumiereError
from lumiere_otio import Timeline, add_result, overview, read_timeline, select_clip, write_timeline

RATE = 24000 / 1001
SUFFIXES = (".otio", ".fcpxml", ".xml")


def edit(folder: Path, clips: int) -> Timeline:
    """One track of clips of fifty media files, which are empty."""
    span = otio.opentime.TimeRange
    track = otio.schema.Track("V1")
    for number in range(clips):
        media = folder / f"{number % 50}.mov"
        media.touch()
        offered = span(otio.opentime.RationalTime(0, RATE), otio.opentime.RationalTime(2000, RATE))
        used = span(otio.opentime.RationalTime(number % 100, RATE), otio.opentime.RationalTime(10, RATE))
        track.append(otio.schema.Clip(f"c{number}", otio.schema.ExternalReference(str(media), offered), used))
    timeline = otio.schema.Timeline("long", global_start_time=otio.opentime.RationalTime(86400, RATE))
    timeline.tracks.append(track)
    return Timeline.from_otio(timeline)


def measure(path: Path, clips: int) -> list[float]:
    """Seconds to open the file with its overview, to add a result in its middle, and to write it."""
    marks = [time.process_time()]
    timeline = read_timeline(path)
    overview(timeline)
    marks.append(time.process_time())
    chosen = select_clip(timeline, f"c{clips // 2}")
    result = add_result(
        timeline, chosen, media_path=path.with_name("result.mov"), result_range=chosen.media_range,
        rate=Fraction(24000, 1001), media_start_frame=0, recipe={},
    )  # fmt: skip
    marks.append(time.process_time())
    write_timeline(result, path.with_name(f"out{path.suffix}"))
    marks.append(time.process_time())
    return [after - before for before, after in itertools.pairwise(marks)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=5000)
    clips = parser.parse_args().clips
    print(f"\n| {clips} clips | opened, s | track added, s | written, s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = edit(folder, clips)
        for suffix in SUFFIXES:
            try:
                write_timeline(made, folder / f"long{suffix}")
                row = " | ".join(f"{one:.2f}" for one in measure(folder / f"long{suffix}", clips))
            except LumiereError as error:
                row = str(error)
            print(f"| {suffix} | {row} |", flush=True)
        before = time.process_time()
        otio.adapters.read_from_file(str(folder / "long.xml"))
        print(f"| .xml by OpenTimelineIO's adapter alone | {time.process_time() - before:.2f} | | |")


if __name__ == "__main__":
    main()
