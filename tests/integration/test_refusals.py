"""What cannot work is refused at once, in one line that says what to do, and leaves nothing behind."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Remove = Callable[..., Any]


def refused(said: Any, code: int, *words: str) -> None:
    """One line, with these words in it."""
    assert said.returncode == code, said.stderr
    lines = said.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("lumiere: "), said.stderr
    for word in words:
        assert word in lines[0]
    assert said.stdout == ""


@pytest.fixture(autouse=True)
def nothing_half_written(tmp_path: Path, tools: Any) -> Any:
    """No refusal leaves a partial file; a workspace may stay, for the next try."""
    yield
    assert not [name for name in tools.hidden_files(tmp_path) if Path(name).name != ".lumiere"]


def test_media_that_is_not_there(remove: Remove, tmp_path: Path) -> None:
    refused(remove(plate=tmp_path / "none.mov"), 1, "none.mov", "no such file")
    refused(remove(matte=tmp_path / "none.png"), 1, "none.png", "no such file")


def test_media_that_is_none(remove: Remove, tmp_path: Path) -> None:
    junk = tmp_path / "junk.mov"
    junk.write_bytes(np.random.default_rng(0).bytes(5000))
    refused(remove(plate=junk), 1, "junk.mov")
    empty = tmp_path / "empty.mov"
    empty.touch()
    refused(remove(plate=empty), 1, "empty.mov")


def test_truncated_media_is_refused_with_the_frame(remove: Remove, shot: Any, tmp_path: Path) -> None:
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(shot.plate.read_bytes()[: shot.plate.stat().st_size * 6 // 10])
    refused(remove(plate=torn), 1, "torn.mkv", "frame ")


def test_a_torn_picture_of_a_sequence_is_refused_with_its_frame(
    remove: Remove, shot: Any, tools: Any, tmp_path: Path
) -> None:
    pictures = tmp_path / "plates"
    tools.write_clip(pictures / "p.%04d.png", shot.truth, tools.RGB)
    torn = pictures / "p.0006.png"
    torn.write_bytes(torn.read_bytes()[:2000])
    said = remove(plate=pictures)
    assert said.returncode == 1 and "frame 6" in said.stderr and len(said.stderr.splitlines()) == 1


def test_a_matte_of_another_length_is_refused_with_both_numbers(
    remove: Remove, tools: Any, tmp_path: Path
) -> None:
    matte = tools.write_clip(tmp_path / "short.mkv", tools.as_matte(tools.holes(7)), tools.RGB)
    refused(remove(matte=matte), 1, "short.mkv", "7", "10")


@pytest.mark.parametrize(("value", "word"), [(0.0, "empty"), (1.0, "full")])
def test_an_empty_or_a_full_matte_is_refused(
    value: float, word: str, remove: Remove, tools: Any, tmp_path: Path
) -> None:
    matte = tools.write_clip(tmp_path / "m.png", [np.full((tools.HEIGHT, tools.WIDTH, 3), value)], tools.RGB)
    refused(remove(matte=matte), 1, "m.png", f"the matte is {word}", "white is what is generated")


def test_a_matte_of_another_shape_is_refused(remove: Remove, tools: Any, tmp_path: Path) -> None:
    matte = tools.write_clip(tmp_path / "m.png", [np.eye(60)[..., None].repeat(3, 2)], tools.RGB)
    refused(remove(matte=matte), 1, "60x60", "128x72")


@pytest.mark.parametrize("out", ["out.mkv", "out.%06d.png", "new/out.%04d.tif"])
def test_an_existing_output_is_refused_at_once(out: str, remove: Remove, tools: Any, tmp_path: Path) -> None:
    there = tmp_path / out.replace("%06d", "000003").replace("%04d", "0003")
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(b"precious")
    # the plate is missing, too: whatever else is wrong, the name is looked at first
    refused(remove(out=out, plate=tmp_path / "none.mov"), 1, "exists already", "--overwrite")
    assert there.read_bytes() == b"precious"


def test_an_existing_origin_matte_is_refused_at_once(remove: Remove, tmp_path: Path) -> None:
    (tmp_path / "out.origin.mkv").write_bytes(b"precious")
    refused(remove(), 1, "out.origin.mkv", "exists already")


@pytest.mark.parametrize("which", ["plate.mkv", "matte.mkv"])
def test_an_input_is_never_overwritten(which: str, shot: Any, tools: Any, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("plate.mkv", "matte.mkv")}
    for name, path in files.items():
        path.write_bytes((shot.folder / name).read_bytes())
    before = tools.digest(files[which])
    said = tools.lumiere(
        "remove",
        files["plate.mkv"],
        "--matte",
        files["matte.mkv"],
        "-o",
        files[which],
        "--overwrite",
        *tools.FAST,
    )
    refused(said, 1, which, "it is an input")
    assert tools.digest(files[which]) == before


def test_a_sequence_is_never_overwritten_by_its_own_result(shot: Any, tools: Any, tmp_path: Path) -> None:
    pattern = tmp_path / "plates" / "p.%04d.png"
    tools.write_clip(pattern, shot.truth, tools.RGB)
    before = {path.name: tools.digest(path) for path in pattern.parent.iterdir()}
    said = tools.lumiere(
        "remove", pattern.parent, "--matte", shot.matte, "-o", pattern, "--overwrite", *tools.FAST
    )
    refused(said, 1, "it is an input")
    assert {path.name: tools.digest(path) for path in pattern.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("out", "word"), [("out.avi", ".avi"), ("out", "format"), ("out.png", "single picture")]
)
def test_a_format_that_cannot_be_written_is_refused_before_the_work(
    out: str, word: str, remove: Remove, tmp_path: Path
) -> None:
    said = remove("--json", out=out)
    assert said.returncode == 1 and word in said.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(remove: Remove, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(remove(out="file/out.mkv"), 1, "file")


def test_frames_that_are_not_there_are_refused(remove: Remove) -> None:
    refused(remove("--frames", "5-12"), 1, "5-12", "0-9")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--frames", "9-5"),
        ("--frames", "all"),
        ("--quality", "perfect"),
        ("--seed", "-1"),
        ("--seed", str(2**63)),
        ("--grow", "-1"),
        ("--feather", "nan"),
        ("--chunk-frames", "0"),
        ("--rate", "0"),
        ("--matte-covers", "some"),
        ("--colour", "red"),
    ],
)
def test_wrong_use_exits_with_2(option: str, value: str, remove: Remove, tmp_path: Path) -> None:
    said = remove(option, value)
    assert said.returncode == 2 and said.stderr
    assert "Traceback" not in said.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failure_as_json_is_one_object_and_one_line(remove: Remove, tmp_path: Path) -> None:
    said = remove("--json", plate=tmp_path / "none.mov")
    failure = json.loads(said.stdout)
    assert (failure["label"], failure["kind"]) == ("Failure.1", "MissingMediaError")
    assert failure["clip"].endswith("none.mov")
    assert len(said.stderr.splitlines()) == 1 and said.returncode == 1


def on_a_disk_of(size_bytes: int, arguments: list[Any], tools: Any) -> Any:
    """The command, where no file of its worker may grow beyond this size."""
    command = [sys.executable, "-m", "lumiere_plugin", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while (worker := tools.worker_of_engine()) is None:  # it has libraries to load before it writes anything
        assert process.poll() is None
        time.sleep(0.005)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size_bytes, size_bytes))
    stdout, stderr = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def test_a_full_disk_leaves_nothing_under_the_final_name(
    noise: tuple[Path, Path], tools: Any, tmp_path: Path
) -> None:
    (plate, matte), out = noise, "out.mkv"
    arguments = ["remove", plate, "--matte", matte, *tools.FAST, "-o"]
    assert tools.lumiere(*arguments, tmp_path / "whole" / out).returncode == 0
    size = (tmp_path / "whole" / out).stat().st_size
    for missing in (1, size // 3):  # it is full at the very end, or in the middle
        folder = tmp_path / f"lacks{missing}"
        said = on_a_disk_of(size - missing, [*arguments, folder / out], tools)
        refused(said, 1, "the disk is full", out)
        assert [path.name for path in folder.iterdir()] == [".lumiere"]
        said = tools.lumiere(*arguments, folder / out)  # and with more room the same command goes on
        assert said.returncode == 0
        assert tools.digest(folder / out) == tools.digest(tmp_path / "whole" / out)


def test_a_disk_too_full_for_intermediate_results_is_said_so(
    noise: tuple[Path, Path], tools: Any, tmp_path: Path
) -> None:
    plate, matte = noise
    arguments = ["remove", plate, "--matte", matte, *tools.FAST, "-o", tmp_path / "o.mkv"]
    said = on_a_disk_of(20_000, arguments, tools)
    refused(said, 1, "free some space")
    assert [path.name for path in tmp_path.iterdir()] == [".lumiere"]
