"""Frame numbers as people read them."""

from __future__ import annotations

from fractions import Fraction


def timecode(frame: int, rate: Fraction, drop_frame: bool = False) -> str:
    """A frame number as people read it, `01:00:00:00`, with `;` where numbers are dropped."""
    nominal = max(1, round(rate))
    dropped = nominal // 15 if drop_frame and nominal % 30 == 0 else 0
    frame = max(0, frame)
    if dropped:
        tens, rest = divmod(frame, 600 * nominal - 9 * dropped)
        minutes = max(0, rest - dropped) // (60 * nominal - dropped) if rest >= 60 * nominal else 0
        frame += dropped * (9 * tens + minutes)
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours % 24:02d}:{minutes:02d}:{seconds:02d}{';' if dropped else ':'}{frames:02d}"
