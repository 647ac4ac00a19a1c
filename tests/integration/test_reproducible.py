"""The same job gives the same bytes: again, in other chunks, after an interruption, from its recipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

RESULTS = ("out.mkv", "out.origin.mkv")


def bytes_of(folder: Path, tools: Any) -> list[str]:
    return [tools.digest(folder / name) for name in RESULTS]


@contextmanager
def running(arguments: list[Any]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "lumiere_plugin", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(done: Callable[[], Any], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("more", [(), ("--chunk-frames", "3")], ids=["again", "in other chunks"])
def test_the_same_job_gives_the_same_bytes(
    more: tuple[str, ...], remove: Callable[..., Any], rendered: Any, tools: Any, tmp_path: Path
) -> None:
    assert remove(*more).returncode == 0
    assert bytes_of(tmp_path, tools) == bytes_of(rendered.folder, tools)


@pytest.mark.parametrize("name", ["out.mov", "o/f.%03d.tif", "o/f.%03d.exr"])
def test_no_format_writes_the_time_of_day(
    name: str, remove: Callable[..., Any], tools: Any, tmp_path: Path
) -> None:
    made = []
    for run in ("one", "two"):
        began = time.time()
        assert remove("--frames", "0-3", "--matte-covers", "media", out=f"{run}/{name}").returncode == 0
        files = sorted(path for path in (tmp_path / run).rglob("*") if path.is_file())
        made.append({path.name: tools.digest(path) for path in files})
        time.sleep(max(0.0, 1.1 - (time.time() - began)))
    assert made[0] == made[1]


def test_a_recipe_makes_the_result_again(rendered: Any, tools: Any, tmp_path: Path) -> None:
    recipe = rendered.folder / "out.mkv.lumiere.json"
    said = tools.lumiere("replay", recipe, "-o", tmp_path / "out.mkv")
    assert said.returncode == 0, said.stderr
    assert bytes_of(tmp_path, tools) == bytes_of(rendered.folder, tools)
    assert (tmp_path / recipe.name).read_bytes() == recipe.read_bytes()


@pytest.mark.parametrize(
    "recipe",
    ["", "[]", "{}", '{"label": "Recipe.1"}', '{"label": "Recipe.1", "spec": []}', '{"label": "Recipe.7"}'],
)
def test_what_is_no_recipe_is_refused(recipe: str, tools: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.lumiere.json"
    path.write_text(recipe)
    said = tools.lumiere("replay", path, "-o", tmp_path / "out.mkv")
    assert said.returncode in (1, 2) and len(said.stderr.splitlines()) == 1, said.stderr
    assert said.stderr.startswith("lumiere: ")


def test_the_result_is_the_same_wherever_the_media_lies(
    rendered: Any, shot: Any, tools: Any, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in (shot.plate, shot.matte):
        (moved / path.name).write_bytes(path.read_bytes())
    arguments = ("plate.mkv", "--matte", "matte.mkv", "-o", tmp_path / "out.mkv", *tools.FAST)
    assert tools.lumiere("remove", *arguments, cwd=moved).returncode == 0
    assert bytes_of(tmp_path, tools) == bytes_of(rendered.folder, tools)


@pytest.mark.parametrize(
    ("stage", "end"),
    [("pictures", signal.SIGKILL), ("borrowed", signal.SIGTERM), ("patches", signal.SIGKILL)],
)
def test_a_job_whose_worker_dies_goes_on_to_the_same_bytes(
    stage: str, end: signal.Signals, shot: Any, rendered: Any, tools: Any, tmp_path: Path
) -> None:
    arguments = ["remove", shot.plate, "--matte", shot.matte, "-o", tmp_path / "out.mkv", *tools.FAST]
    with running(arguments) as process:
        wait_for(lambda: list((tmp_path / ".lumiere").glob(f"*/{stage}/*.npz")))
        tools.worker_of_engine().send_signal(end)
        entries = {path: inode(path) for path in (tmp_path / ".lumiere").glob("*/pictures/*.npz")}
        seen: dict[Path, int | None] = {}
        while process.poll() is None:  # what was finished is never written again
            seen.update({path: found for path in entries if (found := inode(path)) is not None})
            time.sleep(0.005)
        _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert seen and all(entries[path] == found for path, found in seen.items())
    assert bytes_of(tmp_path, tools) == bytes_of(rendered.folder, tools)
    assert tools.hidden_files(tmp_path) == []


def inode(path: Path) -> int | None:
    """None once the job has cleared it away."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def test_what_a_killed_encoder_leaves_is_cleared_away(
    noise: tuple[Path, Path], tools: Any, tmp_path: Path
) -> None:
    plate, matte = noise
    arguments = ["remove", plate, "--matte", matte, "-o", tmp_path / "out.mkv", *tools.FAST]
    with running(arguments) as process:
        wait_for(lambda: list((tmp_path / ".lumiere").rglob("*.partial*")))
        worker = tools.worker_of_engine()
        worker.suspend()
        assert list(tmp_path.rglob("*.partial*"))
        assert [path.name for path in tmp_path.iterdir()] == [".lumiere"]
        worker.kill()
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert tools.hidden_files(tmp_path) == []


