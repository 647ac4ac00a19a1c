"""From captioned clips to a model to a generated clip: the real commands, a world of two pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lumiere_engine.frames.source import open_source

pytest.importorskip("transformers")
IMAGE = """
[image]
batch = 2
size = [16, 16]
[network]
in_channels = 3
out_channels = 3
channels = [16, 32]
layers = 1
depths = [0, 1]
heads = [2, 2]
context = 16
groups = 8
[schedule]
prediction = "v_prediction"
"""
TEMPORAL = """
[temporal]
batch = 1
size = [16, 16]
frames = 4
modes = ["nothing", "first"]
heads = 2
"""


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks are slower on more."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def world(tools: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "world"
    folder.mkdir()
    for number, word in enumerate(("wide", "narrow")):
        tools.write_clip(folder / f"{word}.mkv", tools.scene(5, step=4 + number), tools.RGB)
        (folder / f"{word}.txt").write_text(f"a {word} plane\n")
    (tmp_path / "image.toml").write_text(IMAGE)
    (tmp_path / "temporal.toml").write_text(TEMPORAL)
    return folder


def test_without_a_model_one_line_says_what_to_add_and_what_works_without(tools: Any, tmp_path: Path) -> None:
    said = tools.lumiere("generate", "--prompt", "a plane", cwd=tmp_path)
    assert said.returncode == 2
    (line,) = said.stderr.splitlines()
    assert "lumiere models add FOLDER" in line and "`lumiere remove` works without" in line
    assert not list(tmp_path.iterdir())


def test_effects_that_are_asked_for_a_prompt_say_the_same_and_that_they_work_without(
    tools: Any, tmp_path: Path
) -> None:
    for command, without in (
        (("remove", "shot.mov", "--matte", "matte.mov"), "`lumiere remove` without --prompt needs none"),
        (("stylize", "shot.mov"), "`lumiere stylize` with --reference or --keyframe needs none"),
    ):
        said = tools.lumiere(*command, "--prompt", "sand", cwd=tmp_path)
        assert said.returncode == 2
        (line,) = said.stderr.splitlines()
        assert "lumiere models add FOLDER" in line and without in line
    said = tools.lumiere("stylize", "shot.mov", "--prompt", "sand", "--scale", 2, cwd=tmp_path)
    assert said.returncode == 2 and "takes the place of a reference" in said.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_from_captioned_clips_to_a_generated_clip(tools: Any, tmp_path: Path, world: Path) -> None:
    def lumiere(*arguments: Any) -> Any:
        said = tools.lumiere(*arguments, "--json", cwd=tmp_path)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    lumiere("train", "image", world, "-o", "model", "--recipe", "image.toml", "--steps", 2)
    added = lumiere("models", "add", "model", "--name", "planes")
    assert added["kind"] == "image"
    still = tools.lumiere("generate", "--prompt", "a plane", cwd=tmp_path)
    assert still.returncode == 2 and "lumiere train temporal" in still.stderr
    trained = lumiere(
        "train", "temporal", world, "--model", "planes", "-o", "t", "--recipe", "temporal.toml", "--steps", 2
    )
    assert trained["steps"] == 2 and (tmp_path / "t" / "loss.png").exists()
    moving = lumiere("models", "add", trained["temporal"], "--name", "moving")
    assert moving["trained_with"] == added["fingerprint"]
    assert [one["name"] for one in lumiere("models", "list")["models"]] == ["moving", "planes"]
    done = lumiere("generate", "--prompt", "a wide plane", "--frames", 6, "--steps", 2)
    assert Path(done["output"]).name == "a_wide_plane.mov" and done["origin"] is None
    with open_source(done["output"]) as source:
        assert (source.format.width, source.format.height, source.frame_count) == (16, 16, 6)
        assert source.format.rate == 16
    first = lumiere(
        "generate", "--image", world / "wide.mkv", "--frames", 4, "--steps", 2, "-o", "moved.mkv", "--seed", 3
    )
    with open_source(first["output"]) as source:
        pictures = [source.read(k).planes[0] for k in range(4)]
        assert not np.array_equal(pictures[0], pictures[1])
    lumiere("replay", "moved.mkv.lumiere.json", "-o", "again.mkv")
    with open_source(tmp_path / "again.mkv") as source:
        assert all(np.array_equal(source.read(k).planes[0], pictures[k]) for k in range(4))
    matte = tools.write_clip(tmp_path / "m.png", tools.as_matte(tools.holes(1)), tools.RGB)
    filled = lumiere(
        "remove",
        world / "wide.mkv",
        "--matte",
        matte,
        "--prompt",
        "a plane",
        "--quality",
        "draft",
        "-o",
        "filled.mkv",
    )
    assert filled["origin"] is not None
    drawn = lumiere("stylize", world / "wide.mkv", "--prompt", "a narrow plane", "--quality", "draft")
    with open_source(world / "wide.mkv") as source, open_source(drawn["output"]) as result:
        assert result.frame_count == source.frame_count and result.format.width == source.format.width
    (tmp_path / "lora.toml").write_text("[lora]\nsize = [16, 16]\nbatch = 2\n")
    look = lumiere(
        "train",
        "lora",
        world,
        "--model",
        "planes",
        "-o",
        "l",
        "--recipe",
        "lora.toml",
        "--rank",
        2,
        "--steps",
        2,
    )
    assert lumiere("models", "add", look["lora"], "--name", "look")["kind"] == "lora"
    looks = lumiere("generate", "--prompt", "a plane", "--frames", 4, "--steps", 2, "--lora", "look=0.5")
    assert looks["frame_count"] == 4
    lumiere("models", "remove", "look")
    lumiere("models", "remove", "moving")
    assert [one["name"] for one in lumiere("models", "list")["models"]] == ["planes"]
    lumiere("models", "remove", "planes")


@pytest.mark.slow
def test_a_model_that_enlarges_is_taught_registered_and_used(tools: Any, tmp_path: Path, world: Path) -> None:
    def lumiere(*arguments: Any) -> Any:
        said = tools.lumiere(*arguments, "--json", cwd=tmp_path)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    enlarger = IMAGE.replace("[image]", '[image]\nmodes = ["small"]').replace(
        "in_channels = 3", "in_channels = 6"
    )
    (tmp_path / "enlarger.toml").write_text(enlarger)
    steady = TEMPORAL.replace('["nothing", "first"]', '["small"]')
    (tmp_path / "steady.toml").write_text(steady)
    for name, recipe in (("planes", "image"), ("double", "enlarger")):
        lumiere("train", "image", world, "-o", name, "--recipe", f"{recipe}.toml", "--steps", 2)
        kind = lumiere("models", "add", name)["kind"]
        assert kind == ("image" if name == "planes" else "upscale")
    teach = ("train", "temporal", world, "-o", "s", "--recipe", "steady.toml", "--steps", 2, "--model")
    refused = tools.lumiere(*teach, "planes", cwd=tmp_path)
    assert refused.returncode == 2 and "reads no small pictures" in refused.stderr
    layers = lumiere(*teach, "double")["temporal"]
    lumiere("models", "add", layers, "--name", "steady")
    generate = ("generate", "--prompt", "a plane", "--motion", "none", "--steps", 2, "--frames", 5)
    made = lumiere(*generate, "--upscale", "double", "-o", "large.mkv")
    with open_source(made["output"]) as source:
        assert (source.format.width, source.format.height, source.frame_count) == (32, 32, 5)
        pictures = [source.read(k).planes[0] for k in range(5)]
    recipe = json.loads((tmp_path / "large.mkv.lumiere.json").read_text())
    roles = [one["role"] for one in recipe["spec"]["params"]["weights"]]
    assert roles == ["image", "upscale", "upscale_temporal"]
    lumiere("replay", "large.mkv.lumiere.json", "-o", "again.mkv")
    with open_source(tmp_path / "again.mkv") as source:
        assert all(np.array_equal(source.read(k).planes[0], pictures[k]) for k in range(5))
    for name in ("steady", "double", "planes"):
        lumiere("models", "remove", name)
