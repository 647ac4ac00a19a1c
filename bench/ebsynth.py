"""EbSynth as a peer of `lumiere bench style`: `python bench/ebsynth.py PROGRAM PLATE KEYS OUT`.

PROGRAM is the public command-line program (github.com/jamriska/ebsynth), which paints one picture by example; its
authors' tool for shots is not public. What is around it here follows their paper on shots (Jamriška et al., Stylizing
Video by Example, 2019): outwards from every painted frame, each frame is painted with four guides: its colours, its
edges, where its pixels are in the painted frame (composed along DIS flow), and the frame painted before, carried
here. Between two painted frames the two answers are mixed by their distance in time, so that their contrast stays.

    lumiere bench style --footage DIR --peer "ebsynth=python bench/ebsynth.py ./ebsynth {plate} {keys} {out}"
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from lumiere_bench.clips import Size, read_clip, write_clip
from lumiere_bench.style_judge import edges
from lumiere_engine.motion.flow import FlowEstimator, grid, sample

Array = np.ndarray
COLOURS, EDGES, PLACES, BEFORE = 6.0, 1.0, 2.0, 0.5  # what the guides count
MOST = 100_000


def main() -> None:
    """Paint the plate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="the command-line program")
    parser.add_argument("plate", type=Path, help="a movie")
    parser.add_argument("keys", type=Path, help="a folder of painted frames, named by their numbers")
    parser.add_argument("out", type=Path, help="the result, without its ending")
    options = parser.parse_args()
    frames, rate = read_clip(options.plate, Size(), MOST)
    keys = {int(file.stem): read_clip(file, Size(), 1)[0][0] for file in sorted(options.keys.iterdir())}
    with tempfile.TemporaryDirectory() as folder:
        painter = Painter(options.program.absolute(), Path(folder))
        write_clip(options.out.with_suffix(".mkv"), painted(painter, frames, keys), rate)


class Painter:
    """Calls the program.

    Args:
        program: the command-line program.
        folder: for its pictures.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder

    def __call__(self, style: Array, guides: list[tuple[Array, Array, float]]) -> Array:
        """A picture painted by example; all h w 3 uint8.

        Args:
            style: the painting.
            guides: what guides the painting, what guides the answer, and what that counts.
        """
        words = [str(self._program), "-style", self._stored("style", style)]
        for number, (then, now, weight) in enumerate(guides):
            words += ["-guide", self._stored(f"then{number}", then), self._stored(f"now{number}", now)]
            words += ["-weight", str(weight)]
        out = self._folder / "out.png"
        subprocess.run(
            [*words, "-backend", "cpu", "-output", str(out)], check=True, stdout=subprocess.DEVNULL
        )
        return read_clip(out, Size(), 1)[0][0]

    def _stored(self, name: str, picture: Array) -> str:
        path = self._folder / f"{name}.png"
        cv2.imwrite(str(path), picture[..., ::-1])
        return str(path)


def painted(painter: Painter, frames: Array, keys: dict[int, Array]) -> Array:
    """All frames, t h w 3 uint8; `keys` are the painted ones by their numbers."""
    answers: list[list[tuple[float, Array]]] = [[] for _ in frames]
    for key, painting in keys.items():
        answers[key].append((1.0, painting))
        for direction in (1, -1):
            others = [k for k in keys if (k - key) * direction > 0]
            end = min(others, key=lambda k: abs(k - key)) if others else None
            for frame, answer in outwards(painter, frames, key, painting, direction, end):
                share = 1.0 if end is None else abs(end - frame) / abs(end - key)
                answers[frame].append((share, answer))
    return np.stack([mixed(found) for found in answers])


def outwards(
    painter: Painter, frames: Array, key: int, painting: Array, direction: int, end: int | None
) -> Iterator[tuple[int, Array]]:
    """From a painted frame to `end`, which is another one, or to the last frame on that side."""
    estimate = FlowEstimator("medium")
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    height, width = frames.shape[1:3]
    here = grid(height, width)
    places, before = here, painting
    stop = end if end is not None else (len(frames) if direction > 0 else -1)
    for frame in range(key + direction, stop, direction):
        step = here + estimate(grey[frame], grey[frame - direction])
        places = sample(places, step)
        carried = np.clip(np.rint(sample(before.astype(np.float32), step)), 0, 255).astype(np.uint8)
        before = painter(
            painting,
            [
                (frames[key], frames[frame], COLOURS),
                (edges(frames[key]), edges(frames[frame]), EDGES),
                (as_picture(here), as_picture(places), PLACES),
                (painting, carried, BEFORE),
            ],
        )
        yield frame, before


def as_picture(places: Array) -> Array:
    """Places (h w 2, x and y in pixels) as codes, h w 3 uint8."""
    height, width = places.shape[:2]
    codes = np.clip(np.rint(places * (255 / np.array([width - 1, height - 1]))), 0, 255)
    return np.dstack([codes, np.zeros((height, width))]).astype(np.uint8)


def mixed(answers: list[tuple[float, Array]]) -> Array:
    """Answers (h w 3 uint8) by their shares, with the contrast that they have alone."""
    weights = np.array([share for share, _ in answers])
    weights = weights / weights.sum()
    pictures = np.stack([picture.astype(np.float32) for _, picture in answers])
    blend = np.tensordot(weights, pictures, 1)
    mean, wanted = blend.mean((0, 1)), np.tensordot(weights, pictures.std((1, 2)), 1)
    blend = mean + (blend - mean) * (wanted / np.maximum(blend.std((0, 1)), 1e-6))
    return np.clip(np.rint(blend), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
