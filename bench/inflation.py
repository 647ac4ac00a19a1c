"""The claims about inflation, proven in the small: on a world of 16 × 16 pixels whose clips a program reads back.

`python bench/inflation.py --out DIR` trains a small text-to-image model and, on top of it, five sets of temporal
layers by `lumiere train`, then generates with the product's own sampler and prints the tables of
docs/benchmarks.md. Trainings that DIR holds already are not repeated. On two cores: two hours and a half of one.
Super-resolution stands beside it, in `bench/enlarging.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from lumiere_bench.inflation_pictures import loss_curves, paths, sheet
from lumiere_bench.teaching import image_recipe, lumiere, print_rows
from lumiere_bench.world import FRAMES, PERIOD, SCENES, SIDE, draw, read, swing_share, write_world
from lumiere_engine.effects.ingredients import files_fingerprint, find_ingredients
from lumiere_engine.effects.prompting import Given, Prompter
from lumiere_engine.effects.workspace import Shelf
from lumiere_engine.learning.state import FitState
from lumiere_engine.protocol.params import GenerateParams
from lumiere_engine.protocol.weights import Weights
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams
from lumiere_engine.stunet.image_weights import find_image, fingerprint_of
from lumiere_engine.stunet.inflated import InflatedSTUNet
from torch.utils.flop_counter import FlopCounterMode

Array = np.ndarray
Table = dict[str, dict[str, float]]
WINDOW = 16

_IMAGE = image_recipe("steps = 5000", "in_channels = 3")
_TEMPORAL = """[temporal]
size = [16, 16]
learning_rate = 2e-3
strides = [2, 2]
heads = 4
"""
_WHOLE = {
    "temporal": 'steps = 2500\nbatch = 4\nframes = 16\nmodes = ["nothing", "nothing", "first"]\n',
    "he": 'steps = 200\nbatch = 4\nframes = 16\nmodes = ["nothing", "nothing", "first"]\nstart = "he"\n',
}
# These go on from "temporal" on clips that swing, all of them: what is compared is how a swing is put together.
# The one that works in one pass learns for as long as the two of the cascade together.
_SWINGS = {
    "swing": 'steps = 3000\nbatch = 4\nframes = 16\nmodes = ["nothing"]\n',
    "keys": f'steps = 1500\nbatch = 16\nframes = 4\nframe_step = {PERIOD}\nmodes = ["nothing"]\n',
    "between": f'steps = 1500\nbatch = 11\nframes = {PERIOD + 1}\nmodes = ["ends"]\n',
}


def main() -> None:
    """Train, generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=Path("lumiere-bench/inflation"))
    parser.add_argument("--clips", type=int, default=36, help="clips per row of a table")
    parser.add_argument("--only", nargs="*", default=[], help="tables; nothing said is all")
    chosen = parser.parse_args()
    out = chosen.out.absolute()
    train(out)
    torch.set_num_threads(1)
    studio = Studio(out)
    few = max(6, chosen.clips // 3)
    tables: dict[str, Callable[[], Table]] = {
        "alignment": lambda: alignment(studio, chosen.clips),
        "coherence": lambda: coherence(studio, chosen.clips),
        "joins": lambda: joins(studio, few),
        "first frame": lambda: first_frame(studio, few),
        "start": lambda: starts(out),
        "operations": operations,
    }
    file = out / "inflation.json"
    results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for name in chosen.only or tables:
        results[name] = tables[name]()
        file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        print(f"\n## {name}")
        print_rows(results[name])


def train(out: Path) -> None:
    """The world, and all trainings, by the commands that a user has."""
    if not (out / "world").is_dir():
        write_world(out / "world", 0)
    lumiere(out, "image", _IMAGE, "train", "image", out / "world")
    if not (out / "swings").is_dir():
        write_world(out / "swings", 7, 3, ("swings",))
    teach = ("train", "temporal", "--model", out / "image")
    lumiere(out, "temporal", _TEMPORAL + _WHOLE["temporal"], *teach, out / "world")
    for name, more in _SWINGS.items():
        start = out / "temporal" / "temporal.safetensors"
        lumiere(out, name, _TEMPORAL + more, *teach, out / "swings", "--from", start)
    lumiere(out, "he", _TEMPORAL + _WHOLE["he"], *teach, out / "world")


class Studio:
    """Generates clips of the world with the trained layers."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._image = Weights("image", str(out / "image"), fingerprint_of(find_image(out / "image")))
        self._ready: dict[str, tuple[object, object]] = {}

    def __call__(
        self,
        layers: str,
        prompt: str,
        frames: int,
        seed: int,
        given: Given | None = None,
        lora: Weights | None = None,
        **more: object,
    ) -> Array:
        """A clip, t h w 3 uint8."""
        file = self.out / layers / "temporal.safetensors"
        weights = (self._image, Weights("temporal", str(file), files_fingerprint([file])))
        weights += () if lora is None else (lora,)
        params = GenerateParams(
            prompt=prompt, frames=frames, steps=16, guidance=2.0, sampler="ddim", weights=weights
        )
        prompter = Prompter(find_ingredients(weights), replace(params, **more), seed)  # type: ignore[arg-type]
        torch.set_num_threads(1)
        ready = layers if lora is None else f"{layers} {lora.scale}"
        if ready not in self._ready:
            self._ready[ready] = (prompter.network(), None)
        shape = (1, 3, frames, SIDE, SIDE)
        given = given or Given(torch.zeros(shape), torch.ones(1, 1, *shape[2:]))
        with TemporaryDirectory() as folder:
            clip = prompter.sample(
                self._ready[ready][0],  # type: ignore[arg-type]
                prompter.texts(),
                given,
                Shelf(Path(folder)),
                lambda _, __: None,
            )
        return codes(clip[0])

    def cascade(self, prompt: str, seed: int) -> Array:
        """Key frames a period apart, then what lies between each two of them: 16 frames."""
        keys = self("keys", prompt, 4, seed)
        out = np.zeros((WINDOW, SIDE, SIDE, 3), np.uint8)
        for number in range(3):
            ends = np.zeros((PERIOD + 1, SIDE, SIDE, 3), np.uint8)
            ends[0], ends[-1] = keys[number], keys[number + 1]
            wanted = torch.ones(1, 1, PERIOD + 1, SIDE, SIDE)
            wanted[:, :, [0, -1]] = 0
            between = self(
                "between", prompt, PERIOD + 1, seed * 10 + number, Given(values(ends)[None], wanted)
            )
            out[number * PERIOD : (number + 1) * PERIOD + 1] = between
        return out


def values(clip: Array) -> torch.Tensor:
    """As networks read it: t h w 3 uint8 → 3 t h w in [-1, 1]."""
    return torch.from_numpy(clip.astype(np.float32) / 127.5 - 1).permute(3, 0, 1, 2)


def codes(clip: torch.Tensor) -> Array:
    """The inverse of `values`; what lies outside of [-1, 1] is cut."""
    return np.rint(np.clip((clip.permute(1, 2, 3, 0).numpy() + 1) / 2, 0, 1) * 255).astype(np.uint8)


def alignment(studio: Studio, clips: int) -> dict[str, dict[str, float]]:
    """How often a clip shows what its prompt says, part by part; by the reading program, also of true clips."""
    scenes = [SCENES[k] for k in np.random.default_rng(1).permutation(len(SCENES))[:clips]]
    made = {
        "true clips": [draw(scene, WINDOW, 9) for scene in scenes],
        "one pass": [studio("temporal", scene.caption, WINDOW, k) for k, scene in enumerate(scenes)],
        "guidance 1": [
            studio("temporal", scene.caption, WINDOW, k, guidance=1.0) for k, scene in enumerate(scenes)
        ],
    }
    sheet(studio.out / "alignment.png", made["one pass"][:12])
    table = {}
    for name, results in made.items():
        readings = [read(clip).scene for clip in results]
        table[name] = {
            part: round(
                float(
                    np.mean(
                        [getattr(a, part) == getattr(b, part) for a, b in zip(readings, scenes, strict=True)]
                    )
                ),
                2,
            )
            for part in ("colour", "shape", "ground", "motion", "way")
        }
    return table


def coherence(studio: Studio, clips: int) -> dict[str, dict[str, float]]:
    """Of clips that swing with the period of the key frames: how much of x(t) is one swing over the whole clip."""
    swings = [scene for scene in SCENES if scene.motion == "swings"]
    scenes = swings[:: max(1, len(swings) // clips)][:clips]
    made = {
        "true clips": [draw(scene, WINDOW, 9) for scene in scenes],
        "one pass": [studio("swing", scene.caption, WINDOW, 100 + k) for k, scene in enumerate(scenes)],
        "key frames + in-between": [studio.cascade(scene.caption, 100 + k) for k, scene in enumerate(scenes)],
    }
    sheet(studio.out / "coherence.png", [clip for name in made for clip in made[name][:4]])
    paths(studio.out / "coherence_paths.png", {name: list(map(_sideways, made[name][:9])) for name in made})
    faultless = {"one swing explains": round(float(np.mean([_pieced(k) for k in range(1000)])), 2)}
    return {"cascade without a mistake": faultless} | {
        name: {
            "one swing explains": round(float(np.mean([_swing(clip) for clip in results])), 2),
            "moves sideways by, px": round(
                float(np.mean([np.nanstd(_sideways(clip)) for clip in results])), 2
            ),
            "key frames move by, px": round(
                float(np.mean([np.nanstd(_sideways(clip)[::PERIOD]) for clip in results])), 2
            ),
        }
        for name, results in made.items()
    }


def _pieced(seed: int) -> float:
    """The most that a cascade can do: true swings from key frame to key frame, each to the side it likes.

    Between two key frames at one place lie two swings, of phase φ and of π - φ, and nothing tells which.
    """
    rng = np.random.default_rng([5, seed])
    phase, frames = rng.uniform(0, 2 * np.pi), np.arange(WINDOW)
    here = np.where(rng.random(WINDOW // PERIOD) < 0.5, phase, np.pi - phase)[np.minimum(frames // PERIOD, 2)]
    return swing_share(frames, np.sin(2 * np.pi * frames / PERIOD + here))


def _sideways(clip: Array) -> Array:
    return read(clip).path[:, 0]


def _swing(clip: Array) -> float:
    x = _sideways(clip)
    known = np.isfinite(x)
    return swing_share(np.flatnonzero(known), x[known]) if known.sum() > 6 else 0.0


def joins(studio: Studio, clips: int) -> dict[str, dict[str, float]]:
    """Clips longer than a window: mean change from frame to frame where windows meet, against everywhere else."""
    frames = 2 * WINDOW + WINDOW // 2
    rests = [scene for scene in SCENES if scene.motion == "rests"]
    scenes = rests[:: max(1, len(rests) // clips)][:clips]
    table, sheets = {}, []
    for overlap in (0, 2, 4):
        count = -(-(frames - overlap) // (WINDOW - overlap))
        size = -(-(frames + (count - 1) * overlap) // count)
        seams = [k * (size - overlap) + j for k in range(1, count) for j in range(max(1, overlap + 1))]
        at, elsewhere = [], []
        for k, scene in enumerate(scenes):
            clip = studio("temporal", scene.caption, frames, 200 + k, overlap=overlap)
            change = np.abs(np.diff(clip.astype(float), axis=0)).mean((1, 2, 3))
            at.append(change[[s - 1 for s in seams if s < frames]].max())
            elsewhere.append(np.median(change))
            if k == 0:
                sheets.append(clip)
        name = "hard joins" if not overlap else f"MultiDiffusion, {overlap} frames shared"
        table[name] = {
            "largest change at a seam": round(float(np.mean(at)), 2),
            "median change": round(float(np.mean(elsewhere)), 2),
            "ratio": round(float(np.mean(at) / np.mean(elsewhere)), 2),
        }
    sheet(studio.out / "joins.png", sheets)
    return table


def first_frame(studio: Studio, clips: int) -> dict[str, dict[str, float]]:
    """Clips from a picture: how far frame 0 is from it, and how often the others show the same object."""
    scenes = [SCENES[k] for k in np.random.default_rng(2).permutation(len(SCENES))[:clips]]
    error, same, motion, sheets = [], [], [], []
    for k, scene in enumerate(scenes):
        true = draw(scene, FRAMES, 50)[:WINDOW]
        wanted = torch.ones(1, 1, WINDOW, SIDE, SIDE)
        wanted[:, :, 0] = 0
        clip = studio("temporal", scene.caption, WINDOW, 300 + k, Given(values(true)[None], wanted))
        found = read(clip).scene
        error.append(np.abs(clip[0].astype(int) - true[0]).max())
        same.append((found.colour, found.ground) == (scene.colour, scene.ground))
        motion.append(found.motion == scene.motion)
        sheets.append(clip)
    sheet(studio.out / "first_frame.png", sheets[:8])
    return {
        "image to video": {
            "largest error in frame 0": float(max(error)),
            "same colours": round(float(np.mean(same)), 2),
            "motion as told": round(float(np.mean(motion)), 2),
        }
    }


def starts(out: Path) -> dict[str, dict[str, float]]:
    """Loss of the temporal layers whose resampling starts as the identity, against He's start."""
    curves = {
        name: np.array(FitState.load(out / layers / "state.safetensors").losses[:200])
        for name, layers in (("identity", "temporal"), ("He", "he"))
    }
    loss_curves(out / "start.png", curves)
    return {
        name: {
            f"steps {low} to {high}": round(float(losses[low:high].mean()), 4)
            for low, high in ((0, 20), (20, 50), (50, 100), (100, 200))
        }
        for name, losses in curves.items()
    }


def operations() -> dict[str, dict[str, float]]:
    """Operations of one evaluation at the size of Stable Diffusion 1.5, 32 × 32 latents, counted and not run."""
    table = {}
    for frames in (16, 80):
        counted = {}
        for name, strides in (("stride 1", (1, 1, 1)), ("stride 2", (2, 2, 2))):
            with torch.device("meta"):
                network = InflatedSTUNet(InflatedParams(ImageUNetParams(), TemporalParams(strides)))
                x, text = torch.empty(1, 4, frames, 32, 32), torch.empty(1, 77, 768)
                with FlopCounterMode(display=False) as counter, torch.no_grad():
                    network(x, torch.empty(1), text)
            counted[name] = counter.get_total_flops() / 2e12
        table[f"{frames} frames"] = {
            **{f"{name}, T multiply-adds": round(value, 2) for name, value in counted.items()},
            "saved": f"{1 - counted['stride 2'] / counted['stride 1']:.0%}",
        }
    return table


if __name__ == "__main__":
    main()
