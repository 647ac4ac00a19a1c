"""`lumiere stylize` from the command line, through the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import pytest
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import open_source
from lumiere_engine.learning.style.style_file import StyleNote, save_style
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet import STUNet
from lumiere_engine.stunet.params import TINY
from lumiere_plugin.stylize import style_shares


def test_a_shot_gets_a_style_and_its_recipe_makes_the_same_bytes(
    shot: Any, tools: Any, tmp_path: Path
) -> None:
    ramp = np.linspace(0, 1, 80, dtype=np.float32)[:, None, None] * np.array([1, 0.5, 0.2], np.float32)
    reference = tools.write_clip(tmp_path / "style.png", [np.broadcast_to(ramp, (80, 80, 3))], tools.RGB)
    out = tmp_path / "styled.mkv"
    said = tools.lumiere(
        *("stylize", shot.plate, "--reference", reference, "-o", out, "--quality", "draft", "--json")
    )
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["frame_count"] == tools.FRAMES and answer["origin"] is None
    again = tmp_path / "again.mkv"
    said = tools.lumiere("replay", answer["recipe"], "-o", again)
    assert said.returncode == 0, said.stderr
    assert tools.digest(again) == tools.digest(out)


def test_what_is_no_key_frame_or_no_style_is_refused(shot: Any, tools: Any, tmp_path: Path) -> None:
    for options, words in (((), "--reference"), (("--keyframe", "first.png"), "12=painted.png")):
        said = tools.lumiere("stylize", shot.plate, *options, "-o", tmp_path / "out.mkv")
        assert said.returncode == 2 and words in said.stderr and len(said.stderr.splitlines()) == 1


def test_a_clip_of_a_timeline_gets_it_on_a_new_track_and_its_frames_are_counted_from_its_first(
    shot: Any, tools: Any, tmp_path: Path
) -> None:
    def span(start: int, duration: int) -> Any:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(start, 24), otio.opentime.RationalTime(duration, 24)
        )

    media = otio.schema.ExternalReference(str(shot.plate), span(86400, tools.FRAMES))
    timeline = otio.schema.Timeline("edit")
    timeline.tracks.append(otio.schema.Track("V1", [otio.schema.Clip("sh010", media, span(86403, 4))]))
    source = tmp_path / "edit.otio"
    otio.adapters.write_to_file(timeline, str(source))
    green = np.zeros((tools.HEIGHT, tools.WIDTH, 3), np.float32) + np.float32((0.1, 0.8, 0.2))
    painted = tools.write_clip(tmp_path / "painted.png", [green], tools.RGB)

    options = (
        "--clip",
        "sh010",
        "--keyframe",
        f"1={painted}",
        "--quality",
        "draft",
        "--handles",
        "2",
        "--json",
    )
    said = tools.lumiere("stylize", source, *options)
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    tracks = otio.adapters.read_from_file(answer["output"]).tracks
    assert [track.name for track in tracks] == ["V1", "Lumiere"]
    with open_source(answer["media"]) as made:
        assert made.frame_count == 8  # with its handles, from frame 1 of the media on
        assert np.abs(to_rgb(made.read(3), made.format) - green).mean() < 0.02


def test_style_files_are_registered_with_their_terms_and_mixed_by_name(
    tools: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUMIERE_HOME", str(tmp_path / "home"))
    base = STUNet(TINY)
    picture = np.full((9, 16, 3), 0.5, np.float32)
    save_style(
        tmp_path / "a.safetensors", base, base.state_dict(), StyleNote("b", "from scream.jpg"), picture
    )
    added = json.loads(tools.lumiere("models", "add", tmp_path / "a.safetensors", "--json").stdout)
    assert added["kind"] == "style" and added["about"] == "from scream.jpg"
    assert Path(added["preview"]).read_bytes().startswith(b"\xff\xd8")
    assert "from scream.jpg" in tools.lumiere("models", "list").stdout

    named = style_shares(["a=0.25", f"{tmp_path / 'other=b.safetensors'}=0.5"])
    assert [(Path(share.file).name, share.weight) for share in named] == [
        ("a.safetensors", 0.25),
        ("other=b.safetensors", 0.5),
    ]
    assert [share.weight for share in style_shares(["a", "b"])] == [0.5, 0.5]
    for texts in (["a=0.5", "b"], ["a=much"]):
        with pytest.raises(SpecError):
            style_shares(texts)
    tools.lumiere("models", "remove", "a")
    assert not Path(added["preview"]).exists()
