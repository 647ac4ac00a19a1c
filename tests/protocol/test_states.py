"""The table of states: what is over stays as it is."""

from __future__ import annotations

import itertools

import pytest
from lumiere_engine.protocol import JobState
from lumiere_engine.protocol.errors import StateError
from lumiere_engine.protocol.states import TRANSITIONS, check_transition

OVER = {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.LOST}


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(JobState)


def test_terminal_states_never_change() -> None:
    assert {state for state in JobState if state.terminal} == OVER
    for before, after in itertools.product(OVER, JobState):
        with pytest.raises(StateError, match=f"job 7 is {before.value}.*retry 7"):
            check_transition(7, before, after)


def test_nothing_becomes_lost_and_nothing_goes_back_to_a_draft() -> None:
    for state in JobState:
        assert not TRANSITIONS[state] & {JobState.LOST, JobState.DRAFT, state}


def test_every_unfinished_job_can_be_cancelled_and_every_state_is_reached() -> None:
    for state in set(JobState) - OVER:
        check_transition(1, state, JobState.CANCELLED)
    reached = {JobState.DRAFT, JobState.LOST}.union(*TRANSITIONS.values())
    assert reached == set(JobState)


def test_a_refusal_says_what_can_be_done() -> None:
    with pytest.raises(StateError, match=r"job 7 is draft and cannot become running.*cancelled, queued"):
        check_transition(7, JobState.DRAFT, JobState.RUNNING)
