"""A timeline goes in, a timeline comes out: one track more, the clip at the same place, and the rest as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from lumiere_engine.frames.source import open_source
from lumiere_otio import list_clips, read_timeline

schema = otio.schema
START = 86400  # the plate's timecode, 01:00:00:00


def span(start: float, duration: float, rate: float = 24) -> Any:
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(duration, rate)
    )


def clip(
    name: str, start: int, duration: int, *effects: Any, url: str = "plate.mkv", rate: float = 24
) -> Any:
    media = schema.ExternalReference(target_url=url, available_range=span(START, 10, rate))
    return schema.Clip(name, media, span(START + start, duration, rate), effects=list(effects))


def gap(duration: int, rate: float = 24) -> Any:
    return schema.Gap(source_range=span(0, duration, rate))


@pytest.fixture
def edit(shot: Any, tmp_path: Path) -> Callable[..., Path]:
    """Saves children of one track as a timeline beside the plate, or another medium."""

    def _edit(*children: Any, plate: Path = shot.plate) -> Path:
        shutil.copyfile(plate, tmp_path / "plate.mkv")
        timeline = schema.Timeline("edit")
        timeline.tracks.append(schema.Track("V1", list(children), kind="Video"))
        timeline.tracks.append(schema.Track("A1", kind="Audio"))
        otio.adapters.write_to_file(timeline, str(tmp_path / "edit.otio"))
        return tmp_path / "edit.otio"

    return _edit


def result_of(path: Path) -> tuple[Any, Any]:
    """The timeline, and the one clip on its new track."""
    timeline = otio.adapters.read_from_file(str(path))
    (track,) = [track for track in timeline.tracks if track.name == "Lumiere"]
    (made,) = list(track.find_clips())
    return timeline, made


def media_of(made: Any, folder: Path) -> Path:
    return folder / made.media_reference.target_url


def ranges(timeline: Any, made: Any, name: str) -> tuple[Any, Any]:
    """Where the new clip and the old one lie in the timeline."""
    (old,) = [found for found in timeline.find_clips() if found.name == name]
    return tuple(one.transformed_time_range(one.trimmed_range(), timeline.tracks) for one in (made, old))  # type: ignore[return-value]


@pytest.fixture
def job(shot: Any, tools: Any) -> Callable[..., Any]:
    def _job(source: Path, *more: Any) -> Any:
        whole = ("--matte", shot.matte, "--matte-covers", "media")
        return tools.lumiere("remove", source, *whole, *tools.FAST, *more)

    return _job


def test_the_result_is_the_timeline_with_one_more_track(
    edit: Callable[..., Path], job: Callable[..., Any], tools: Any, tmp_path: Path, shot: Any
) -> None:
    source = edit(gap(12), clip("sh010", 3, 4), clip("sh020", 0, 2))
    before = tools.digest(source)
    said = job(source, "--clip", "sh010", "--handles", "2", "--alternate", "--json")
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["output"] == str(tmp_path / "edit_removed.otio")
    assert tools.digest(source) == before

    timeline, made = result_of(tmp_path / "edit_removed.otio")
    assert [track.name for track in timeline.tracks] == ["V1", "Lumiere", "A1"]
    new, old = ranges(timeline, made, "sh010")
    assert new == old
    assert made.source_range == span(START + 3, 4)
    assert made.available_range() == span(START + 1, 8)
    # the clip shows what it showed, and has the same frames of the result to switch to
    (seen,) = [found for found in timeline.find_clips() if found.name == "sh010"]
    assert seen.media_reference.target_url == "plate.mkv"
    assert seen.media_references()["Lumiere"].target_url == made.media_reference.target_url
    assert seen.media_references()["Lumiere"].available_range == made.available_range()

    media = media_of(made, tmp_path)
    assert media == tmp_path / "edit_removed_media" / "sh010_removed.mov" == Path(answer["media"])
    assert (media.parent / "sh010_removed.mov.lumiere.json").is_file()
    assert (media.parent / "sh010_removed.origin.mkv").is_file()
    with open_source(media) as written:
        assert written.frame_count == 8 and written.format.timecode == "01:00:00:01"
    assert tools.hidden_files(tmp_path) == []

    again = job(source, "--clip", "sh010")
    assert again.returncode == 1 and "edit_removed.otio" in again.stderr and "--overwrite" in again.stderr
    (tmp_path / "edit_removed.otio").unlink()
    again = job(source, "--clip", "sh010")  # the media's name is taken as well
    assert again.returncode == 1 and "sh010_removed.mov" in again.stderr
    recipe = media.parent / "sh010_removed.mov.lumiere.json"
    assert tools.lumiere("replay", recipe, "-o", tmp_path / "again.mov").returncode == 0
    assert tools.digest(tmp_path / "again.mov") == tools.digest(media)


def test_a_dissolve_takes_its_frames_along(
    edit: Callable[..., Path], job: Callable[..., Any], tmp_path: Path
) -> None:
    mix = schema.Transition(
        transition_type="SMPTE_Dissolve",
        in_offset=otio.opentime.RationalTime(1, 24),
        out_offset=otio.opentime.RationalTime(2, 24),
    )
    source = edit(clip("out", 2, 5), mix, clip("in", 3, 5))
    said = job(source, "--clip", "out", "--handles", "0")
    assert said.returncode == 0, said.stderr
    timeline, made = result_of(tmp_path / "edit_removed.otio")
    new, old = ranges(timeline, made, "out")
    assert new == old
    with open_source(media_of(made, tmp_path)) as written:
        assert written.frame_count == 5 + 2


def test_a_clip_at_another_speed_keeps_its_speed(
    edit: Callable[..., Path], job: Callable[..., Any], tmp_path: Path
) -> None:
    source = edit(gap(7), clip("fast", 1, 4, schema.LinearTimeWarp("speed", 2.0)))
    said = job(source, "--handles", "0")
    assert said.returncode == 0, said.stderr
    timeline, made = result_of(tmp_path / "edit_removed.otio")
    new, old = ranges(timeline, made, "fast")
    assert new == old
    assert [effect.time_scalar for effect in made.effects] == [2.0]
    with open_source(media_of(made, tmp_path)) as written:
        assert written.frame_count >= 7  # frames 1, 3, 5, 7 of the media


@pytest.mark.parametrize(
    ("rate", "written_rate", "timecode", "drop"),
    [("24000/1001", 23.976, "01:00:00:00", False), ("30000/1001", 29.97, "00:48:02;28", True)],
)
def test_ntsc_rates_place_the_clip_exactly(
    rate: str,
    written_rate: float,
    timecode: str,
    drop: bool,
    edit: Callable[..., Path],
    job: Callable[..., Any],
    shot: Any,
    tools: Any,
    tmp_path: Path,
) -> None:
    plate = tools.write_clip(
        tmp_path / "ntsc.mkv",
        tools.with_object(shot.truth, tools.holes()),
        rate=tools.Fraction(rate),
        timecode=timecode,
        start_frame=START,
        drop_frame=drop,
    )
    with open_source(plate) as source:
        assert source.format.start_frame == START
    said = job(edit(gap(5, written_rate), clip("a", 4, 3, rate=written_rate), plate=plate), "--handles", "1")
    assert said.returncode == 0, said.stderr
    timeline, made = result_of(tmp_path / "edit_removed.otio")
    new, old = ranges(timeline, made, "a")
    assert new == old
    with open_source(media_of(made, tmp_path)) as written, open_source(plate) as source:
        assert written.frame_count == 5 and written.format.rate == source.format.rate
        assert written.format.start_frame == START + 3
        assert written.format.timecode == source.format.starting_at(3).timecode


def test_media_that_was_moved_is_found_where_the_user_says(
    edit: Callable[..., Path], job: Callable[..., Any], tmp_path: Path
) -> None:
    source = edit(clip("a", 2, 4))
    (tmp_path / "new" / "place").mkdir(parents=True)
    (tmp_path / "plate.mkv").rename(tmp_path / "new" / "place" / "plate.mkv")
    lost = job(source)
    assert lost.returncode == 1 and "plate.mkv" in lost.stderr and len(lost.stderr.splitlines()) == 1
    said = job(source, "--relink", tmp_path / "new")
    assert said.returncode == 0, said.stderr
    assert media_of(result_of(tmp_path / "edit_removed.otio")[1], tmp_path).is_file()


def test_an_unknown_clip_is_refused_with_the_names_there_are(
    edit: Callable[..., Path], job: Callable[..., Any], tmp_path: Path
) -> None:
    source = edit(clip("sh010", 0, 4), clip("sh020", 4, 4))
    for wanted in (("--clip", "sh030"), ()):
        said = job(source, *wanted)
        assert said.returncode == 1 and len(said.stderr.splitlines()) == 1
        assert "sh010" in said.stderr and "sh020" in said.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"edit.otio", "plate.mkv"}


def test_an_fcpxml_gets_the_clip_and_keeps_every_line(
    shot: Any, job: Callable[..., Any], tmp_path: Path
) -> None:
    shutil.copyfile(shot.plate, tmp_path / "plate.mkv")
    lines = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
  <format id="r1" frameDuration="100/2400s"/>
  <asset id="r2" name="plate" start="3600s" duration="10/24s" hasVideo="1" format="r1">
    <media-rep kind="original-media" src="./plate.mkv"/></asset>
</resources><project name="Edit"><sequence format="r1" tcStart="3600s" duration="8/24s"><spine>
  <asset-clip ref="r2" offset="3600s" name="a" start="86403/24s" duration="4/24s"/>
  <gap offset="86404/24s" name="Gap" start="3600s" duration="4/24s"/>
</spine></sequence></project></fcpxml>
""".splitlines()
    source, out = tmp_path / "edit.fcpxml", tmp_path / "out.fcpxml"
    source.write_text("\n".join(lines))
    said = job(source, "--clip", "a", "-o", out)
    assert said.returncode == 0, said.stderr
    written = out.read_text().splitlines()
    assert [line for line in lines if line not in written] == [lines[7]]  # which is the parent now
    listed = [(info.name, info.record) for info in list_clips(read_timeline(out))]
    assert listed == [(name, "01:00:00:00-01:00:00:03") for name in ("a", "a (removed)")]


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        (("--frames", "0-3"), 2, "--frames"),
        (("-o", "out.mov"), 2, "no timeline's name"),
        (("-o", "edit.otio", "--overwrite"), 1, "input"),
        (("-o", "edit.xges"), 1, "xges"),
    ],
    ids=str,
)
def test_what_makes_no_sense_for_a_timeline_is_refused_before_the_work(
    more: tuple[str, ...],
    code: int,
    word: str,
    edit: Callable[..., Path],
    job: Callable[..., Any],
    tmp_path: Path,
) -> None:
    source = edit(clip("a", 0, 4))
    before = source.read_bytes()
    said = job(source, *[tmp_path / part if "." in part else part for part in more])
    assert said.returncode == code and word in said.stderr and len(said.stderr.splitlines()) == 1
    assert source.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"edit.otio", "plate.mkv"}


def test_a_timeline_that_is_none_is_refused(job: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "edit.otio").write_text("{")
    said = job(tmp_path / "edit.otio")
    assert said.returncode == 1 and "edit.otio" in said.stderr and len(said.stderr.splitlines()) == 1
