"""`lumiere bench quality` itself, end to end on tiny footage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def lumiere(*arguments: Any, timeout_s: float = 200) -> Any:
    command = [sys.executable, "-m", "lumiere_plugin", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)


def test_a_whole_run_writes_tables_json_and_pictures(footage: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--footage", footage, "--methods", "copy,telea,borrow", "--sizes", "native", "--out", out)
    said = lumiere("bench", "quality", *options, "--shots", "alpha", "--masks", "moving,removal", "--json")
    assert said.returncode == 0, said.stderr
    data = json.loads(said.stdout)
    assert data == json.loads((out / "quality.json").read_text()) and data["label"] == "QualityReport.1"
    assert data["machine"]["cores"] and data["machine"]["torch_threads"] and data["machine"]["version"]
    assert set(data["cases"]) == {"alpha-moving-native", "alpha-removal-native"}
    moving = data["cases"]["alpha-moving-native"]["results"]
    measured = {name: result["measures"] for name, result in moving.items()}
    assert set(measured) == {"copy", "telea", "borrow"}
    # a panning texture: borrowing finds it again, a smooth fill does not
    assert measured["borrow"]["psnr_db"] > measured["telea"]["psnr_db"] + 3
    assert all(result["measures"]["outside_changed"] == 0 for result in moving.values())
    assert moving["borrow"]["stages_s"]["borrow"] >= 0 and moving["borrow"]["seconds_per_frame"] > 0
    assert moving["telea"]["peak_bytes"] is None
    assert "gt is clean" in data["cases"]["alpha-removal-native"]["note"]
    tables = (out / "quality.md").read_text()
    assert "| borrow |" in tables and "PSNR dB by shot" in tables
    for folder in ("sheets", "flicker"):
        assert len(list((out / folder).glob("*.jpg"))) == 2
    again = lumiere("bench", "quality", *options, "--shots", "alpha", "--masks", "moving,removal")
    assert again.returncode == 0 and again.stderr.count("everything is there") == 2
    assert again.stdout.strip() == tables.strip()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--methods", "magic"), 2, "choose from"),
        (("--masks", "round"), 2, "choose from"),
        (("--sizes", "huge"), 2, "432x240"),
        (("--shots", "gamma"), 2, "choose from alpha, beta"),
        (("--peer", "nothing"), 2, "NAME=COMMAND"),
        (("--footage", "no/such/folder"), 1, "no such folder"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_wrong_use_is_one_readable_line(
    footage: Path, tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    answer = lumiere("bench", "quality", "--footage", footage, "--out", tmp_path / "out", *options)
    assert answer.returncode == code
    assert said in answer.stderr and len(answer.stderr.strip().splitlines()) == 1


def test_a_method_that_fails_fails_the_command_after_everything_else_is_measured(
    footage: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    peer = "bad=false {plate} {matte} {out}"
    said = lumiere(
        *("bench", "quality", "--footage", footage, "--out", out, "--shots", "beta", "--masks", "moving"),
        *("--methods", "bad,telea", "--peer", peer, "--sizes", "64x36"),
    )
    assert said.returncode == 1 and "failed: beta-moving-64x36 bad; see" in said.stderr
    assert "| telea |" in said.stdout and "ended with code 1" in said.stdout


def test_help_loads_nothing_heavy() -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "lumiere_plugin", "bench", "quality", "--help"],
        capture_output=True,
        text=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in said.stderr.splitlines()}
    assert said.returncode == 0 and "--footage" in said.stdout
    assert not loaded & {"lumiere_bench", "numpy", "cv2", "torch", "av"}
