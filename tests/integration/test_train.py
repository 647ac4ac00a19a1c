"""`lumiere train prior`: from a folder to weights that `lumiere remove` starts from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

RECIPE = """
[corpus]
clip_side = 40
picture_side = 48
stretch_frames = 4
[prior]
windows = [[2, 4, 16, 16]]
[prior.network]
channels = [16, 32]
blocks = 1
unshuffle = 2
temporal_strides = [2]
embedding = 32
attention_heads = 2
"""


@pytest.fixture
def material(tools: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "material"
    folder.mkdir()
    tools.write_clip(folder / "pan.mkv", tools.scene(8))
    picture = (tools.scene(1)[0] * 255).astype(np.uint8)
    cv2.imwrite(str(folder / "still.png"), picture)
    (folder / "LICENCES.tsv").write_text("file\tlicence\tauthor\npan.mkv\tCC0\tAnn\nstill.png\tCC0\tAnn\n")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return folder


def test_a_prior_is_trained_gone_on_with_and_used(tools: Any, material: Path, tmp_path: Path) -> None:
    out = tmp_path / "prior"
    common = ("train", "prior", material, "-o", out, "--recipe", tmp_path / "recipe.toml", "--json")
    first = tools.lumiere(*common, "--steps", 2)
    assert first.returncode == 0, first.stderr
    again = json.loads(tools.lumiere(*common, "--steps", 5).stdout)
    assert again["steps"] == 5
    made = {path.name for path in out.iterdir()}
    assert {"prior.safetensors", "prior.md", "recipe.toml", "loss.png", "samples.jpg"} <= made
    assert "| pan.mkv | Ann |" in (out / "prior.md").read_text()

    still = [tools.scene(1)[0]] * 4
    plate = tools.write_clip(tmp_path / "still.mkv", still)
    matte = tools.write_clip(tmp_path / "m.png", tools.as_matte(tools.holes(1)), tools.RGB)
    learned = tmp_path / "learned.safetensors"
    arguments = ("remove", plate, "--matte", matte, "--json")
    said = tools.lumiere(
        *arguments,
        "-o",
        tmp_path / "a.mkv",
        "--network",
        out / "prior.safetensors",
        "--save-network",
        learned,
    )
    assert said.returncode == 0, said.stderr
    assert learned.exists()
    recipe = tmp_path / "a.mkv.lumiere.json"
    refused = tools.lumiere("replay", recipe, "-o", tmp_path / "b.mkv")
    assert refused.returncode == 2 or refused.returncode == 1
    assert "not the weights" in refused.stderr
    same = tools.lumiere("replay", recipe, "-o", tmp_path / "b.mkv", "--network", out / "prior.safetensors")
    assert same.returncode == 0, same.stderr
    assert tools.digest(tmp_path / "a.mkv") == tools.digest(tmp_path / "b.mkv")


def test_material_without_licences_is_refused_in_one_line(tools: Any, tmp_path: Path) -> None:
    said = tools.lumiere("train", "prior", tmp_path, "-o", tmp_path / "prior")
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1 and "LICENCES.tsv" in said.stderr
