"""Trainings of the benchmarks, by the commands that a user has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


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
