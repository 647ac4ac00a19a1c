"""What each part of a removal earns: the same cases with one part left out at a time.

    python bench/ablation.py --footage DIR --shots a,b [--masks stationary] [--frames 70]

Prints a Markdown table: PSNR inside the holes, patch distance (0 is perfect), warp ratio (1 is as still as the truth),
seconds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from lumiere_bench.cases import Case, recipes
from lumiere_bench.clips import Size, read_result
from lumiere_bench.footage import choose_shots, find_shots
from lumiere_bench.measures import Judge
from lumiere_engine.effects import remove as removal
from lumiere_engine.effects import settling
from lumiere_engine.effects.effort import EFFORTS, Effort
from lumiere_engine.motion import borrow, pyramid
from lumiere_engine.motion.steady import Opinions
from lumiere_engine.protocol import JobSpec, RemoveParams, WorkOrder
from lumiere_plugin.preparing import Request, fingerprint, weights

STANDARD = EFFORTS["standard"]
WITHOUT = {
    "all of it": STANDARD,
    "no network": replace(STANDARD, fit_steps=0, sample_steps=0),
    "network, not fitted to the shot": replace(STANDARD, fit_steps=0),
    "no texture by example": replace(STANDARD, textures=0),
    "neither": replace(STANDARD, fit_steps=0, sample_steps=0, textures=0),
    "neither, every frame a key": replace(
        STANDARD, fit_steps=0, sample_steps=0, textures=0, borrow=replace(STANDARD.borrow, key_every=1)
    ),
}
MEMBRANE = "neither, a membrane for the smooth fill"
FLICKERING = "neither, nothing fused over time"
COLUMNS = ("hole_psnr_db", "patch_distance", "warp_ratio")


def measure(
    case: Case, effort: Effort, start: str | None, folder: Path
) -> tuple[dict[str, float | None], float]:
    """The measures of one variant of a stored case, and its seconds."""
    with patched(removal.EFFORTS, "standard", effort):
        network = weights(Request(Path(), ())) if start is None else Path(start)
        params = RemoveParams("standard", grow=0.0, feather=0.0)
        spec = JobSpec(
            "remove",
            str(case.plate_path),
            (str(case.matte_path),),
            params=params,
            checkpoint=fingerprint(network),
        )
        folder.mkdir(parents=True, exist_ok=True)
        order = WorkOrder(spec, str(folder / "clip.mkv"), overwrite=True, network=str(network))
        began = time.perf_counter()
        removal.remove(order, lambda step: None)
        seconds = time.perf_counter() - began
    result = read_result(folder / "clip.mkv", case.truth.shape)
    return Judge(case).measure(result).to_wire(), seconds


@contextmanager
def patched(table: dict[str, Effort], name: str, value: Effort) -> Iterator[None]:
    """`table[name]` is `value` for a while."""
    before = table[name]
    table[name] = value
    try:
        yield
    finally:
        table[name] = before


@contextmanager
def membrane_fill() -> Iterator[None]:
    """A membrane in place of the smooth fill, for a while."""
    with replaced(
        borrow, "smooth_fill", lambda picture, hole: pyramid.push_pull(picture.astype("f4"), ~hole)
    ):
        yield


@contextmanager
def unsteady() -> Iterator[None]:
    """Every frame keeps its own opinion, for a while."""

    def own(shot: Opinions, _memory: object) -> Iterator[tuple[int, np.ndarray]]:
        for frame in range(shot.view.frame_count):
            if shot.view.hole(frame).any():
                yield frame, shot.picture(frame)[shot.view.hole(frame)]

    with replaced(settling, "steady", own):
        yield


@contextmanager
def replaced(module: ModuleType, name: str, value: object) -> Iterator[None]:
    """`module.name` is `value` for a while."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--footage", type=Path, required=True)
    parser.add_argument("--shots", default="")
    parser.add_argument("--masks", default="stationary")
    parser.add_argument("--frames", type=int, default=70)
    parser.add_argument("--network")
    options = parser.parse_args()
    shots = find_shots(options.footage)
    chosen = choose_shots(shots, [name for name in options.shots.split(",") if name])
    made = recipes(shots, chosen, options.masks.split(","), [Size.parse("432x240")], options.frames, 0)
    print(f"| case | variant | {' | '.join(COLUMNS)} | s |")
    print("|---" * (len(COLUMNS) + 3) + "|")
    for recipe in made:
        with tempfile.TemporaryDirectory() as folder:
            case = recipe.make(Path(folder))
            case.store()
            special = {MEMBRANE: membrane_fill, FLICKERING: unsteady}
            for name in (*WITHOUT, *special):
                effort = WITHOUT.get(name, WITHOUT["neither"])
                with special.get(name, nullcontext)():
                    found, seconds = measure(case, effort, options.network, Path(folder) / name)
                values = " | ".join(f"{found[column]:.2f}" for column in COLUMNS)
                print(f"| {case.name} | {name} | {values} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
