"""FCPXML's clips that are made of others: compound, multicam, synchronized, auditions; every version, bundles."""

from __future__ import annotations

from pathlib import Path

import lumiere_otio.selection as selection_module
import pytest
from lumiere_engine.protocol.errors import OutputError, TimelineError
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_otio import (
    MediaFile,
    Timeline,
    add_result,
    list_clips,
    overview,
    read_timeline,
    select_clip,
    write_timeline,
)
from lumiere_otio.fcpxml import read_fcpxml

VERSIONS = ["1.8", "1.9", "1.10", "1.11", "1.12", "1.13"]
HEAD = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE fcpxml>
<fcpxml version="{version}"><resources>
<format id="r1" frameDuration="100/2500s" width="1920" height="1080"/>
<format id="r2" frameDuration="1001/24000s"/>
{assets}
{more}
</resources><library><event name="e"><project name="Edit">
<sequence format="r1" tcStart="3600s" tcFormat="NDF" duration="100s"><spine>
{spine}
</spine></sequence></project></event></library></fcpxml>
"""
ASSETS = ("plate", "other", "sound")
MULTICAM = """<media id="mc" name="cams"><multicam format="r1" tcStart="{start}s" tcFormat="NDF">
<mc-angle name="A" angleID="a"><gap name="Gap" offset="{start}s" duration="2s"/>
<asset-clip ref="plate" offset="{two}s" name="cam a" start="60s" duration="20s"/></mc-angle>
<mc-angle name="B" angleID="b"><asset-clip ref="other" offset="{start}s" name="cam b" start="61s" duration="30s"/>
</mc-angle></multicam></media>"""


def asset(name: str, version: str) -> str:
    shown = 'hasAudio="1"' if name == "sound" else 'hasVideo="1" format="r1"'
    head = f'<asset id="{name}" name="{name}" start="60s" duration="40s" {shown}'
    src = f'src="file:///media/{name}.mov"'
    inside = tuple(map(int, version.split("."))) >= (1, 9)
    return f'{head}><media-rep kind="original-media" {src}/></asset>' if inside else f"{head} {src}/>"


def edit(spine: str, more: str = "", version: str = "1.10") -> bytes:
    assets = "\n".join(asset(name, version) for name in ASSETS)
    return HEAD.format(version=version, assets=assets, more=more, spine=spine).encode()


def multicam(start: int = 0) -> str:
    return MULTICAM.format(start=start, two=start + 2)


def read(spine: str, more: str = "", version: str = "1.10") -> Timeline:
    return Timeline.from_otio(read_fcpxml(edit(spine, more, version)))


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/plate.mov")))


def places(timeline: Timeline) -> list[tuple[str, str]]:
    return [(info.name, info.record) for info in list_clips(timeline)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("start", [0, 3600])
def test_a_multicam_clip_shows_its_angle_frame_by_frame(version: str, start: int) -> None:
    clip = '<mc-clip ref="mc" offset="3600s" name="m" start="{}s" duration="4s">{}</mc-clip>'
    for angle, name, first in (("a", "cam a", 75), ("b", "cam b", 150)):
        source = f'<mc-source angleID="{angle}" srcEnable="video"/><mc-source angleID="b" srcEnable="audio"/>'
        timeline = read(clip.format(start + 5, source), multicam(start), version)
        # five seconds into the angles, of which A begins after two
        assert places(timeline)[0][0] == name
        nest = timeline.model.tracks[0][0]
        assert nest.source_range.start_time.value == 125 and nest.duration().value == 100
        got = select_clip(timeline, name)
        inside = got.clip.range_in_parent().start_time.value
        seen = got.trimmed_media_range.start + 125 - inside
        assert (seen, got.clip.media_reference.name) == (first, "plate" if angle == "a" else "other")


def test_a_multicam_clip_without_sources_shows_its_first_angle_from_its_beginning() -> None:
    timeline = read('<mc-clip ref="mc" offset="3600s" name="m" duration="4s"/>', multicam(3600))
    assert timeline.model.tracks[0][0].source_range.start_time.value == 0
    assert places(timeline) == [("cam a", "01:00:02:00-01:00:21:24")]


def test_the_sound_of_a_multicam_clip_is_no_picture() -> None:
    spine = """<asset-clip ref="plate" offset="3600s" name="p" duration="4s">
