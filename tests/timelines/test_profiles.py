"""Files through adapters carry every clip where it was, or are refused by name; never a traceback."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import lumiere_otio.selection as selection_module
import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import LumiereError, OutputError
from lumiere_otio import (
    MediaFile,
    Timeline,
    add_result,
    list_clips,
    read_timeline,
    select_clip,
    write_timeline,
)
from lumiere_otio.moving import moved
from lumiere_otio.profiles import PROFILES

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
TIMELINES = FOOTAGE / "timelines"
ADAPTERS = {"fcpxml", *otio.adapters.suffixes_with_defined_adapters(write=True)}
SUFFIXES = [suffix for suffix in PROFILES if suffix[1:] in ADAPTERS]

FILES = [path for path in sorted(TIMELINES.glob("*")) if path.is_file() and path.suffix != ".mov"]


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/media.mov")))


def made(rate: float, drop: bool = False, speed: float = 1.0) -> Timeline:
    """Two clips with a gap between them, at one hour."""
    time, span = otio.opentime.RationalTime, otio.opentime.TimeRange
    start = otio.opentime.from_timecode("01:00:00;00" if drop else "01:00:00:00", rate)
    timeline = otio.schema.Timeline("edit", global_start_time=start)
    track = otio.schema.Track("V1", kind="Video")
    for name, first in (("one", 5), ("two", 20)):
        media = otio.schema.ExternalReference("/media/media.mov", span(time(0, rate), time(200, rate)))
        clip = otio.schema.Clip(name, media, span(time(first, rate), time(24, rate)))
        if speed != 1:
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
        track.extend([clip, otio.schema.Gap(source_range=span(time(0, rate), time(7, rate)))])
    timeline.tracks.append(track)
    return Timeline.from_otio(timeline)


def with_result(timeline: Timeline, which: str) -> Timeline:
    got = select_clip(timeline, which)
    written = got.with_handles(8)
    return add_result(
        timeline,
        got,
        media_path=Path("/media/result.mov"),
        result_range=written,
        rate=got.rate,
        media_start_frame=got.source_start_frame + written.start,
        recipe={"effect": "remove", "seed": 0},
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("rate", "drop"),
    [
        (24000 / 1001, False),
        (24, False),
        (25, False),
        (30000 / 1001, False),
        (30000 / 1001, True),
        (60000 / 1001, False),
    ],
    ids=["23.976", "24", "25", "29.97", "29.97 drop", "59.94"],
)
def test_a_result_is_where_it_belongs_at_every_rate(
    tmp_path: Path, suffix: str, rate: float, drop: bool
) -> None:
    result = with_result(made(rate, drop), "two")
    path = tmp_path / f"out{suffix}"
    write_timeline(result, path)
    assert path.stat().st_size
    if suffix != ".edl":  # which tells no rate, and has its start in a gap
        again = read_timeline(path)
        (new,) = [info for info in list_clips(again) if info.name == "two (removed)"]
        (old,) = [info for info in list_clips(result) if info.name == "two (removed)"]
        assert new.record.replace(";", ":") == old.record


def test_an_edl_tells_the_record_timecode(tmp_path: Path) -> None:
    pytest.importorskip("otio_cmx3600_adapter")
    write_timeline(with_result(made(25), "two"), tmp_path / "out.edl")
    text = (tmp_path / "out.edl").read_text()
    assert "01:00:01:06 01:00:02:05" in text and "/media/result.mov" in text


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
@pytest.mark.parametrize(
    "suffix", [pytest.param(s, marks=pytest.mark.slow if s == ".aaf" else ()) for s in SUFFIXES]
)
def test_host_timelines_go_out_whole_or_are_refused_by_name(tmp_path: Path, suffix: str) -> None:
    done: Counter[str] = Counter()
    for path in FILES:
        result = _first_result(path)
        if result is None:
            continue
        out = tmp_path / f"{path.name}{suffix}"
        try:
            write_timeline(result, out)
            done["written"] += 1
        except OutputError as error:
            assert not out.exists() and "\n" not in str(error)
            done["refused"] += 1
    assert done["written"] >= {".xml": 10, ".fcpxml": 11, ".edl": 24, ".aaf": 22}[suffix], done


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
def test_from_any_format_all_else_reaches_an_otio_to_the_letter(tmp_path: Path) -> None:
    read = 0
    for path in FILES:
        result = _first_result(path)
        if result is None or path.suffix == ".json":
            continue
        read += 1
        write_timeline(result, tmp_path / "out.otio", overwrite=True)
        written = json.loads((tmp_path / "out.otio").read_text(encoding="utf-8"))
        expected = moved(read_timeline(path).document, path.parent, tmp_path)
        assert json.dumps(_without_new(written)) == json.dumps(expected), path.name
    assert read >= 22


def _without_new(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_new(value) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    return [_without_new(one) for one in node if not _is_new_track(one)]


def _is_new_track(node: Any) -> bool:
    children = node.get("children") if isinstance(node, dict) else None
    return any("Lumiere" in (child.get("metadata") or {}) for child in children or [])


@cache
def _first_result(path: Path) -> Timeline | None:
    """The file with a result of the first of its clips that one can be made of."""
    try:
        timeline = read_timeline(path)
    except LumiereError:
        return None
    tried = (_tried(timeline, f"#{info.index}") for info in list_clips(timeline)[:20])
    return next((result for result in tried if result), None)


def _tried(timeline: Timeline, clip: str) -> Timeline | None:
    try:
        return with_result(timeline, clip)
    except LumiereError:
        return None


@pytest.mark.parametrize("suffix", [".fcpxml", ".aaf", ".edl", ".xml"])
def test_a_speed_survives_or_the_format_is_refused(tmp_path: Path, suffix: str) -> None:
    if suffix[1:] not in ADAPTERS:
        pytest.skip("its adapter is not installed")
    result = with_result(made(24, speed=2.0), "two")
    if suffix in (".xml", ".aaf"):
        with pytest.raises(OutputError, match="speed"):
            write_timeline(result, tmp_path / f"out{suffix}")
        return
    write_timeline(result, tmp_path / f"out{suffix}")
    again = read_timeline(tmp_path / f"out{suffix}")
    speeds = [effect.time_scalar for clip in again.model.find_clips() for effect in clip.effects]
    assert speeds == [2.0] * (3 if suffix == ".fcpxml" else 1)
