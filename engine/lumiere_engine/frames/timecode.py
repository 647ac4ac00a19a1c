"""SMPTE ST 12 timecode to frame numbers and back, drop-frame included."""

from __future__ import annotations

import re
from fractions import Fraction

_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")
_MINUTES_PER_DAY = 24 * 60


def nominal_rate(rate: Fraction) -> int:
    """The whole number of frames that timecode counts in a second: 24 for 24000/1001."""
    return max(1, round(rate))


def _dropped_per_minute(rate: Fraction, drop_frame: bool) -> int:
    """Numbers left out in a minute: 2 at 29.97, 4 at 59.94, 0 where nothing is dropped."""
    nominal = nominal_rate(rate)
    return nominal // 15 if drop_frame and nominal % 30 == 0 else 0


def parse_timecode(text: str, rate: Fraction) -> tuple[int, bool] | None:
    """`01:00:00;00` → (frame number, drop-frame); None if `text` is no timecode.

    A `;`, `.` or `,` before the frames means drop-frame, as ST 12 and its implementations write it.
    """
    match = _TIMECODE.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    drop_frame = match[4] != ":"
    nominal = nominal_rate(rate)
    total_minutes = hours * 60 + minutes
    dropped = _dropped_per_minute(rate, drop_frame) * (total_minutes - total_minutes // 10)
    return (total_minutes * 60 + seconds) * nominal + frames - dropped, drop_frame


def format_timecode(frame: int, rate: Fraction, drop_frame: bool) -> str:
    """The frame number as `hh:mm:ss:ff` (`;ff` where drop-frame); it wraps after 24 hours."""
    nominal = nominal_rate(rate)
    per_minute_drop = _dropped_per_minute(rate, drop_frame)
    per_ten_minutes = 600 * nominal - 9 * per_minute_drop
    frame %= per_ten_minutes * (_MINUTES_PER_DAY // 10)
    if per_minute_drop:
        tens, rest = divmod(frame, per_ten_minutes)
        # the first minute of ten drops nothing
        minutes_in = max(0, rest - 60 * nominal) // (60 * nominal - per_minute_drop)
        minutes_in += 1 if rest >= 60 * nominal else 0
        frame += per_minute_drop * (9 * tens + minutes_in)
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if drop_frame else ':'}{frames:02d}"
