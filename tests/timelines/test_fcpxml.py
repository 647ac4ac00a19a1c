"""FCPXML: exact at every rate, and a clip more leaves all else in the file as it is."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import lumiere_otio.selection as selection_module
import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_engine.protocol.errors import LumiereError, OutputError, TimelineError
from lumiere_otio import (
    MediaFile,
    Timeline,
    add_result,
    list_clips,
    read_timeline,
    select_clip,
    write_timeline,
)
from lumiere_otio.fcpxml import insert_fcpxml, read_fcpxml, write_fcpxml

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
FILES = sorted((FOOTAGE / "timelines").glob("*.fcpxml"))
RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)]
time, span = otio.opentime.RationalTime, otio.opentime.TimeRange

EDIT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="{version}">
    <resources>
        <format id="r1" frameDuration="1001/24000s" width="1920" height="1080"/>
        <asset id="r2" name="plate" start="0s" duration="480480/24000s" hasVideo="1" format="r1"{src}
        <effect id="r3" name="Basic Title" uid="titles/basic"/>
        <media id="r4" name="nest"><sequence format="r1" duration="48048/24000s"><spine>
            <asset-clip ref="r2" offset="0s" name="inner" start="12012/24000s" duration="48048/24000s"/>
        </spine></sequence></media>
    </resources>
    <project name="Edit">
        <sequence format="r1" tcStart="86486400/24000s" tcFormat="NDF" duration="200200/24000s">
            <spine>
                <asset-clip ref="r2" offset="86486400/24000s" name="a" start="10010/24000s" duration="48048/24000s">
                    <title ref="r3" lane="1" offset="20020/24000s" name="over" start="3600s" duration="24024/24000s"/>
                    <marker start="11011/24000s" duration="1001/24000s" value="here"/>
                </asset-clip>
                <transition name="Cross Dissolve" offset="86522436/24000s" duration="24024/24000s"/>
                <asset-clip ref="r2" offset="86534448/24000s" name="b" start="96096/24000s" duration="48048/24000s">
                    <timeMap><timept time="0s" value="0s"/>
                        <timept time="120120/24000s" value="240240/24000s"/></timeMap>
                    <adjust-transform position="1 2"/>
                </asset-clip>
                <gap name="Gap" offset="86582496/24000s" start="3600s" duration="24024/24000s">
                    <spine lane="2" offset="86401001/24s">
                        <asset-clip ref="r2" offset="0s" name="c" duration="12012/24000s"/>
                    </spine>
                </gap>
                <ref-clip ref="r4" offset="86606520/24000s" name="nested" duration="48048/24000s"/>
            </spine>
        </sequence>
    </project>
</fcpxml>
"""


def edit(version: str = "1.10") -> bytes:
    old = tuple(int(part) for part in version.split(".")) < (1, 9)
    rep = '><media-rep kind="original-media" src="file:///media/plate.mov"/></asset>'
    text = EDIT.format(version=version, src=' src="file:///media/plate.mov"/>' if old else rep)
    return text.replace("86401001/24s", "3600s").encode()


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/plate.mov")))


def read(data: bytes) -> Timeline:
    return Timeline.from_otio(read_fcpxml(data))


def with_result(timeline: Timeline, which: str) -> Timeline:
    got = select_clip(timeline, which)
    return add_result(
        timeline, got, media_path=Path("/media/result & more.mov"), result_range=got.with_handles(4),
        rate=got.rate, media_start_frame=got.source_start_frame + got.with_handles(4).start, recipe={},
    )  # fmt: skip


@pytest.mark.parametrize("version", ["1.8", "1.9", "1.13"])
def test_an_edit_at_23_976_is_read_frame_by_frame(version: str) -> None:
    timeline = read(edit(version))
    assert timeline.model.global_start_time == time(86400, 24000 / 1001)
    found = {info.name: info for info in list_clips(timeline)}
    assert found["a"].record == "01:00:00:00-01:00:01:23" and found["b"].record == "01:00:02:00-01:00:03:23"
    assert found["over"].record == "01:00:00:10-01:00:01:09" and not found["over"].has_media
    assert found["c"].record == "01:00:04:00-01:00:04:11"
    assert found["inner"].record == "01:00:05:00-01:00:06:23"
    got = select_clip(timeline, "a")
    # the dissolve of 24 frames over the cut shows twelve more
    assert (got.media_range.start, got.media_range.duration, got.rate) == (10, 60, Fraction(24000, 1001))
    assert got.clip.markers[0].name == "here"
    b = select_clip(timeline, "b")
    assert b.time_scalar == 2 and b.trimmed_media_range.start == 192


