"""Renders the film's shots with Blender's `bpy` into a work folder, for `finish_film.py` to work on.

python assets/film/render_film.py --work WORK [--shot crossing|pond] [--samples N] [--frames A-B] [--step N]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import passes
import shot_crossing
import shot_pond

SHOTS = {"crossing": shot_crossing, "pond": shot_pond}


def render(shot: str, work: Path, samples: int, frames: list[int], kinds: list[str]) -> None:
    """One shot: its kinds of pictures, and exact data of the scene with and without the object."""
    scene = SHOTS[shot].build()
    folder = work / shot
    folder.mkdir(parents=True, exist_ok=True)
    passes.save_cameras(scene, range(SHOTS[shot].FRAMES), folder / "cameras.json")
    for kind in kinds:
        began = time.monotonic()
        if kind.endswith("_data"):
            SHOTS[shot].show_object(kind == "plate_data")
            passes.data_setup(scene)
            passes.render_frames(scene, frames, folder / kind / "%04d.exr", SHOTS[shot].prepare)
        else:
            picture = SHOTS[shot].PICTURES[kind]
            SHOTS[shot].show_object(picture.with_object)
            passes.picture_setup(scene, samples * picture.finer)
            passes.mask_output(scene, folder / f"{kind}_mask", "")
            wanted = frames[:1] if picture.first_only else frames
            passes.render_frames(
                scene, wanted, folder / kind / "%04d.png", SHOTS[shot].prepare, picture.region
            )
        print(f"{shot} {kind}: {(time.monotonic() - began) / len(frames):.2f} s a frame", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--work", type=Path, required=True, help="a folder for the rendered frames (about 1 GB)"
    )
    parser.add_argument("--shot", choices=SHOTS, action="append", help="all shots if not given")
    parser.add_argument(
        "--kind",
        action="append",
        help="one kind of picture or data; all if not given",
    )
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--frames", default="", help="A-B, both included; the whole shot if not given")
    parser.add_argument("--step", type=int, default=1, help="render every Nth frame only")
    arguments = parser.parse_args()
    for shot in arguments.shot or list(SHOTS):
        first, last = (int(n) for n in (arguments.frames or f"0-{SHOTS[shot].FRAMES - 1}").split("-"))
        frames = list(range(first, last + 1, arguments.step))
        render(
            shot,
            arguments.work.resolve(),
            arguments.samples,
            frames,
            arguments.kind or [*SHOTS[shot].PICTURES, *SHOTS[shot].DATA],
        )


if __name__ == "__main__":
    main()
