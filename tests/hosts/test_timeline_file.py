"""What a shim writes is what the panel reads: any timeline, field by field."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import lumiere_otio.selection as selection_module
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_otio import MediaFile, Timeline, add_result, overview, select_clip
from lumiere_plugin.hosts.model import HostClip, HostTimeline, HostTrack
from lumiere_plugin.hosts.timeline_file import clip_number, document

RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)]
SPEEDS = [Fraction(1), Fraction(1, 2), Fraction(4, 5), Fraction(2)]


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/a.mov")))


@st.composite
def timelines(draw: st.DrawFn) -> HostTimeline:
    rate, start = draw(st.sampled_from(RATES)), draw(st.sampled_from([0, 1, 86400, 107892]))
    tracks = []
    for number in range(draw(st.integers(1, 3))):
        now, clips = start, []
        for _ in range(draw(st.integers(1, 5))):
            now += draw(st.integers(0, 50))
            duration, speed = draw(st.integers(1, 200)), draw(st.sampled_from(SPEEDS))
            first = draw(st.integers(0, 500))
            name = draw(st.sampled_from(["sh010", "ünï", "", 'a "b"']))
            media_rate = draw(st.sampled_from(RATES))
            clips.append(
                HostClip(name, now, duration, "/media/a.mov", media_rate, 2000, Fraction(first), speed)
            )
            now += duration
        tracks.append(HostTrack(f"V{number}", tuple(clips)))
    return HostTimeline("edit", Path("/project"), rate, start, tuple(tracks))


@settings(max_examples=150, deadline=None)
@given(timelines())
def test_every_clip_is_read_as_the_host_told_it(made: HostTimeline) -> None:
    read = Timeline.from_document(document(made, "test"))
    seen = overview(read)
    assert (seen.rate, seen.start_frame) == (made.rate, made.start_frame)
    clips = [clip for track in made.tracks for clip in track.clips]
    places = [place for _, track in seen.tracks for place in track]
    for number, (clip, place) in enumerate(zip(clips, places, strict=True)):
        assert (place.start + made.start_frame, place.duration) == (clip.record_start, clip.record_duration)
        got = select_clip(read, f"#{number}")
        assert got.clip.name == clip.name
        assert got.rate == clip.media_rate and got.trimmed_media_range.start == clip.source_start
        # as many frames as are shown, rounded up; a frame more where two rates do not divide evenly
        shown = -(-clip.record_duration * clip.speed // 1)
        assert shown <= got.trimmed_media_range.duration <= shown + 1


@settings(max_examples=60, deadline=None)
@given(timelines(), st.data())
def test_the_number_of_a_clip_is_the_panel_s(made: HostTimeline, data: Any) -> None:
    clips = [clip for track in made.tracks for clip in track.clips]
    wanted = data.draw(st.sampled_from(clips))
    got = select_clip(Timeline.from_document(document(made, "test")), f"#{clip_number(made, wanted)}")
    assert got.clip.name == wanted.name
    assert round(got.record_start.value) == wanted.record_start


@pytest.mark.slow  # a clock decides it
def test_a_long_timeline_opens_and_gets_its_track_quickly() -> None:
    clips = tuple(
        HostClip(f"c{n}", 10 * n, 10, "/media/a.mov", Fraction(24), 2000, Fraction(n % 100))
        for n in range(5000)
    )
    made = HostTimeline("long", Path("/project"), Fraction(24), 0, (HostTrack("V1", clips),))
    plain = document(made, "test")
    began = time.perf_counter()
    read = Timeline.from_document(plain)
    assert sum(len(track) for _, track in overview(read).tracks) == 5000
    opened = time.perf_counter()
    got = select_clip(read, "c2500")
    add_result(
        read, got, media_path=Path("/media/r.mov"), result_range=got.media_range, rate=got.rate,
        media_start_frame=0, recipe={},
    )  # fmt: skip
    print(f"opened in {opened - began:.2f} s, track in {time.perf_counter() - opened:.2f} s")
    assert opened - began < 8 and time.perf_counter() - opened < 4  # 2 and 1 on a machine of one's own
