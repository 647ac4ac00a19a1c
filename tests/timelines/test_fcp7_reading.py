"""Final Cut Pro 7 XML is read field by field as OpenTimelineIO's adapter reads it, but for what that gets wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_engine.protocol.errors import TimelineError
from lumiere_otio import list_clips, read_timeline
from lumiere_otio.fcp7 import read_fcp7

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
FILES = sorted((FOOTAGE / "timelines").glob("*.xml"))


def by_adapter(text: str) -> Any:
    thing = otio.adapters.read_from_string(text, "fcp_xml")
    return json.loads(thing.to_json_string())


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Each field that is not the same, with both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from differences(one.get(key, "-"), other.get(key, "-"), f"{where}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{where}/{number}")
    elif one != other:
        yield f"{where}: {str(one)[:60]} | {str(other)[:60]}"


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_hosts_are_read_as_the_adapter_reads_them(path: Path) -> None:
    pytest.importorskip("otio_fcp_adapter")
    text = path.read_text(encoding="utf-8")
    found = list(differences(by_adapter(text), read_fcp7(path.read_bytes())))
    if path.name == "hiero_xml_export.xml":  # a Time Remap
        assert all("effects/0" in line for line in found) and len(found) == 2
    elif path.name == "premiere_enable_property.xml":
        assert all(line.endswith("/enabled: True | False") for line in found) and len(found) == 5
    elif path.name == "premiere_example.xml":  # the nested sequence, in the picture and in the sound
        assert [line.rpartition("/")[2][:10] for line in found] == ["children: "] * 2


def rates(draw: st.DrawFn, missing: bool = True) -> str:
    if missing and draw(st.booleans()):
        return ""
    ntsc = draw(st.sampled_from(["", "<ntsc>TRUE</ntsc>", "<ntsc>FALSE</ntsc>"]))
    return f"<rate><timebase>{draw(st.sampled_from([24, 25, 30, 60]))}</timebase>{ntsc}</rate>"


def marks(draw: st.DrawFn) -> str:
    found = ""
    for number in range(draw(st.integers(0, 2))):
        begin = draw(st.integers(0, 90))
        end = draw(st.sampled_from([-1, begin + 5]))
        found += (
            f"<marker><comment>why</comment><name>m{number}</name><in>{begin}</in><out>{end}</out></marker>"
        )
    return found


def file(draw: st.DrawFn, number: int, known: set[int]) -> str:
    if number in known:
        return f'<file id="file-{number}"/>'
    known.add(number)
    inside = draw(st.sampled_from(["<name>a ü.mov</name>", "<name/>", ""])) + rates(draw)
    inside += draw(
        st.sampled_from(
            ["<pathurl>file://localhost/a%20b.mov</pathurl>", "<mediaSource>Slug</mediaSource>", ""]
        )
    )
    inside += draw(st.sampled_from(["<duration>500</duration>", "<duration>12.5</duration>", ""]))
    if draw(st.booleans()):
        rate = "<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>"
        told = draw(st.sampled_from(["<frame>86400</frame>", "<string>01:00:00;00</string>"]))
        inside += f"<timecode>{rate}{told}<reel><name>A1</name></reel></timecode>"
    return f'<file id="file-{number}">{inside}<media><video><width>8</width></video><audio/></media></file>'


@st.composite
def xml(draw: st.DrawFn) -> str:
    """A sequence with what hosts write: inherited rates, dissolves, generators, filters, links, bins."""
    known: set[int] = set()
    tracks: dict[str, list[str]] = {"video": [], "audio": []}
    count = 0
    kinds = draw(st.lists(st.sampled_from(["video", "video", "audio"]), min_size=1, max_size=4))
    for kind in sorted(kinds, reverse=True):  # what comes first in the file tells what its media is
        own = draw(st.sampled_from(["", ' currentExplodedTrackIndex="1" totalExplodedTrackCount="2"']))
        apart = 3 if own and kind == "audio" else 0
        items, now, open_ = "", 0, False
        for _ in range(draw(st.integers(0, 4))):
            count += 1
            length = draw(st.integers(9, 40))
            now += 0 if open_ else draw(st.sampled_from([0, 0, 7]))
            start, end = ("-1" if open_ else str(now)), now + length
            open_ = draw(st.integers(0, 2)) == 0
            tag = draw(st.sampled_from(["clipitem", "clipitem", "generatoritem"]))
            inside = f"<name>c{count}</name><duration>90</duration>" + rates(draw) + marks(draw)
            inside += f"<start>{start}</start><end>{-1 if open_ else end}</end>"
            inside += f"<in>{draw(st.integers(0, 50))}</in><out>90</out><enabled>TRUE</enabled>"
            if tag == "clipitem":
                inside += file(draw, apart + draw(st.integers(1, 3)), known)
            else:
                inside += "<effect><name>Bars</name><effectid>b</effectid><effecttype>generator</effecttype></effect>"
            for _ in range(draw(st.integers(0, 2))):
                inside += (
                    "<filter><effect><name>Crop</name><effectid>crop</effectid><parameter><value>1</value>"
                )
                inside += "</parameter><parameter/></effect></filter>"
            inside += f"<link><linkclipref>c{count}</linkclipref></link>" * draw(st.integers(0, 2))
            items += f'<{tag} id="c{count}">{inside}</{tag}>'
            if open_:
                alignment = draw(st.sampled_from(["center", "start", "end-black", ""]))
                items += f"<transitionitem><start>{end - 4}</start><end>{end + 4}</end>{rates(draw)}"
                items += f"<alignment>{alignment}</alignment><effect><name>Dissolve</name></effect></transitionitem>"
            now = end
        name = draw(st.sampled_from(["<name>T</name>", ""]))
        tracks[kind].append(f"<track{own}>{name}{items}<locked>FALSE</locked>{rates(draw)}</track>")
    start = draw(
        st.sampled_from(["", "<timecode><frame>108000</frame><displayformat>DF</displayformat></timecode>"])
    )
    media = "".join(f"<{kind}><format><x/></format>{''.join(own)}</{kind}>" for kind, own in tracks.items())
    sequence = (
        f'<sequence id="s"><name>Edit &amp; more</name>{rates(draw, missing=False)}{start}{marks(draw)}'
    )
    sequence += f"<media>{media}</media></sequence>"
    if draw(st.booleans()):
        sequence = f"<project><name>p</name><children>{sequence}</children></project>"
    return f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE xmeml><xmeml version="5">{sequence}</xmeml>'


@settings(max_examples=60, deadline=None)
@given(xml())
def test_random_sequences_are_read_as_the_adapter_reads_them(text: str) -> None:
    pytest.importorskip("otio_fcp_adapter")
    assert list(differences(by_adapter(text), read_fcp7(text.encode()))) == []


RATE = "<rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate>"
ITEM = "<name>{name}</name><start>{start}</start><end>{end}</end><in>5</in><out>25</out>"


def sequence(items: str, name: str = "Edit") -> str:
    return (
        f"<sequence><name>{name}</name>{RATE}<media><video><track>{items}</track></video></media></sequence>"
    )


def written(folder: Path, body: str) -> Path:
    path = folder / "edit.xml"
    path.write_text(f'<?xml version="1.0"?><xmeml version="4">{body}</xmeml>')
    return path


def test_clips_in_a_nested_sequence_are_found_where_they_are_seen(tmp_path: Path) -> None:
    inner = f"<clipitem>{ITEM.format(name='inner', start=10, end=30)}<file id='f'><name>f</name></file></clipitem>"
    outer = f"<clipitem>{ITEM.format(name='nest', start=100, end=120)}{sequence(inner, 'Inside')}</clipitem>"
    found = list_clips(read_timeline(written(tmp_path, sequence(outer))))
    # frame 10 of the nested sequence, which is seen from its frame 5 on, at frame 100
    assert [(info.name, info.record) for info in found] == [("inner", "00:00:04:05-00:00:04:24")]


def test_media_that_a_bin_tells_is_found(tmp_path: Path) -> None:
    path = f"<pathurl>file:///m/a.mov</pathurl>{RATE}<duration>50</duration>"
    bins = f"<bin><children><clip id='m'><file id='f'><name>a</name>{path}</file></clip></children></bin>"
    item = f"<clipitem>{ITEM.format(name='a', start=0, end=20)}<file id='f'/></clipitem>"
    (info,) = list_clips(read_timeline(written(tmp_path, bins + sequence(item))))
    assert info.has_media


def test_an_item_without_media_leaves_the_others_readable(tmp_path: Path) -> None:
    items = "".join(
        f"<clipitem>{ITEM.format(name=name, start=start, end=start + 20)}{file}</clipitem>"
        for name, start, file in (
            ("none", 0, ""),
            ("some", 20, "<file id='f'><pathurl>/a.mov</pathurl></file>"),
        )
    )
    found = list_clips(read_timeline(written(tmp_path, sequence(items))))
    assert [(info.name, info.has_media) for info in found] == [("none", False), ("some", True)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (sequence("").replace("<timebase>25</timebase>", ""), "has no rate"),
        (sequence("").replace(">25<", ">soon<"), "'soon' is no timebase"),
        (sequence("").replace(">25<", ">0<"), "the timebase 0"),
        ("<project/>", "holds no sequence"),
        ("<sequence><name>x</name></sequence>", "x: a sequence in it has no media"),
        (sequence(f"<clipitem>{ITEM.format(name='a', start=-1, end=9)}</clipitem>"), "a: it begins or ends in a tr"),
        (sequence(f"<clipitem>{ITEM.format(name='a', start=0.5, end=9)}</clipitem>"), "no whole number of frames"),
        (sequence("<clipitem><start>0</start></clipitem>"), "'' is no end"),
        (sequence("<clipitem>" * 300 + "</clipitem>" * 300), "nested too deeply"),
        (sequence("") + sequence("", "Other"), "holds 2 timelines ('Edit', 'Other')"),
        ("<a", "broken XML in line 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(TimelineError) as refusal:
        read_timeline(written(tmp_path, body))
    assert said in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_sequence_in_itself_is_refused(tmp_path: Path) -> None:
    item = f"<clipitem>{ITEM.format(name='a', start=0, end=9)}<sequence id='s'/></clipitem>"
    body = sequence(item).replace("<sequence>", "<sequence id='s'>", 1)
    with pytest.raises(TimelineError, match="sequences are nested too deeply"):
        read_timeline(written(tmp_path, body))


def test_other_xml_is_refused_by_its_root(tmp_path: Path) -> None:
    path = tmp_path / "edit.xml"
    path.write_text("<fcpxml version='1.9'/>")
    with pytest.raises(TimelineError, match=r"its root is 'fcpxml'; rename it to \.fcpxml"):
        read_timeline(path)
    path.write_text("<!DOCTYPE xmeml [<!ENTITY a 'b'>]><xmeml>&a;</xmeml>")
    with pytest.raises(TimelineError, match="declares an entity"):
        read_timeline(path)
