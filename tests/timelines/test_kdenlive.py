"""Kdenlive's own projects are read where its adapter reads them right; OpenTimelineIO is the way back."""

from __future__ import annotations

import os
from pathlib import Path

import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import OutputError, TimelineError
from lumiere_otio import Timeline, list_clips, read_timeline, write_timeline

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")

PROJECT = """<?xml version="1.0"?>
<mlt producer="main_bin"><profile frame_rate_num="25" frame_rate_den="1"/>
 <producer id="p0" in="0" out="99"><property name="resource">/media/a.mov</property>
  <property name="mlt_service">avformat</property><property name="length">100</property>
  <property name="kdenlive:id">2</property></producer>
 <playlist id="main_bin"><property name="kdenlive:docproperties.version">1.04</property>
  <entry producer="p0" in="0" out="99"/></playlist>
 <producer id="black_track"><property name="resource">black</property></producer>
 <playlist id="l0"><blank length="10"/><entry producer="p0" in="20" out="39">
  <property name="kdenlive:id">2</property></entry></playlist><playlist id="l1"/>
 <tractor id="t0"><track producer="l0"/><track producer="l1"/></tractor>
 <tractor id="main" global_feed="1"><track producer="black_track"/><track producer="t0"/></tractor>
</mlt>
"""


def test_a_project_is_read_without_a_word_on_standard_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("otio_kdenlive_adapter")
    (tmp_path / "edit.kdenlive").write_text(PROJECT)
    (info,) = list_clips(read_timeline(tmp_path / "edit.kdenlive"))
    assert info.record == "00:00:00:10-00:00:01:04"
    assert capfd.readouterr().out == ""


def test_writing_one_is_refused_with_the_way_that_there_is(tmp_path: Path) -> None:
    timeline = Timeline.from_otio(otio.schema.Timeline("t"))
    with pytest.raises(OutputError, match=r"read, not written; write \.otio"):
        write_timeline(timeline, tmp_path / "out.kdenlive")


@pytest.mark.skipif(not FOOTAGE.is_dir(), reason="no host timelines beside the repository")
def test_projects_of_hosts_are_read_or_the_way_is_told() -> None:
    pytest.importorskip("otio_kdenlive_adapter")
    folder = FOOTAGE / "timelines"
    assert len(list_clips(read_timeline(folder / "effect-zones.kdenlive"))) == 3
    assert len(list_clips(read_timeline(folder / "qtblend-freeze.kdenlive"))) == 4
    with pytest.raises(TimelineError, match=r"export OpenTimelineIO from Kdenlive, 25\.04"):
        read_timeline(folder / "mix-slide.kdenlive")
