"""Rates as hosts round them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from lumiere_plugin.hosts.rates import exact_rate


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (24.0, Fraction(24)),
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (23.976023976023978, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (47.952, Fraction(48000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (12.5, Fraction(25, 2)),
    ],
)
def test_a_rounded_rate_is_made_exact(told: float, meant: Fraction) -> None:
    assert exact_rate(told) == meant


@pytest.mark.parametrize("told", [0, -24, 1e9, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(told: float) -> None:
    with pytest.raises(ValueError, match="no frame rate"):
        exact_rate(told)
