"""Borrowing in two rounds: the frames between keys show what the keys have found, and no less truly."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lumiere_engine.motion.borrow import Borrower, BorrowParams
from lumiere_engine.motion.relay import KeyedView, Relay, key_frames, relay_order

PARAMS = BorrowParams(search=10, trace=6, enough=2)


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 71])
def test_first_and_last_are_keys_and_no_gap_is_wider_than_asked(count: int) -> None:
    keys = key_frames(count, 4)
    assert keys[0] == 0 and keys[-1] == count - 1
    assert all(0 < b - a <= 4 for a, b in itertools.pairwise(keys))


def test_a_frame_between_keys_asks_its_neighbours_and_the_two_keys() -> None:
    assert relay_order(5, 20, [0, 4, 8, 19]) == [4, 6, 8]
    assert relay_order(6, 20, [0, 4, 8, 19]) == [5, 7, 4, 8]


@pytest.fixture(scope="module")
def panning(pan: Callable[..., Any]) -> Any:
    """The camera passes behind an object that keeps its place in the picture: neighbours do not show it."""
    return pan(frames=12, step=4)


@pytest.fixture(scope="module")
def keyed(panning: Any) -> KeyedView:
    borrower = Borrower(panning, PARAMS)
    lent = {key: borrower.borrow(key) for key in (0, 4, 8, 11)}
    return KeyedView(panning, lent.get, frozenset(lent))


def test_what_the_keys_found_is_lent_on_and_is_the_truth(panning: Any, keyed: KeyedView) -> None:
    borrowed = Relay(keyed, PARAMS).borrow(6)
    assert borrowed is not None
    assert borrowed.filled[borrowed.hole].mean() > 0.95
    truth = panning.truths[6][borrowed.window.slices].astype(np.float32)
    assert np.abs(borrowed.picture - truth)[borrowed.filled].mean() < 2.5
    assert {source.frame for source in borrowed.sources} <= {4, 5, 7, 8}


def test_a_lent_pixel_carries_the_doubt_of_its_lender(panning: Any, keyed: KeyedView) -> None:
    direct = Borrower(keyed, PARAMS).borrow(6, relay_order(6, 12, sorted(keyed.keys)))
    relayed = Relay(keyed, PARAMS).borrow(6)
    assert direct is not None and relayed is not None
    assert (relayed.error >= direct.error).all()
    assert relayed.error[relayed.filled].mean() > direct.error[relayed.filled].mean()


def test_nothing_is_lent_that_a_key_could_not_find(pan: Callable[..., Any]) -> None:
    still = pan(frames=6, step=0)
    borrower = Borrower(still, PARAMS)
    keyed = KeyedView(still, {k: borrower.borrow(k) for k in (0, 5)}.get, frozenset((0, 5)))
    borrowed = Relay(keyed, PARAMS).borrow(2)
    assert borrowed is not None and not borrowed.filled.any()
