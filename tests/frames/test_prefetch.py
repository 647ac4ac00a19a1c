"""Reading ahead: in order, bounded, honest about errors, clean when left early."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from lumiere_engine.frames.prefetch import prefetch


def test_items_come_in_order() -> None:
    assert list(prefetch(range(100), depth=3)) == list(range(100))


def test_no_more_than_depth_items_wait() -> None:
    made = []

    def items() -> Iterator[int]:
        for k in range(50):
            made.append(k)
            yield k

    ahead = prefetch(items(), depth=4)
    assert next(ahead) == 0
    time.sleep(0.1)
    assert len(made) <= 1 + 4 + 1  # taken, waiting, in hand
    ahead.close()


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("frame 1")

    ahead = prefetch(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="frame 1"):
        next(ahead)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    for _ in prefetch(iter(range(10**9)), depth=2):
        break
    ahead = prefetch(iter(range(10**9)), depth=2)
    next(ahead)
    ahead.close()
    time.sleep(0.05)
    assert threading.active_count() == before


def test_a_depth_below_one_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="depth"):
        prefetch([1], depth=0)
