"""A look taught to the image model alone, carried by its temporal layers: style interpolation, in the small.

`python bench/styling.py --out DIR` teaches a LoRA a look of two inks by `lumiere train lora`, to the model of
`bench/inflation.py`, generates clips with more and more of it and prints the table of docs/benchmarks.md (Lumiere,
arXiv 2401.12945, section 4.3: W = α · W_style + (1 - α) · W_own). The temporal layers never saw that look. What DIR
holds is not trained again. On two cores: ten minutes of one, after `bench/inflation.py`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from inflation import WINDOW, Studio, train
from lumiere_bench.clips import write_clip
from lumiere_bench.inflation_pictures import sheet
from lumiere_bench.teaching import lumiere, print_rows
from lumiere_bench.world import FRAMES, RATE, SCENES, draw, read
from lumiere_engine.effects.ingredients import files_fingerprint
from lumiere_engine.protocol.weights import Weights

Array = np.ndarray
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_SHADOW, _LIGHT = np.array([24, 20, 92.0]), np.array([250, 236, 190.0])
_LUMA = np.array([0.2126, 0.7152, 0.0722])
_LORA = """[lora]
steps = 400
batch = 16
size = [16, 16]
learning_rate = 2e-3
rank = 8
"""


def inked(clip: Array) -> Array:
    """A clip in two inks: what is dark is blue, what is light is cream; t h w 3 uint8."""
    light = (clip @ _LUMA / 255)[..., None]
    return np.rint(_SHADOW * (1 - light) + _LIGHT * light).astype(np.uint8)


def write_inked(folder: Path) -> None:
    """A clip of every scene in two inks, with the caption that it always had."""
    folder.mkdir(parents=True)
    for number, scene in enumerate(SCENES):
        write_clip(folder / f"{number:03d}.mkv", inked(draw(scene, FRAMES, 20)), RATE)
        (folder / f"{number:03d}.txt").write_text(scene.caption + "\n", encoding="utf-8")


def main() -> None:
    """Train, generate, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("lumiere-bench/inflation"))
    parser.add_argument("--clips", type=int, default=12)
    chosen = parser.parse_args()
    out = chosen.out.absolute()
    train(out)
    if not (out / "inked").is_dir():
        write_inked(out / "inked")
    lumiere(out, "look", _LORA, "train", "lora", out / "inked", "--model", out / "image")
    table = interpolation(out, chosen.clips)
    (out / "styling.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    print_rows(table)


def interpolation(out: Path, clips: int) -> dict[str, dict[str, float]]:
    """Clips of the same noise with more and more of the look: how much they have of it, and whether they move alike."""
    file = out / "look" / "lora.safetensors"
    studio = Studio(out)
    # on black every object is seen in two inks as well
    scenes = [scene for scene in SCENES if scene.ground == "black"]
    scenes = [scenes[k] for k in np.random.default_rng(4).permutation(len(scenes))[:clips]]
    made = {
        share: [
            studio(
                "temporal",
                scene.caption,
                WINDOW,
                400 + k,
                lora=Weights("lora", str(file), files_fingerprint([file]), share),
            )
            for k, scene in enumerate(scenes)
        ]
        for share in SHARES
    }
    sheet(out / "styling.png", [made[share][k] for k in range(min(2, len(scenes))) for share in SHARES])
    own = made[0.0]
    return {
        f"{share:.0%} of the look": {
            "off its inks by, of 255": round(_mean(_off(clip) for clip in made[share]), 1),
            "place moved by, px": round(
                _mean(_apart(clip, before) for clip, before in zip(made[share], own, strict=True)), 2
            ),
            "change from frame to frame": round(_mean(map(_change, made[share])), 2),
        }
        for share in SHARES
    }


def _mean(values: object) -> float:
    return float(np.mean(list(values)))  # type: ignore[call-overload]


def _off(clip: Array) -> float:
    return float(np.abs(clip.astype(float) - inked(clip)).mean())


def _apart(clip: Array, before: Array) -> float:
    """How far the object is from where it was, over all frames that show it in both."""
    return float(np.nan_to_num(np.nanmean(np.linalg.norm(read(clip).path - read(before).path, axis=1))))


def _change(clip: Array) -> float:
    return float(np.abs(np.diff(clip.astype(float), axis=0)).mean())


if __name__ == "__main__":
    main()
