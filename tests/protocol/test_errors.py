"""Errors: one tree, one readable line, and nothing lost between processes."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.protocol import errors
from lumiere_engine.protocol.errors import LumiereError, MediaError, UnreadableMediaError, from_wire


def kinds(root: type[LumiereError] = LumiereError) -> list[type[LumiereError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in kinds(child))]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_crosses_a_process_unchanged(kind: type[LumiereError]) -> None:
    sent = kind("it is torn", clip="shot.mov", frame=12, remedy="copy it again")
    got = from_wire(json.loads(json.dumps(sent.to_wire())))
    assert type(got) is kind
    assert (got.message, got.clip, got.frame, got.remedy) == ("it is torn", "shot.mov", 12, "copy it again")
    assert str(got) == str(sent)


def test_the_tree_is_the_one_that_its_page_draws() -> None:
    drawn = {line.split("──")[1].split()[0] for line in (errors.__doc__ or "").splitlines() if "──" in line}
    assert drawn == {kind.__name__ for kind in kinds()} - {"LumiereError"}


@given(st.text(), st.none() | st.text(), st.none() | st.integers(0, 10**6), st.none() | st.text())
def test_an_error_is_always_one_line(
    message: str, clip: str | None, frame: int | None, remedy: str | None
) -> None:
    line = str(LumiereError(message, clip=clip, frame=frame, remedy=remedy))
    assert len(line.splitlines()) <= 1


def test_the_line_says_where_what_and_what_to_do() -> None:
    error = UnreadableMediaError("it ends early", clip="a.mov", frame=0, remedy="copy it again")
    assert str(error) == "a.mov, frame 0: it ends early; copy it again"
    assert isinstance(error, MediaError)


def test_an_error_of_a_later_version_is_still_an_error_with_its_words() -> None:
    got = from_wire({"label": "Failure.1", "kind": "GravityError", "message": "all fell down"})
    assert type(got) is LumiereError
    assert got.message == "all fell down"


def test_an_error_can_be_pickled_for_a_process_pool() -> None:
    got = pickle.loads(pickle.dumps(MediaError("torn", clip="a.mov", frame=3)))
    assert (type(got), got.clip, got.frame) == (MediaError, "a.mov", 3)
