"""Long timelines open soon: measured in processor seconds, so that a busy machine does not decide."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from lumiere_otio import Timeline, add_result, overview, read_timeline, select_clip, write_timeline

CLIPS = 5000
RATE = 24000 / 1001
EVENT = """{number:06}  AX       V     C        01:00:00:00 01:00:00:10 {start} {end}
* FROM CLIP NAME: c{index}
"""


def long_edit(path: Path) -> None:
    """A file with one track of clips."""
    if path.suffix == ".edl":
        marks = [f"01:{n // 1440:02}:{n // 24 % 60:02}:{n % 24:02}" for n in range(0, CLIPS * 10 + 1, 10)]
        events = (EVENT.format(number=n + 1, index=n, start=marks[n], end=marks[n + 1]) for n in range(CLIPS))
        path.write_text("TITLE: long\nFCM: NON-DROP FRAME\n* FORMAT: 24 FPS\n" + "".join(events))
        return
    at, span = otio.opentime.RationalTime, otio.opentime.TimeRange
    timeline = otio.schema.Timeline("long", global_start_time=at(86400, RATE))
    track = otio.schema.Track("V1")
    for number in range(CLIPS):
        media = otio.schema.ExternalReference(f"/m/{number % 50}.mov", span(at(0, RATE), at(2000, RATE)))
        track.append(otio.schema.Clip(f"c{number}", media, span(at(number % 100, RATE), at(10, RATE))))
    timeline.tracks.append(track)
    write_timeline(Timeline.from_otio(timeline), path)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".otio", ".fcpxml", ".xml", ".edl"])
def test_five_thousand_clips_open_in_two_seconds_and_get_a_track_in_one(tmp_path: Path, suffix: str) -> None:
    if suffix[1:] not in {"fcpxml", *otio.adapters.suffixes_with_defined_adapters(write=True)}:
        pytest.skip("its adapter is not installed")
    path = tmp_path / f"long{suffix}"
    (tmp_path / ("c2500.mov" if suffix == ".edl" else "0.mov")).touch()
    long_edit(path)
    start = time.process_time()
    timeline = read_timeline(path)
    assert sum(len(clips) for _, clips in overview(timeline).tracks) == CLIPS
    opened = time.process_time()
    chosen = select_clip(timeline, "c2500", relink=[tmp_path])
    add_result(
        timeline, chosen, media_path=tmp_path / "result.mov", result_range=chosen.media_range,
        rate=Fraction(24000, 1001), media_start_frame=0, recipe={},
    )  # fmt: skip
    added = time.process_time()
    assert opened - start < 2 and added - opened < 1