<mc-clip ref="mc" lane="-1" offset="60s" name="m" duration="4s"><mc-source angleID="b" srcEnable="audio"/></mc-clip>
</asset-clip>"""
    assert places(read(spine, multicam())) == [("p", "01:00:00:00-01:00:03:24")]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_synchronized_clip_shows_the_frames_of_its_picture(version: str) -> None:
    spine = """<sync-clip offset="3600s" name="s" start="3s" duration="4s" format="r1"><spine>
<asset-clip ref="plate" offset="0s" name="p" start="65s" duration="20s"/></spine>
<asset-clip ref="sound" lane="-1" offset="1s" name="w" duration="20s"/>
<sync-source sourceID="connected"/></sync-clip>"""
    timeline = read(spine, version=version)
    assert places(timeline) == [("s", "01:00:00:00-01:00:03:24")]
    assert select_clip(timeline, "s").media_range == FrameRange(8 * 25, 100)


@pytest.mark.parametrize("tag", ["sync-clip", "clip"])
def test_a_clip_of_several_pieces_shows_each_where_it_is(tag: str) -> None:
    spine = f"""<{tag} offset="3600s" name="s" start="3s" duration="6s"><spine>
<asset-clip ref="plate" offset="0s" name="one" start="65s" duration="5s"/>
<asset-clip ref="other" offset="5s" name="two" start="70s" duration="20s"/></spine></{tag}>
<asset-clip ref="plate" offset="3606s" name="next" duration="1s"/>"""
    timeline = read(spine)
    assert places(timeline) == [
        ("one", "00:59:57:00-01:00:01:24"),
        ("two", "01:00:02:00-01:00:21:24"),
        ("next", "01:00:06:00-01:00:06:24"),
    ]
    assert timeline.model.tracks[0][0].trimmed_range().duration.value == 150
    assert select_clip(timeline, "two").media_range == FrameRange(10 * 25, 500)


def test_a_clip_that_its_piece_does_not_fill_keeps_the_piece_in_its_place() -> None:
    spine = """<clip offset="3600s" name="c" start="0s" duration="9s">
<video ref="plate" offset="2s" name="v" start="61s" duration="4s"/></clip>"""
    assert places(read(spine)) == [("v", "01:00:02:00-01:00:05:24")]


def test_a_retimed_piece_in_a_clip_keeps_its_speed() -> None:
    spine = """<clip offset="3600s" name="c" start="0s" duration="4s"><asset-clip ref="plate" offset="0s" name="fast"
 start="0s" duration="4s"><timeMap><timept time="0s" value="60s"/><timept time="10s" value="80s"/></timeMap>
</asset-clip></clip>"""
    assert select_clip(read(spine), "fast").time_scalar == 2


def test_an_audition_is_the_clip_that_is_shown() -> None:
    spine = """<audition offset="3600s"><asset-clip ref="plate" offset="3600s" name="shown" start="65s" duration="4s"/>
<asset-clip ref="other" offset="3600s" name="hidden" duration="9s"/></audition>
<asset-clip ref="plate" name="next" duration="1s"/>"""
    timeline = read(spine)
    assert places(timeline) == [("shown", "01:00:00:00-01:00:03:24"), ("next", "01:00:04:00-01:00:04:24")]
    assert select_clip(timeline, "shown").media_range == FrameRange(125, 100)


def test_compound_clips_may_lie_in_each_other_and_begin_anywhere() -> None:
    more = """<media id="in" name="in"><sequence format="r2" tcStart="10s" duration="20s"><spine>
<asset-clip ref="plate" offset="10s" name="deep" start="65s" duration="20s"/></spine></sequence></media>
<media id="out" name="out"><sequence format="r1" tcStart="0s" duration="20s"><spine>
<ref-clip ref="in" offset="0s" name="mid" start="12s" duration="18s"/></spine></sequence></media>"""
    spine = '<ref-clip ref="out" offset="3600s" name="top" start="3s" duration="4s"/>'
    timeline = read(spine, more)
    assert places(timeline) == [("deep", "00:59:55:00-01:00:14:24")]
    # without a start of its own it shows the other from its beginning
    (info,) = list_clips(read(spine, more.replace(' start="12s"', "")))
    assert info.record == "00:59:57:00-01:00:16:24"


def test_a_new_kind_of_story_element_takes_its_time() -> None:
    spine = """<live-drawing offset="3600s" name="d" duration="2s"/>
