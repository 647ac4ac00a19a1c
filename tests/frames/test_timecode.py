"""Timecode against SMPTE ST 12's own numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from lumiere_engine.frames.timecode import format_timecode, parse_timecode

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("text", "rate", "frame"),
    [
        ("00:00:00:00", Fraction(24), 0),
        ("01:00:00:00", Fraction(24), 86400),
        ("01:00:00:00", NTSC, 108000),
        ("01:00:00;00", NTSC, 107892),
        ("00:00:59;29", NTSC, 1799),
        ("00:01:00;02", NTSC, 1800),
        ("00:10:00;00", NTSC, 17982),
        ("00:01:00;04", Fraction(60000, 1001), 3600),
        ("23:59:59;29", NTSC, 2589407),
    ],
)
def test_known_timecodes(text: str, rate: Fraction, frame: int) -> None:
    assert parse_timecode(text, rate) == (frame, ";" in text)
    assert format_timecode(frame, rate, ";" in text) == text


@pytest.mark.parametrize("rate", [NTSC, Fraction(60000, 1001)])
def test_every_drop_frame_number_round_trips(rate: Fraction) -> None:
    for frame in range(0, 40000, 7):
        assert parse_timecode(format_timecode(frame, rate, True), rate) == (frame, True)


def test_after_a_day_it_wraps() -> None:
    assert format_timecode(24 * 86400 + 1, Fraction(24), False) == "00:00:00:01"


def test_what_is_no_timecode_is_none() -> None:
    assert parse_timecode("noon", Fraction(24)) is None