def test_ctrl_c_stops_the_worker_and_the_same_command_goes_on(
    shot: Any, rendered: Any, tools: Any, tmp_path: Path
) -> None:
    arguments = ["remove", shot.plate, "--matte", shot.matte, "-o", tmp_path / "out.mkv", *tools.FAST]
    with running(arguments) as process:
        wait_for(lambda: list((tmp_path / ".lumiere").glob("*/pictures/*.npz")))
        worker = tools.worker_of_engine()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 1
        assert stderr == "lumiere: cancelled; the same command goes on from where it stopped\n"
        assert not worker.is_running()
    assert [path.name for path in tmp_path.iterdir()] == [".lumiere"]
    kept = {path: inode(path) for path in (tmp_path / ".lumiere").glob("*/pictures/*.npz")}
    assert kept
    assert tools.lumiere(*arguments).returncode == 0
    assert bytes_of(tmp_path, tools) == bytes_of(rendered.folder, tools)


def test_a_job_whose_command_was_killed_is_finished_by_the_engine(
    shot: Any, rendered: Any, tools: Any, tmp_path: Path
) -> None:
    arguments = ["remove", shot.plate, "--matte", shot.matte, "-o", tmp_path / "out.mkv", *tools.FAST]
    with running(arguments) as process:
        wait_for(lambda: list((tmp_path / ".lumiere").glob("*/pictures/*.npz")))
        os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda: (tmp_path / "out.mkv.lumiere.json").exists() and not tools.hidden_files(tmp_path))
    assert bytes_of(tmp_path, tools) == bytes_of(rendered.folder, tools)


def test_the_same_job_cannot_run_twice_at_once(
    remove: Callable[..., Any], shot: Any, tools: Any, tmp_path: Path
) -> None:
    arguments = ["remove", shot.plate, "--matte", shot.matte, "-o", tmp_path / "out.mkv", *tools.FAST]
    with running(arguments) as process:
        wait_for(lambda: list((tmp_path / ".lumiere").glob("*/lock")))
        worker = tools.worker_of_engine()
        worker.suspend()
        try:
            said = remove()
        finally:
            worker.resume()
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert said.returncode == 1 and "already running" in said.stderr


def test_another_seed_is_another_recipe_with_the_seed_in_it(
    remove: Callable[..., Any], tmp_path: Path
) -> None:
    assert remove("--seed", "7", "--frames", "0-2", "--matte-covers", "media").returncode == 0
    spec = json.loads((tmp_path / "out.mkv.lumiere.json").read_text())["spec"]
    assert (spec["seed"], spec["frames"]) == (7, {"start": 0, "duration": 3})