<asset-clip ref="plate" name="p" start="65s" duration="4s"/>"""
    found = list_clips(read(spine, version="1.13"))
    assert [(info.name, info.record, info.has_media) for info in found] == [
        ("d", "01:00:00:00-01:00:01:24", False),
        ("p", "01:00:02:00-01:00:05:24", True),
    ]


@pytest.mark.parametrize(("scaled", "refused"), [("1", True), (None, True), ("0", False)])
def test_media_that_is_conformed_to_another_rate_is_refused_by_name(
    scaled: str | None, refused: bool
) -> None:
    own = "" if scaled is None else f'scaleEnabled="{scaled}" '
    spine = f"""<asset-clip ref="film" offset="3600s" name="f" duration="2s">
<conform-rate {own}srcFrameRate="23.98"/></asset-clip>"""
    film = '<asset id="film" start="0s" duration="1001s" hasVideo="1" format="r2" src="file:///f.mov"/>'
    timeline = read(spine, film, "1.8")
    if refused:
        with pytest.raises(
            TimelineError, match=r"f: its time effect TimeEffect 'conform-rate' has no constant"
        ):
            select_clip(timeline, "f")
        return
    assert select_clip(timeline, "f").media_range == FrameRange(0, 48)


@pytest.mark.parametrize(
    ("spine", "said"),
    [
        (
            '<mc-clip ref="none" offset="3600s" name="m" duration="4s"/>',
            "m: a multicam clip refers to nothing",
        ),
        (
            '<mc-clip ref="mc" offset="3600s" name="m" duration="4s"><mc-source angleID="z"/></mc-clip>',
            "m: a multicam clip shows an angle that is not there",
        ),
        (
            '<ref-clip ref="mc" offset="3600s" name="r" duration="4s"/>',
            "r: a compound clip refers to nothing",
        ),
    ],
)
def test_what_is_not_there_is_refused_by_name(spine: str, said: str) -> None:
    with pytest.raises(TimelineError, match=said):
        read(spine, multicam())


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(TimelineError, match=r"FCPXML 2\.0, here 1\.0 to 1\.14 is known"):
        read("", version="2.0")


def test_a_clip_in_a_multicam_clip_gets_its_track_in_an_otio(tmp_path: Path) -> None:
    (tmp_path / "edit.fcpxml").write_bytes(
        edit('<mc-clip ref="mc" offset="3600s" name="m" start="5s" duration="4s"/>', multicam())
    )
    result = with_result(read_timeline(tmp_path / "edit.fcpxml"), "cam a")
    with pytest.raises(OutputError, match="not in a nested one; write .otio"):
        write_timeline(result, tmp_path / "out.fcpxml")
    write_timeline(result, tmp_path / "out.otio")
    assert [name for name, _ in places(read_timeline(tmp_path / "out.otio"))] == ["cam a", "cam a (removed)"]


def test_a_bundle_is_read_and_its_text_gets_the_clip(tmp_path: Path) -> None:
    bundle = tmp_path / "edit.fcpxmld"
    bundle.mkdir()
    text = edit('<asset-clip ref="plate" offset="3600s" name="p" start="65s" duration="4s"/>', version="1.13")
    (bundle / "Info.fcpxml").write_bytes(text)
    timeline = read_timeline(bundle)
    assert overview(timeline).rate == 25
    result = with_result(timeline, "p")
    with pytest.raises(OutputError, match=r"read, not written; write \.fcpxml"):
        write_timeline(result, tmp_path / "out.fcpxmld")
    write_timeline(result, tmp_path / "out.fcpxml")
    assert places(read_timeline(tmp_path / "out.fcpxml")) == [
        ("p", "01:00:00:00-01:00:03:24"),
        ("p (removed)", "01:00:00:00-01:00:03:24"),
    ]
    (bundle / "Info.fcpxml").unlink()
    with pytest.raises(TimelineError, match=r"edit.fcpxmld: there is no such file"):
        read_timeline(bundle)


def with_result(timeline: Timeline, which: str) -> Timeline:
    got = select_clip(timeline, which)
    held = got.with_handles(4)
    return add_result(
        timeline, got, media_path=Path("/media/result.mov"), result_range=held, rate=got.rate,
        media_start_frame=got.source_start_frame + held.start, recipe={},
    )  # fmt: skip
