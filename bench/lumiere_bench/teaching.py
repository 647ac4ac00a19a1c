"""Trainings of the benchmarks, by the commands that a user has, and the tables that come of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def image_recipe(training: str, network: str) -> str:
    """The recipe of an image network of the small world.

    Args:
        training: lines of TOML, beside batch, size and learning rate.
        network: the same, beside its widths and depths.
    """
    return f"""[image]
{training}
batch = 32
size = [16, 16]
learning_rate = 2e-3
[network]
{network}
out_channels = 3
channels = [32, 64, 96]
layers = 1
depths = [0, 1, 1]
heads = [1, 2, 3]
context = 64
groups = 8
[schedule]
prediction = "v_prediction"
zero_terminal = true
"""


def lumiere(out: Path, name: str, recipe: str, *command: object) -> None:
    """Run a training, or go on with it, on one thread.

    Args:
        out: folder of the benchmark; its registered models and what it keeps lie there too.
        name: of the training's folder in it, and of its recipe's file.
        recipe: TOML.
        command: of `lumiere`, without result and recipe.
    """
    (out / f"{name}.toml").write_text(recipe, encoding="utf-8")
    words = [*command, "-o", out / name, "--recipe", out / f"{name}.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "LUMIERE_HOME": str(out / "home")}
    subprocess.run([sys.executable, "-m", "lumiere_plugin", *map(str, words)], check=True, env=environment)


def print_rows(table: dict[str, dict[str, float]]) -> None:
    """Print a table: its rows, and of each what was measured."""
    for row, measured in table.items():
        print(
            f"| {row} | " + " | ".join(f"{key} {value}" for key, value in measured.items()) + " |",
            flush=True,
        )
