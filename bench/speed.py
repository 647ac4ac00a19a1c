"""Seconds per stage and peak memory of a removal on the bundled shot: `make bench`.

    python bench/speed.py [--quality draft standard best] [--plate MEDIA --matte MEDIA]

Prints a Markdown table with the machine's name; figures of different machines, or of a busy one, do not compare.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
from pathlib import Path

from lumiere_engine.protocol import JobResult, RemoveParams
from lumiere_engine.protocol.messages import STAGES
from lumiere_plugin.performing import here
from lumiere_plugin.preparing import Request, prepare

FILM = Path(__file__).parent.parent / "assets" / "demo"


def measure(plate: Path, matte: Path, quality: str) -> tuple[JobResult, float]:
    """The job's result, and the largest memory in GiB that a worker of this process has needed so far."""
    with tempfile.TemporaryDirectory() as folder:
        request = Request(plate, (matte,), Path(folder) / "clip.mkv", params=RemoveParams(quality=quality))
        result = here(prepare(request), lambda step: None).result
    return result, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quality", nargs="+", default=["draft", "standard"])
    parser.add_argument("--plate", type=Path, default=FILM / "crossing.mov")
    parser.add_argument("--matte", type=Path, default=FILM / "crossing_matte.mkv")
    options = parser.parse_args()
    print(f"{options.plate.name}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    print(f"| quality | frames | {' | '.join(STAGES['remove'])} | s in all | s per frame | GiB so far |")
    print("|---" * (len(STAGES["remove"]) + 5) + "|")
    for quality in options.quality:
        result, memory = measure(options.plate, options.matte, quality)
        stages = " | ".join(f"{result.seconds.get(stage, 0.0):.1f}" for stage in STAGES["remove"])
        total = sum(result.seconds.values())
        each = total / result.frame_count
        row = f"| {quality} | {result.frame_count} | {stages} | {total:.1f} | {each:.2f} | {memory:.2f} |"
        print(row, flush=True)


if __name__ == "__main__":
    main()
