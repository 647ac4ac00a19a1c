"""The command itself: quick to answer, one line per failure, codes that scripts can rely on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("lumiere")


@pytest.mark.parametrize("arguments", [("--help",), ("remove", "--help"), ("--version",)], ids=" ".join)
def test_help_is_quick_and_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    best = float("inf")
    for _ in range(3):  # this machine may be busy
        began = time.monotonic()
        said = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "lumiere_plugin", *arguments],
            capture_output=True,
            text=True,
        )
        best = min(best, time.monotonic() - began)
        assert said.returncode == 0 and said.stdout
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in said.stderr.splitlines()}
    assert "lumiere_plugin" in loaded
    assert not loaded & {"torch", "numpy", "cv2", "av", "OpenImageIO", "opentimelineio", "PySide6", "PyQt6"}
    assert best < 1.5


def test_the_installed_command_is_the_module(tools: Any) -> None:
    said = subprocess.run([COMMAND, "remove", "--help"], capture_output=True, text=True)
    assert said.returncode == 0
    for option in ("--matte", "--quality", "--seed", "--frames", "--json", "--overwrite"):
        assert option in said.stdout
    # the program's name is that of the command either way
    assert said.stdout == tools.lumiere("remove", "--help").stdout.replace(
        "python -m lumiere_plugin", "lumiere"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("remove",),
        ("remove", "a.mov"),
        ("dance",),
        ("remove", "a.mov", "--matte", "m.png", "b.mov"),
        ("replay",),
    ],
    ids=" ".join,
)
def test_wrong_use_exits_with_2_and_shows_how(arguments: tuple[str, ...], tools: Any) -> None:
    said = tools.lumiere(*arguments)
    assert said.returncode == 2 and said.stdout == ""
    assert "--help" in said.stderr


def test_a_terminal_gets_a_bar_for_every_stage(shot: Any, tools: Any, tmp_path: Path) -> None:
    seen, screen = pty.openpty()
    command = ["remove", shot.plate, "--matte", shot.matte, "-o", tmp_path / "out.mkv", *tools.FAST]
    process = subprocess.Popen(
        [sys.executable, "-m", "lumiere_plugin", *map(str, command)],
        stderr=screen,
        stdout=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(screen)
    shown = b""
    while True:
        try:
            part = os.read(seen, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(seen)
    assert process.wait() == 0
    for stage in ("Reading", "Following the motion", "Borrowing real pixels", "Refining", "Writing"):
        assert stage in shown.decode()
    assert "10/10" in shown.decode()


def test_names_with_spaces_accents_and_quotes_are_names(shot: Any, tools: Any, tmp_path: Path) -> None:
    folder = tmp_path / "Été 'final' 100%"
    folder.mkdir()
    plate = folder / "prise n°1.mkv"
    plate.write_bytes(shot.plate.read_bytes())
    said = tools.lumiere("remove", plate, "--matte", shot.matte, *tools.FAST)
    assert said.returncode == 0, said.stderr
    assert (folder / "prise n°1_removed.mov").is_file()


def test_results_are_named_after_their_source(shot: Any, tools: Any, tmp_path: Path) -> None:
    pictures = tools.with_object(shot.truth, tools.holes())
    tools.write_clip(tmp_path / "sh010.v002" / "p.%04d.png", pictures, tools.RGB)
    said = tools.lumiere("remove", tmp_path / "sh010.v002", "--matte", shot.matte, *tools.FAST)
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "sh010.v002_removed.mov").is_file()


def test_the_clips_of_a_timeline_are_listed(tools: Any, tmp_path: Path) -> None:
    otio = pytest.importorskip("opentimelineio")
    timeline = otio.schema.Timeline("edit")
    when = otio.opentime.TimeRange(otio.opentime.RationalTime(0, 24), otio.opentime.RationalTime(5, 24))
    media = otio.schema.ExternalReference("a.mov", when)
    timeline.tracks.append(otio.schema.Track("V1", [otio.schema.Clip("sh010", media, when)]))
    otio.adapters.write_to_file(timeline, str(tmp_path / "edit.otio"))
    said = tools.lumiere("clips", tmp_path / "edit.otio")
    assert said.returncode == 0 and "sh010" in said.stdout
    assert tools.lumiere("clips", tmp_path / "none.otio").returncode == 1
