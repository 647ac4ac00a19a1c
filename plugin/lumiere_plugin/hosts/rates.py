"""Frame rates as hosts tell them, made exact."""

from __future__ import annotations

from fractions import Fraction

_CLOSE = 0.002


def exact_rate(told: float) -> Fraction:
    """The rate that a rounded number means: 23.976 and 23.98 are 24000/1001, 29.97 is 30000/1001.

    Raises:
        ValueError: no rate.
    """
    if not 0 < told < 10000:
        raise ValueError(f"{told} is no frame rate")
    whole = round(told)
    if whole and abs(told - whole) < 1e-6:
        return Fraction(whole)
    base = round(told * 1.001)
    if base and abs(told - base * 1000 / 1001) < max(_CLOSE, 0.006 if round(told, 2) == told else 0):
        return Fraction(base * 1000, 1001)
    return Fraction(told).limit_denominator(1001)