@pytest.mark.parametrize("version", ["1.8", "1.10"])
@pytest.mark.parametrize("which", ["a", "b", "c"])
def test_a_clip_more_leaves_all_else_in_the_file(tmp_path: Path, version: str, which: str) -> None:
    source, out = tmp_path / "edit.fcpxml", tmp_path / "out.fcpxml"
    source.write_bytes(edit(version))
    before = read_timeline(source)
    result = with_result(before, which)
    write_timeline(result, out)
    after = read_timeline(out)
    (new,) = [info for info in list_clips(after) if info.name == f"{which} (removed)"]
    (old,) = [info for info in list_clips(before) if info.name == which]
    assert new.record == old.record and new.track_index == old.track_index + 1
    kept = [line for line in out.read_text().splitlines() if "(removed)" not in line]
    missing = [line for line in source.read_text().splitlines() if line not in kept]
    # what lies in higher lanes moves up; nothing else is touched
    assert all('lane="' in line or "/>" in line for line in missing) and len(missing) <= 2
    got = select_clip(after, new.name)
    assert (
        got.clip.media_reference.target_url.endswith("/result%20%26%20more.mov")
        and got.trimmed_media_range.duration == select_clip(before, which).trimmed_media_range.duration
    )
    if which == "b":
        assert 'position="1 2"' in out.read_text().split("(removed)")[2]


def test_the_new_media_has_the_format_of_the_original_s(tmp_path: Path) -> None:
    source, out = tmp_path / "edit.fcpxml", tmp_path / "out.fcpxml"
    large = b'<format id="r9" frameDuration="1001/24000s" width="3840" height="2160"/>'
    data = (
        edit()
        .replace(b"<asset id=", large + b"\n<asset id=", 1)
        .replace(b'hasVideo="1" format="r1"', b'hasVideo="1" format="r9"')
    )
    source.write_bytes(data)
    write_timeline(with_result(read_timeline(source), "a"), out)
    (asset,) = [line for line in out.read_text().splitlines() if "<asset " in line and "(removed)" in line]
    assert 'format="r9"' in asset


def test_a_clip_within_a_compound_clip_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "edit.fcpxml").write_bytes(edit())
    result = with_result(read_timeline(tmp_path / "edit.fcpxml"), "inner")
    with pytest.raises(OutputError, match="not in a nested one; write .otio"):
        write_timeline(result, tmp_path / "out.fcpxml")


def test_sound_beside_the_picture_stays_sound() -> None:
    data = edit().replace(
        b'<marker start="11011/24000s"',
        b'<asset-clip ref="r2" lane="-1" offset="10010/24000s" name="s" srcEnable="audio" duration="1001/24000s"/>'
        b'<marker start="11011/24000s"',
    )
    model = read(data).model
    assert [track.kind for track in model.tracks][-1] == "Audio"
    assert read(write_fcpxml(model_without_nests(model))).model.tracks[-1].kind == "Audio"


def model_without_nests(model: otio.schema.Timeline) -> otio.schema.Timeline:
    copy = model.deepcopy()
    for track in copy.tracks:
        for number, item in reversed(list(enumerate(track))):
            if isinstance(item, otio.schema.Clip) and not isinstance(
                item.media_reference, otio.schema.ExternalReference
            ):
                track[number] = otio.schema.Gap(source_range=item.source_range)
    return copy


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'frameDuration="1001/24000s"', b"", "frame rate"),
        (b'frameDuration="1001/24000s"', b'frameDuration="0s"', "frame duration"),
        (b'duration="48048/24000s"/>\n        </spine>', b'/>\n        </spine>', ""),
        (b'lane="1"', b'lane="up"', "'up' is no lane"),
        (b'offset="20020/24000s"', b'offset="soon"', "'soon' is no time"),
        (b'offset="20020/24000s"', b'offset="1/0s"', "no time"),
        (b"<project", b"<thing", "broken XML in line"),
        (b"<!DOCTYPE fcpxml>", b'<!DOCTYPE fcpxml [<!ENTITY a "b">]>', "entity"),
        (b'encoding="UTF-8"', b'encoding="UTF-16"', ""),
        (b'ref="r2" offset="0s" name="inner"', b'ref="r4" offset="0s" name="inner"', ""),
        (b'<asset-clip ref="r2" offset="0s" name="in', b'<ref-clip ref="r4" offset="0s" name="in', "nested too"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_in_one_line(old: bytes, new: bytes, said: str) -> None:
    data = edit().replace(old, new, 1)
    assert data != edit()
    if not said:
        read_or_refused(data)
        return
    with pytest.raises(TimelineError, match=said):
        read(data)


def read_or_refused(data: bytes) -> None:
    try:
        list_clips(read(data))
    except LumiereError as error:
        assert "\n" not in str(error)


def test_a_speed_that_varies_is_refused_by_name() -> None:
    point = b'<timept time="120120/24000s"'
    varies = edit().replace(point, b'<timept time="24024/24000s" value="1001/24000s"/>' + point)
    with pytest.raises(TimelineError, match="no constant speed"):
        select_clip(read(varies), "b")


def test_what_fcpxml_has_not_is_refused_by_name() -> None:
    with pytest.raises(OutputError, match="refers to movies alone"):
        write_fcpxml(read(edit()).model)


@st.composite
def edits(draw: st.DrawFn) -> otio.schema.Timeline:
    rate = draw(st.sampled_from(RATES))
    fps = float(rate)
    start = draw(st.sampled_from([None, 0, 86400, 107892]))
    timeline = otio.schema.Timeline("random", global_start_time=None if start is None else time(start, fps))
    for number in range(draw(st.integers(1, 3))):
        track = otio.schema.Track(f"V{number + 1}", kind="Video")
        for n in range(draw(st.integers(1, 5))):
            length, first = draw(st.integers(3, 90)), draw(st.integers(200, 300))
            if draw(st.integers(0, 3)) == 0:
                track.append(otio.schema.Gap(source_range=span(time(0, fps), time(length, fps))))
                continue
            if n and isinstance(track[-1], otio.schema.Clip) and draw(st.booleans()):
                track.append(otio.schema.Transition("x", "SMPTE_Dissolve", time(1, fps), time(1, fps)))
            own = float(draw(st.sampled_from([rate, rate, draw(st.sampled_from(RATES))])))
            media = otio.schema.ExternalReference(f"/media/{n} ü.mov", span(time(100, own), time(9000, own)))
            clip = otio.schema.Clip(f"c{n} & <{number}>", media, span(time(first, own), time(length, fps)))
            scalar = draw(st.sampled_from([1, 1, 2, 0.5, 1.25, -1, 0]))
            if scalar != 1:
                clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=scalar))
            clip.enabled = draw(st.booleans())
            track.append(clip)
        timeline.tracks.append(track)
    return timeline


