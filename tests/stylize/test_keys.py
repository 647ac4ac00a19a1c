"""Which frames become key frames."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from lumiere_engine.effects.stylize import keys


def _proposed(monkeypatch: pytest.MonkeyPatch, lost_per_frame: float) -> list[tuple[int, int | None]]:
    """The key frames of eleven frames, each of which shows that much less of a key than its neighbour."""

    def walk(_: Any, key: int, direction: int) -> Iterator[tuple[int, None, np.ndarray]]:
        for frame in range(key + 1, 11) if direction > 0 else range(key - 1, -1, -1):
            yield frame, None, np.full((4, 4), 1 - lost_per_frame * abs(frame - key))

    monkeypatch.setattr(keys, "walk", walk)
    shots: Any = SimpleNamespace(shots=[(0, 11)])
    return [(key.frame, key.before) for key in keys.proposed_keys(shots, 4)]


def test_a_shot_that_stands_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _proposed(monkeypatch, 0.01) == [(5, None)]


def test_where_a_key_is_lost_there_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _proposed(monkeypatch, 0.15) == [(5, None), (8, 5), (10, 8), (2, 5), (0, 2)]


def test_what_enters_towards_the_ends_is_painted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _proposed(monkeypatch, 0.05) == [(5, None), (10, 5), (0, 5)]


def _further(
    monkeypatch: pytest.MonkeyPatch, painted: list[int], lost: float
) -> list[tuple[int, int | None]]:
    """Beyond and between painted frames of eleven, where a frame shows that much less of a key than its neighbour."""

    def walk(_: Any, key: int, direction: int) -> Iterator[tuple[int, None, np.ndarray]]:
        for frame in range(key + 1, 11) if direction > 0 else range(key - 1, -1, -1):
            yield frame, None, np.full((4, 4), 1 - lost * abs(frame - key))

    def followed(frame: int) -> float:
        return 1 - lost * min(abs(frame - key) for key in painted)

    monkeypatch.setattr(keys, "walk", walk)
    shots: Any = SimpleNamespace(shots=[(0, 11)])
    return [(key.frame, key.before) for key in keys.further_keys(shots, painted, followed, 4)]


def test_what_paintings_do_not_show_is_painted_from_the_nearest_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _further(monkeypatch, [2], 0.15) == [(5, 2), (8, 5), (10, 8), (0, 2)]
    assert _further(monkeypatch, [5], 0.05) == [(10, 5), (0, 5)], "what enters towards the ends"
    assert _further(monkeypatch, [5], 0.02) == []


def test_between_paintings_that_show_enough_nothing_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _further(monkeypatch, [0, 5, 10], 0.15) == []
    assert _further(monkeypatch, [0, 10], 0.15) == [(3, 0), (6, 3)]
