"""Random timelines through every format: written so that they read the same, or refused in one line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import lumiere_otio.selection as selection_module
import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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

ADAPTERS = {"fcpxml", *otio.adapters.suffixes_with_defined_adapters(write=True)}
SUFFIXES = [suffix for suffix in PROFILES if suffix[1:] in ADAPTERS]
RATES = [24000 / 1001, 24.0, 25.0, 30000 / 1001, 60000 / 1001]
time, span = otio.opentime.RationalTime, otio.opentime.TimeRange
DONE: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/plate.mov")))


@st.composite
def edits(draw: st.DrawFn) -> Timeline:
    rate = draw(st.sampled_from(RATES))
    hour = draw(st.sampled_from([0, round(rate) * 3600]))
    timeline = otio.schema.Timeline("random", global_start_time=time(hour, rate))
    retimed = draw(st.integers(0, 2)) == 0  # one such clip, and most formats refuse the whole edit
    for number in range(draw(st.integers(1, 3))):
        track = otio.schema.Track(f"V{number + 1}", kind="Video")
        for n in range(draw(st.integers(1, 4))):
            length, first = draw(st.integers(2, 60)), draw(st.integers(0, 300))
            if draw(st.integers(0, 3)) == 0:
                track.append(otio.schema.Gap(source_range=span(time(0, rate), time(length, rate))))
            offered = span(time(hour, rate), time(9000, rate))
            media = otio.schema.ExternalReference(f"/media/{n}.mov", offered)
            name = draw(st.sampled_from([f"sh{n}0", "ünï", "a & <b>", "a.b.mov"]))
            clip = otio.schema.Clip(name, media, span(time(hour + first, rate), time(length, rate)))
            if retimed and draw(st.booleans()):
                clip.effects.append(
                    otio.schema.LinearTimeWarp(time_scalar=draw(st.sampled_from([2, 0.5, -1])))
                )
            if draw(st.booleans()):
                clip.markers.append(otio.schema.Marker("m", span(time(hour + first, rate), time(1, rate))))
            track.append(clip)
        timeline.tracks.append(track)
    return Timeline.from_otio(timeline)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_result_is_written_where_it_belongs_or_refused(
    suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("random")

    @settings(
        max_examples=6 if suffix == ".aaf" else 40,
        deadline=None,
        derandomize=True,  # how many are refused is asserted below, and must not be a matter of luck
        suppress_health_check=list(HealthCheck),
    )
    @given(edits(), st.data())
    def check(timeline: Timeline, data: st.DataObject) -> None:
        wanted = data.draw(st.sampled_from(list_clips(timeline)))
        try:
            got = select_clip(timeline, f"#{wanted.index}")
        except LumiereError:
            return  # frames before the media's first, played backwards
        held = got.with_handles(8)
        result = add_result(
            timeline, got, media_path=folder / "result.mov", result_range=held, rate=got.rate,
            media_start_frame=got.source_start_frame + held.start, recipe={}, name="NEW",
        )  # fmt: skip
        out = folder / f"out{suffix}"
        try:
            write_timeline(result, out, overwrite=True)
        except OutputError as error:
            assert "\n" not in str(error) and ("speed" in str(error) or suffix in (".aaf", ".edl")), error
            DONE[f"{suffix} refused"] += 1
            return
        DONE[suffix] += 1
        if suffix == ".edl":
            return  # which tells neither rate nor start; it was read back with them
        (new,) = [info for info in list_clips(read_timeline(out)) if "NEW" in info.name]
        assert new.record.replace(";", ":") == wanted.record.replace(";", ":")

    check()
    assert DONE[suffix] >= (1 if suffix == ".aaf" else 5), DONE
