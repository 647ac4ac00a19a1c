"""Files through adapters carry every clip where it was, or are refused by name; never a traceback."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

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
from lumiere_otio.profiles import PROFILES

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
TIMELINES = FOOTAGE / "timelines"
ADAPTERS = set(otio.adapters.suffixes_with_defined_adapters(write=True))
SUFFIXES = [suffix for suffix in PROFILES if suffix[1:] in ADAPTERS]
REFUSED_AT = {(".fcpxml", 24), (".fcpxml", 30), (".fcpxml", 60)}  # fractional rates: its adapter fails

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
    try:
        write_timeline(result, path)
    except OutputError as error:
        assert "would not carry" in str(error) or "cannot carry" in str(error)
        assert not path.exists()
        assert (suffix, round(rate)) in REFUSED_AT and rate % 1
        return
    assert path.stat().st_size


def test_an_edl_tells_the_record_timecode(tmp_path: Path) -> None:
    pytest.importorskip("otio_cmx3600_adapter")
    write_timeline(with_result(made(25), "two"), tmp_path / "out.edl")
    text = (tmp_path / "out.edl").read_text()
    assert "01:00:01:06 01:00:02:05" in text and "/media/result.mov" in text


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_host_timelines_go_out_whole_or_are_refused_by_name(tmp_path: Path, suffix: str) -> None:
    done: Counter[str] = Counter()
    for path in FILES:
        try:
            timeline = read_timeline(path)
            clips = [f"#{info.index}" for info in list_clips(timeline)]
            result = next(found for found in map(lambda c: _tried(timeline, c), clips[:20]) if found)
        except (LumiereError, StopIteration):
            continue
        out = tmp_path / f"{path.name}{suffix}"
        try:
            write_timeline(result, out)
            done["written"] += 1
        except OutputError as error:
            assert not out.exists() and "\n" not in str(error)
            done["refused"] += 1
    assert done["written"] >= {".xml": 11, ".fcpxml": 4, ".edl": 5, ".aaf": 18}[suffix], done


def _tried(timeline: Timeline, clip: str) -> Timeline | None:
    try:
        return with_result(timeline, clip)
    except LumiereError:
        return None


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(6)
    small = [path for path in FILES if path.stat().st_size < 60_000 and path.suffix != ".aaf"]
    for number in range(300):
        path = small[number % len(small)]
        data = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        broken = tmp_path / f"broken{''.join(path.suffixes[-2:]) if path.suffix == '.json' else path.suffix}"
        broken.write_bytes(data)
        try:
            list_clips(read_timeline(broken))
        except LumiereError as error:
            assert "\n" not in str(error)


def test_a_speed_survives_where_it_is_written(tmp_path: Path) -> None:
    pytest.importorskip("otio_fcp_adapter")
    result = with_result(made(24, speed=2.0), "two")
    write_timeline(result, tmp_path / "out.xml")
    again = read_timeline(tmp_path / "out.xml")
    assert {info.name for info in list_clips(again)} == {"one", "two", "two (removed)"}
