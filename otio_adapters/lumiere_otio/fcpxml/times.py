"""Times of FCPXML."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

from ..times import exact_rate, snapped, to_frames
from ..xml_text import Element

_TIME = re.compile(r"\s*(-?\d{1,19}(?:\.\d{1,9})?)(?:/(\d{1,19}))?s?\s*")


@lru_cache(maxsize=1 << 15)
def seconds(text: str) -> Fraction:
    """A time attribute: "5s", "1001/24000s".

    Raises:
        TimelineError: it is none.
    """
    match = _TIME.fullmatch(text)
    if not match or (match[2] is not None and not int(match[2])):
        raise TimelineError(f"'{text[:40]}' is no time of FCPXML")
    return Fraction(match[1]) / int(match[2] or 1)


def text(time: Fraction) -> str:
    """A time attribute."""
    whole = time.denominator == 1
    return f"{time.numerator}s" if whole else f"{time.numerator}/{time.denominator}s"


def attribute(element: Element, name: str, default: Fraction = Fraction(0)) -> Fraction:
    """An element's time attribute."""
    return seconds(element.attributes[name]) if name in element.attributes else default


def rational(time: Fraction, rate: Fraction) -> otio.opentime.RationalTime:
    """Seconds in frames of an exact rate."""
    return otio.opentime.RationalTime(float(time * rate), float(rate))


def span(
    start: Fraction, start_rate: Fraction, duration: Fraction, rate: Fraction
) -> otio.opentime.TimeRange:
    """A range whose start may be counted at another rate than its duration."""
    return otio.opentime.TimeRange(rational(start, start_rate), rational(duration, rate))


def exact_seconds(time: otio.opentime.RationalTime) -> Fraction:
    """A time in seconds, by the rate that it means."""
    rate = exact_rate(time.rate)
    return snapped(to_frames(time, time.rate)) / rate
