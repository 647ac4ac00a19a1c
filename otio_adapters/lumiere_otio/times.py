"""Rates, frame numbers and timecode, exactly.

OpenTimelineIO keeps a time as two floating-point numbers, value / rate. Hosts write the broadcast rates as
23.976, 23.98 or 23.976024627685547, all meaning 24000/1001, and some convert between them, which leaves
numbers such as 86400.08874841638. This module turns such pairs into `Fraction`s once, and nothing here is
rounded unless its docstring says so.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

SNAP = Fraction(1, 1000)
"""Frames. A time this close to a whole frame is that frame: the rest is what float conversions left
behind."""

HIGHEST_PICTURE_RATE = 1000
"""Frames per second. Above it a rate counts sound samples."""

_BROADCAST_TOLERANCE = 0.01
_LOWEST_RATE, _HIGHEST_RATE = 1e-3, 1e7
_HIGHEST_VALUE = 1e15  # beyond it a float has no fractions left
_KEPT = (
    1 << 15
)  # conversions: in a long timeline most times occur more than once, and each is asked for several times
_LOWEST_SPEED, _HIGHEST_SPEED = 1e-6, 1e6
_TIMECODE = re.compile(r"(-?)(\d{1,3}):(\d\d):(\d\d)([:;])(\d{2,3})")


@lru_cache(maxsize=256)
def exact_rate(rate: float) -> Fraction:
    """The rate that a written number means: 23.976, 23.98 and 23.976023976 are all 24000/1001.

    A number that is not whole and lies within 0.01 of n × 1000/1001 is that broadcast rate; any other
    number is the simplest fraction near it.

    Raises:
        TimelineError: the rate is zero, negative, absurd or no number.
    """
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise TimelineError(f"a time has the rate {rate:g}, which is no frame rate")
    if rate == int(rate):
        return Fraction(int(rate))
    nominal = round(rate * 1.001)
    broadcast = Fraction(nominal * 1000, 1001)
    if nominal >= 10 and abs(rate - broadcast) <= _BROADCAST_TOLERANCE:
        return broadcast
    return Fraction(rate).limit_denominator(1001)


def is_speed(scalar: float, *, forward: bool = False) -> bool:
    """Whether a time warp's number is a speed for a clip: 0 is a freeze frame, negative is backwards."""
    if forward:
        return _LOWEST_SPEED <= scalar <= _HIGHEST_SPEED
    return scalar == 0 or _LOWEST_SPEED <= abs(scalar) <= _HIGHEST_SPEED


def same_rate(one: float, other: float) -> bool:
    """Whether two written rates mean the same."""
    return exact_rate(one) == exact_rate(other)


def snapped(frames: Fraction) -> Fraction:
    """The whole frame within `SNAP` of a time in frames, else the time itself."""
    whole = Fraction(round(frames))
    return whole if abs(frames - whole) <= SNAP else frames


def _exact_value(value: float) -> Fraction:
    """The value of a time as it is written, in frames of its own rate.

    Raises:
        TimelineError: it is absurd or no number.
    """
    if not abs(value) <= _HIGHEST_VALUE:
        raise TimelineError(f"a time has the value {value}, which is no frame number")
    return Fraction(value)


def to_frames(time: otio.opentime.RationalTime, rate: float) -> Fraction:
    """A time in frames of another written rate, snapped to a whole frame where it means one.

    Three readings are tried, in this order:
    1. both rates mean the same and the value is whole: it is the same frame number;
    2. value / rate × rate, with the rates as written: what the host did when it converted;
    3. the same with the exact rates: what the host should have done.
    The first whole one of them is taken, and reading 2 (that of OpenTimelineIO itself) if none is whole.

    Raises:
        TimelineError: a value or rate that is no number.
    """
    return _frames(time.value, time.rate, rate)


@lru_cache(maxsize=_KEPT)
def _frames(written: float, own_rate: float, rate: float) -> Fraction:
    value = _exact_value(written)
    ours, theirs = exact_rate(rate), exact_rate(own_rate)
    if ours == theirs and value.denominator == 1:
        return value
    as_written = snapped(value * Fraction(rate) / Fraction(own_rate))
    if as_written.denominator == 1:
        return as_written
    exactly = snapped(value * ours / theirs)
    return exactly if exactly.denominator == 1 else as_written


def to_seconds(time: otio.opentime.RationalTime) -> Fraction:
    """A time in seconds: by the exact rate if the value is a whole frame, else by the rate as written.

    Raises:
        TimelineError: a value or rate that is no number.
    """
    return _seconds(time.value, time.rate)


@lru_cache(maxsize=_KEPT)
def _seconds(written: float, rate: float) -> Fraction:
    value, exact = _exact_value(written), exact_rate(rate)
    return value / (exact if value.denominator == 1 else Fraction(rate))


def from_seconds(seconds: Fraction, rate: float) -> otio.opentime.RationalTime:
    """Seconds as a time of a written rate: a whole frame by the exact rate, else by the rate as written."""
    frames = snapped(seconds * exact_rate(rate))
    if frames.denominator != 1:
        frames = snapped(seconds * Fraction(rate))
    return otio.opentime.RationalTime(float(frames), rate)


def timecode(frame: int, rate: Fraction, *, drop_frame: bool = False) -> str:
    """A frame number as SMPTE timecode, `HH:MM:SS:FF`, or `HH:MM:SS;FF` with drop-frame counting.

    Drop-frame leaves out numbers, never frames: two per minute at 29.97 and four at 59.94, except in every
    tenth minute. It is used only where asked for, and only with the two rates that have it.
    """
    sign, frame = ("-", -frame) if frame < 0 else ("", frame)
    nominal = max(1, round(rate))
    drops = _dropped_per_minute(rate) if drop_frame else 0
    if drops:
        per_minute, per_ten = nominal * 60 - drops, nominal * 600 - drops * 9
        tens, rest = divmod(frame, per_ten)
        frame += drops * 9 * tens + (drops * ((rest - drops) // per_minute) if rest >= drops else 0)
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}{';' if drops else ':'}{frames:02}"


def frame_of_timecode(text: str, rate: Fraction) -> int:
    """The frame number of a timecode; a semicolon before the frames means drop-frame counting.

    Raises:
        TimelineError: the text is no timecode, or names a frame that the rate or drop-frame does not have.
    """
    match = _TIMECODE.fullmatch(text.strip())
    nominal = max(1, round(rate))
    drops = _dropped_per_minute(rate) if match and match[5] == ";" else 0
    if not match or (match[5] == ";" and not drops):
        raise TimelineError(f"'{text}' is no timecode at {float(rate):g} frames per second")
    hours, minutes, seconds, frames = (int(match[i]) for i in (2, 3, 4, 6))
    if minutes > 59 or seconds > 59 or frames >= nominal:
        raise TimelineError(f"'{text}' is no timecode at {float(rate):g} frames per second")
    if drops and seconds == 0 and frames < drops and minutes % 10:
        raise TimelineError(f"drop-frame timecode has no {text}")
    total_minutes = hours * 60 + minutes
    frame = (total_minutes * 60 + seconds) * nominal + frames
    frame -= drops * (total_minutes - total_minutes // 10)
    return -frame if match[1] else frame


def _dropped_per_minute(rate: Fraction) -> int:
    """Frame numbers that drop-frame leaves out in a minute; 0 where there is no drop-frame."""
    return {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4, Fraction(120000, 1001): 8}.get(rate, 0)
