"""Final Cut Pro 7 XML: a track more leaves all else in the file; a time remap is never taken for 100 %."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import lumiere_otio.selection as selection_module
import opentimelineio as otio
import pytest
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

pytest.importorskip("otio_fcp_adapter")
HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
FILES = sorted((FOOTAGE / "timelines").glob("*.xml"))
BASES = {
    Fraction(24000, 1001): (24, "TRUE"),
    Fraction(25): (25, "FALSE"),
    Fraction(30000, 1001): (30, "TRUE"),
}

REMAP = """<filter><effect><name>Time Remap</name><effectid>timeremap</effectid><effecttype>motion</effecttype>
<parameter><parameterid>speed</parameterid><value>50</value></parameter></effect></filter>"""
MOTION = "<filter><effect><name>Basic Motion</name><effectid>basic</effectid></effect></filter>"


def clip(number: int, name: str, start: int, into: int, rates: str, more: str = "") -> str:
    return f"""<clipitem id="clipitem-{number}"><name>{name}</name><duration>200</duration>{rates}
<start>{start}</start><end>{start + 24}</end><in>{into}</in><out>{into + 24}</out>
<file id="file-{number}"><name>plate.mov</name><pathurl>file:///media/plate.mov</pathurl>{rates}<duration>200</duration>
<timecode>{rates}<string>01:00:00:00</string><frame>86400</frame><displayformat>NDF</displayformat></timecode></file>
{more}<link><linkclipref>clipitem-{number}</linkclipref><mediatype>video</mediatype><trackindex>{number}</trackindex></link>
</clipitem>"""


def edit(rate: Fraction = Fraction(25), more: str = MOTION) -> str:
    base, ntsc = BASES[rate]
    rates = f"<rate><timebase>{base}</timebase><ntsc>{ntsc}</ntsc></rate>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xmeml>
<xmeml version="4">
    <sequence id="s"><name>Edit</name><duration>100</duration>{rates}
        <timecode>{rates}<string>01:00:00:00</string><frame>{base * 3600}</frame>
            <displayformat>NDF</displayformat></timecode>
        <media><video>
            <track>{clip(1, "a &amp; b", 10, 5, rates, more)}<enabled>TRUE</enabled></track>
            <track>{clip(2, "above", 20, 0, rates)}</track>
        </video><audio/></media>
    </sequence>
</xmeml>
"""


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/plate.mov")))


def with_result(timeline: Timeline, which: str, rate: Fraction | None = None) -> Timeline:
    got = select_clip(timeline, which)
    return add_result(
        timeline, got, media_path=Path("/media/result.mov"), result_range=got.with_handles(4),
        rate=rate or got.rate, media_start_frame=got.source_start_frame + got.with_handles(4).start, recipe={},
    )  # fmt: skip


@pytest.mark.parametrize("rate", BASES, ids=lambda rate: f"{float(rate):g}")
def test_a_clip_more_is_above_its_original_and_links_still_lead_where_they_led(
    tmp_path: Path, rate: Fraction
) -> None:
    source, out = tmp_path / "edit.xml", tmp_path / "out.xml"
    source.write_text(edit(rate))
    before = read_timeline(source)
    write_timeline(with_result(before, "a & b"), out)
    after = read_timeline(out)
    names = [info.name for info in list_clips(after)]
    assert names == ["a & b", "a & b (removed)", "above"]
    old, new, _ = list_clips(after)
    assert new.record == old.record
    got = select_clip(after, "a & b (removed)")
    assert got.trimmed_media_range.start == 4 and got.source_start_frame == 86401
    text = out.read_text()
    assert text.count(MOTION) == 2  # framed as the original is
    # without the new track and with the link's number as it was, it is the file
    begin = text.index("<track>", text.index("</track>"))
    end = text.index("</track>", begin) + len("</track>")
    rest = (text[:begin].rstrip() + text[end:]).replace("<trackindex>3<", "<trackindex>2<")
    assert rest == edit(rate)


def test_a_time_remap_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "edit.xml").write_text(edit(more=REMAP))
    with pytest.raises(TimelineError, match=r"time effect TimeEffect 'timeremap' has no constant speed"):
        select_clip(read_timeline(tmp_path / "edit.xml"), "a & b")


def test_a_result_of_another_rate_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "edit.xml").write_text(edit())
    result = with_result(read_timeline(tmp_path / "edit.xml"), "a & b", rate=Fraction(30))
    with pytest.raises(
        OutputError, match="hosts take clips of other rates for different frames; write .otio"
    ):
        write_timeline(result, tmp_path / "out.xml")
    assert not (tmp_path / "out.xml").exists()


@pytest.mark.skipif(not FILES, reason="no host timelines beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_hosts_get_a_track_and_keep_everything_else(path: Path, tmp_path: Path) -> None:
    before, done = read_timeline(path), 0
    for info in list_clips(before):
        try:
            write_timeline(with_result(before, f"#{info.index}"), tmp_path / "out.xml", overwrite=True)
        except LumiereError:
            continue
        source, written = path.read_text().splitlines(), (tmp_path / "out.xml").read_text().splitlines()
        assert all("<trackindex>" in line for line in set(source) - set(written))
        again = read_timeline(tmp_path / "out.xml").model
        old = [otio.core.serialize_json_to_string(c.markers) for c in before.model.find_clips() if c.markers]
        assert [otio.core.serialize_json_to_string(c.markers) for c in again.find_clips() if c.markers] == old
        done += 1
    assert done
