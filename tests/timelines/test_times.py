from __future__ import annotations

from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.protocol.errors import TimelineError
from lumiere_otio import exact_rate, frame_of_timecode, timecode
from lumiere_otio.times import to_frames

NTSC_30 = Fraction(30000, 1001)
RATES = [Fraction(n) for n in (24, 25, 30, 50, 60)] + [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (23.976024627685547, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (24.0, Fraction(24)),
        (12.5, Fraction(25, 2)),
        (48000.0, Fraction(48000)),
    ],
)
def test_written_rates_mean_exact_fractions(written: float, meant: Fraction) -> None:
    assert exact_rate(written) == meant


@pytest.mark.parametrize("rate", [0.0, -24.0, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(TimelineError, match="no frame rate"):
        exact_rate(rate)


def test_an_hour_of_drop_frame_is_108_frames_shorter() -> None:
    assert frame_of_timecode("01:00:00;00", NTSC_30) == 107892
    assert frame_of_timecode("01:00:00:00", NTSC_30) == 108000
    assert timecode(107892, NTSC_30, drop_frame=True) == "01:00:00;00"
    assert timecode(108000, NTSC_30) == "01:00:00:00"
    assert timecode(86400, Fraction(24000, 1001)) == "01:00:00:00"


def test_drop_frame_counts_as_opentimelineio_does() -> None:
    for frame in (0, 1799, 1800, 1801, 17981, 17982, 17983, 53946, 107891, 107892, 1078920):
        time = otio.opentime.RationalTime(frame, 30000 / 1001)
        theirs = otio.opentime.to_timecode(time, 30000 / 1001, drop_frame=True)
        assert timecode(frame, NTSC_30, drop_frame=True) == theirs


@given(st.integers(-3_000_000, 3_000_000), st.sampled_from(RATES), st.booleans())
def test_timecode_and_frame_number_are_each_others_inverse(frame: int, rate: Fraction, drop: bool) -> None:
    assert frame_of_timecode(timecode(frame, rate, drop_frame=drop), rate) == frame


@pytest.mark.parametrize("text", ["", "1:00", "00:00:00:30", "00:01:00;00", "00:61:00:00", "nonsense"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(TimelineError):
        frame_of_timecode(text, NTSC_30)


@given(
    st.integers(0, 5_000_000),
    st.sampled_from([23.976, 23.98, 24000 / 1001, 23.976024627685547]),
    st.sampled_from([23.976, 24000 / 1001, 24.0, 25.0]),
)
def test_a_hosts_conversion_between_rates_comes_back_whole(frame: int, written: float, media: float) -> None:
    converted = otio.opentime.RationalTime(frame / media * written, written)
    assert abs(to_frames(converted, media) - frame) < Fraction(1, 1000) or (
        converted.value.is_integer()  # a whole number is taken as it stands
    )
