"""Super-resolution in the small: clips of 8 × 8 pixels made 16 × 16 by an image network, then by its temporal layers.

`python bench/enlarging.py --out DIR` trains both by `lumiere train`, enlarges clips with the product's own sampler and
prints the table of docs/benchmarks.md. Trainings that DIR holds already are not repeated. The network reads the small
picture beside the noisy one, as Stable Diffusion's x4 upscaler does; the temporal layers see 8 frames at once (Lumiere,
arXiv 2401.12945, section 3.2). On two cores: half an hour of one.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from inflation import codes, values
from lumiere_bench.inflation_pictures import sheet
from lumiere_bench.teaching import image_recipe, lumiere, print_rows
from lumiere_bench.world import SCENES, SIDE, draw, write_world
from lumiere_engine.effects.ingredients import Ingredients, files_fingerprint, find_enlarging
from lumiere_engine.effects.prompting import Given, Prompter
from lumiere_engine.effects.workspace import Shelf
from lumiere_engine.learning.enlarging import resized, shrunk
from lumiere_engine.protocol.params import GenerateParams
from lumiere_engine.protocol.weights import Weights
from lumiere_engine.stunet.image_weights import find_image, fingerprint_of

Array = np.ndarray
FACTOR, WINDOW, FRAMES = 2, 8, 32

_IMAGE = image_recipe('steps = 2000\nmodes = ["small"]', "in_channels = 6\nnoise_levels = 1000")
_TEMPORAL = """[temporal]
size = [16, 16]
learning_rate = 1e-3
strides = [1, 1]
heads = 4
steps = 600
batch = 4
frames = 8
modes = ["small"]
"""


def main() -> None:
    """Train, enlarge, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=Path("lumiere-bench/enlarging"))
    parser.add_argument("--clips", type=int, default=3, help="clips that move, and clips that rest")
    chosen = parser.parse_args()
    out = chosen.out.absolute()
    train(out)
    torch.set_num_threads(1)
    table = super_resolution(out, chosen.clips)
    (out / "enlarging.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    print_rows(table)


def train(out: Path) -> None:
    """The world, the image network and its temporal layers."""
    if not (out / "world").is_dir():
        write_world(out / "world", 0)
    lumiere(out, "enlarger", _IMAGE, "train", "image", out / "world")
    lumiere(out, "enlarging", _TEMPORAL, "train", "temporal", out / "world", "--model", out / "enlarger")


def super_resolution(out: Path, clips: int) -> dict[str, dict[str, float]]:
    """How near the truth small clips come, and how much changes from frame to frame where nothing moves."""
    mixed = [SCENES[k] for k in np.random.default_rng(3).permutation(len(SCENES))]
    moving = [scene for scene in mixed if scene.motion != "rests"][:clips]
    scenes = [*moving, *(scene for scene in mixed if scene.motion == "rests")][: 2 * clips]
    true = [draw(scene, FRAMES, 60) for scene in scenes]
    shown = [resized(shrunk(values(clip), FACTOR), (SIDE, SIDE)) for clip in true]

    def made(layers: str | None, shared: int, *, apart: bool = False) -> list[Array]:
        parts = _ingredients(out, layers)
        return [
            _enlarged(parts, scene.caption, clip, 300 + k, shared, apart)
            for k, (scene, clip) in enumerate(zip(scenes, shown, strict=True))
        ]

    rows = {
        "bicubic": [codes(clip) for clip in shown],
        "each frame alone, a noise for each": made(None, 0, apart=True),
        "each frame alone": made(None, 0),
        "temporal layers, hard joins": made("enlarging", 0),
        "temporal layers, 2 frames shared": made("enlarging", 2),
    }
    sheet(out / "larger.png", [one[0] for one in (true, *rows.values())])
    table = {}
    for name, results in rows.items():
        error = [np.square(a.astype(float) - b).mean() for a, b in zip(results, true, strict=True)]
        # what of the change from frame to frame is not the truth's; at rest all of it
        change = np.stack(
            [
                np.abs(np.diff(a.astype(float) - b, axis=0)).mean((1, 2, 3))
                for a, b in zip(results, true, strict=True)
            ]
        )
        shared = 2 if "shared" in name else 0
        # of the three steps from frame to frame around the middle of what two windows share, the largest
        starts = np.arange(WINDOW - shared, FRAMES - WINDOW + 1, WINDOW - shared)
        at = starts[:, None] + shared // 2 - 1 + np.arange(-1, 2)
        table[name] = {
            "PSNR, dB": round(float(np.mean(10 * np.log10(255**2 / np.maximum(error, 1e-3)))), 2),
            "wrong change, moving": round(float(change[:clips].mean()), 2),
            "where windows meet, at rest": round(float(change[clips:, at].max(2).mean()), 2),
            "elsewhere, at rest": round(float(np.delete(change[clips:], at.ravel(), 1).mean()), 2),
        }
    return table


def _ingredients(out: Path, layers: str | None) -> Ingredients:
    folder = out / "enlarger"
    weights = [Weights("upscale", str(folder), fingerprint_of(find_image(folder)))]
    if layers is not None:
        file = out / layers / "temporal.safetensors"
        weights.append(Weights("upscale_temporal", str(file), files_fingerprint([file])))
    parts = find_enlarging(tuple(weights))
    assert parts is not None
    return parts


def _enlarged(
    parts: Ingredients, caption: str, shown: torch.Tensor, seed: int, shared: int, apart: bool
) -> Array:
    """A clip, t h w 3 uint8; frames `apart` are made one by one, each from the noise of its own number."""
    params = GenerateParams(prompt=caption, steps=16, guidance=1.0, sampler="ddim", overlap=shared)
    prompter = Prompter(parts, replace(params, frames=shown.shape[1]), seed)
    torch.set_num_threads(1)
    network, texts = prompter.network(), prompter.texts()

    def sample(clip: torch.Tensor, first: int) -> torch.Tensor:
        given = Given(torch.zeros_like(clip)[None], torch.ones_like(clip[None, :1]), clip[None])
        with TemporaryDirectory() as folder:
            return prompter.sample(
                network, texts, given, Shelf(Path(folder)), lambda _, __: None, first=first
            )[0]

    if not apart:
        return codes(sample(shown, 0))
    return codes(torch.cat([sample(frame[:, None], k) for k, frame in enumerate(shown.unbind(1))], 1))


if __name__ == "__main__":
    main()
