"""Of a shot that exists with its object and without, the one with it is what is tracked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lumiere_bench.footage import find_shots
from lumiere_bench.versions import showing_object


def test_the_object_is_looked_for_where_it_is_to_be_seen(footage: Path) -> None:
    alpha, beta = find_shots(footage)
    assert alpha.other is not None
    assert showing_object(alpha).plate == alpha.plate
    swapped = replace(alpha, plate=alpha.other, other=alpha.plate)
    assert showing_object(swapped).plate == alpha.plate
    assert showing_object(beta) == beta