def plain(model: otio.schema.Timeline) -> list[object]:
    """Everything that FCPXML keeps, field by field, in seconds."""
    found: list[object] = []
    timeline = Timeline.from_otio(model)
    for info, clip in zip(list_clips(timeline), timeline.model.find_clips(), strict=True):
        source = clip.trimmed_range()
        speed = [effect.time_scalar for effect in clip.effects]
        into, lasts = source.start_time.to_seconds(), source.duration.to_seconds()
        found.append(
            (info.track_index, info.record, info.name, round(into, 5), round(lasts, 6), speed, clip.enabled)
        )
    return found


@settings(max_examples=150, deadline=None)
@given(edits())
def test_any_edit_is_read_as_it_was_written(model: otio.schema.Timeline) -> None:
    if not any(True for _ in model.find_clips()):
        return
    model.global_start_time = model.global_start_time or time(0, model.tracks[0][0].duration().rate)
    written = write_fcpxml(model)
    again = read_fcpxml(written)
    sorted_places = sorted(map(repr, plain(model)))
    # an empty upper track is no track in FCPXML
    if all(any(isinstance(item, otio.schema.Clip) for item in track) for track in model.tracks):
        assert sorted(map(repr, plain(again))) == sorted_places
    assert write_fcpxml(model) == written


@settings(max_examples=80, deadline=None)
@given(edits(), st.data())
def test_in_any_file_a_clip_more_is_where_it_belongs(
    model: otio.schema.Timeline, data: st.DataObject
) -> None:
    if not any(True for _ in model.find_clips()):
        return
    model.global_start_time = model.global_start_time or time(0, model.tracks[0][0].duration().rate)
    written = write_fcpxml(model)
    before = read(written)
    wanted = data.draw(st.sampled_from(list_clips(before)))
    try:
        result = with_result(before, f"#{wanted.index}")
    except LumiereError:
        return  # frames that the media lacks
    (number,) = [n for n, track in enumerate(result.model.tracks) if track.name == "Lumiere"]
    clip = next(item for item in result.model.tracks[number] if isinstance(item, otio.schema.Clip))
    start = clip.range_in_parent().start_time
    at = Fraction(round(start.value)) / Fraction(start.rate).limit_denominator(1001)
    after = read(insert_fcpxml(written, number - 1, at, clip))
    new = [info for info in list_clips(after) if info.name == clip.name]
    assert [info.record for info in new] == [wanted.record]
    others = [one for one in plain(after.model) if clip.name not in repr(one)]
    assert sorted(one[1:] for one in others) == sorted(one[1:] for one in plain(before.model))  # type: ignore[index]


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_hosts_get_a_clip_and_keep_every_other_byte(path: Path, tmp_path: Path) -> None:
    before, done = read_timeline(path), 0
    for info in list_clips(before):
        try:
            result = with_result(before, f"#{info.index}")
            write_timeline(result, tmp_path / "out.fcpxml", overwrite=True)
        except LumiereError:
            continue
        source, written = path.read_text().splitlines(), (tmp_path / "out.fcpxml").read_text().splitlines()
        lost = set(source) - set(written)
        assert all("lane=" in line or "/>" in line for line in lost), lost
        done += 1
        if done == 12:
            break
    assert done or "Transition" in path.name  # which has titles alone
