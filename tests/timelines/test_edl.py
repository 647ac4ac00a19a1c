"""EDLs do not tell their rate: it follows from the timecodes that occur in them."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_otio import list_clips, read_timeline, timecode
from lumiere_otio.edl import edl_rate, plain_edl

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
DROP = {30: Fraction(30000, 1001), 60: Fraction(60000, 1001)}


def events(frames: list[int], nominal: int, drop: bool) -> str:
    rate, hour = (DROP[nominal] if drop else Fraction(nominal)), 3600 * nominal
    lines, now = [], 0
    for number, frame in enumerate(frames, 1):
        marks = (hour, hour + frame, now, now + frame)
        said = " ".join(timecode(mark, rate, drop_frame=drop) for mark in marks)
        lines.append(f"{number:03}  AX       V     C        {said}\n* FROM CLIP NAME: c{number}.mov")
        now += frame
    return "\n".join(["TITLE: t", "FCM: NON-DROP FRAME", *lines]) + "\n"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=20),
    st.sampled_from([24, 25, 30, 50, 60]),
    st.booleans(),
)
def test_the_rate_is_never_lower_than_its_timecodes_say(lengths: list[int], nominal: int, drop: bool) -> None:
    drop = drop and nominal in DROP
    text = events(
        [*lengths, nominal * 2 - 1 - sum(lengths) % nominal], nominal, drop
    )  # one frame before a second
    assert edl_rate(text) == (float(DROP[nominal]) if drop else nominal)


def test_what_the_head_says_decides() -> None:
    text = events([10, 12], 24, False)
    assert edl_rate(text) == 24
    assert edl_rate(text.replace("FCM", "* FORMAT: 25 FPS\nFCM")) == 25
    assert edl_rate(text.replace("FCM", "* FORMAT: 3840X2160 P 59.94FPS\nFCM")) == pytest.approx(
        59.94, abs=1e-3
    )


def test_other_ways_to_write_an_edl_are_understood(tmp_path: Path) -> None:
    pytest.importorskip("otio_cmx3600_adapter")
    text = events([10, 25], 30, True).replace(";", "x")
    text = "".join(
        text.replace(":", ";").replace("x", ";").replace("TITLE;", "TITLE:").replace("FCM;", "FCM:")
    )
    (tmp_path / "edit.edl").write_text(text.replace("FCM", "* MADE BY\n   3 DIGITS - REEL\nFCM"))
    timeline = read_timeline(tmp_path / "edit.edl")
    assert len(list_clips(timeline)) == 2
    rate = timeline.model.tracks[0][0].source_range.duration.rate
    assert rate == pytest.approx(29.97, abs=1e-3)
    assert "3 DIGITS" not in plain_edl(text)


@pytest.mark.skipif(not FOOTAGE.is_dir(), reason="no host timelines beside the repository")
@pytest.mark.parametrize(
    ("name", "rate", "clips"),
    [
        ("cmx3600_user", 59.94, 251),
        ("speed_effects", 24, 548),
        ("avid_example", 24, 2),
        ("dissolve_test_3", 24, 3),
    ],
)
def test_edls_of_hosts_are_read_at_their_rate(name: str, rate: float, clips: int) -> None:
    pytest.importorskip("otio_cmx3600_adapter")
    path = FOOTAGE / "timelines" / f"{name}.edl"
    assert edl_rate(path.read_text()) == pytest.approx(rate, abs=1e-3)
    assert len(list_clips(read_timeline(path))) == clips
