"""The one way onto the wire and back: nothing is lost, and nothing that makes no sense gets through."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.protocol import Finish, JobSpec, JobState, LumiereError, Submit, WorkOrder
from lumiere_engine.protocol.engine import Event, RegisterTimeline, Selection
from lumiere_engine.protocol.errors import SpecError, UnknownVersionError
from lumiere_engine.protocol.queue import Job, JobProgress, Placement
from lumiere_engine.protocol.wire import decode, encode, parse_json

ORDER = WorkOrder(JobSpec("remove", "/a.mov", ("/m.mkv",)), "/o.mkv")
SUBMIT = Submit(ORDER, "key")
JOB = Job(
    **{"id": 3, "state": JobState.RUNNING, "title": "o.mkv", "order": ORDER, "priority": 0, "position": None},
    **{"attempt": 2, "wish": "pause", "chunk_frames": 8, "error": None, "result": {"a": [1, 2.5]}},
    **{"progress": JobProgress("read", 1, 9, None, 2.0, 1.0, 3.0), "outcome": None, "thumbnails": (1, 5)},
    **{"timeline": 1, "placement": Placement("sh010", 5, 9, "24/1"), "retry_of": None, "created_s": 1.5},
    **{"started_s": 2.5, "finished_s": None},
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "message",
    [
        SUBMIT,
        replace(SUBMIT, finish=Finish("sidecar", {"a": None}, ("/x",)), timeline=4, draft=True),
        JOB,
        Event(7, "job", 3, {"state": "done"}),
        RegisterTimeline("edit", "panel", "/e.otio", (Selection("a", "/a.mov", 1, 2, 3, 4),)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_crosses_a_process_unchanged(message: Any) -> None:
    assert decode(type(message), json.loads(json.dumps(encode(message)))) == message


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"label": "Submit.9"}, "Submit.9"),
        ({"label": None}, "None"),
        ({"mood": "good"}, "mood"),
        ({"priority": "high"}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": 101}, "101"),
        ({"priority": 10**30}, "priority"),
        ({"priority": 1.0}, "priority"),
        ({"draft": 1}, "draft"),
        ({"title": 5}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"key": ""}, "key"),
        ({"key": "é"}, "key"),
        ({"order": None}, "WorkOrder"),
        ({"finish": []}, "Finish"),
        ({"finish": {"name": "x", "params": []}}, "params"),
        ({"timeline": "1"}, "timeline"),
        ({"placement": {"clip": "a", "record_start": 0, "record_duration": 1, "rate": "24/1"}}, "timeline"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=word):
        decode(Submit, {**encode(SUBMIT), **change})


@pytest.mark.parametrize("value", [float("inf"), 10**400, "1", None, True])
def test_numbers_are_finite_numbers(value: Any) -> None:
    with pytest.raises(SpecError):
        decode(
            JobProgress, {"stage": "read", "done": 1, "total": 2, "left_s": [value][0] if value else value}
        )
        decode(Event, {**encode(Event(1, "job")), "data": {"x": value}, "id": value})


@given(anything)
def test_junk_is_refused_and_never_crashes(junk: Any) -> None:
    for kind in (Submit, Job, Event, WorkOrder):
        with pytest.raises(LumiereError):
            decode(kind, junk)


@given(st.sampled_from(sorted(encode(JOB))), anything)
def test_junk_in_one_field_is_refused_or_understood(name: str, junk: Any) -> None:
    try:
        found = decode(Job, {**encode(JOB), name: junk})
    except LumiereError:
        return
    assert json.loads(json.dumps(encode(found)))[name] == json.loads(json.dumps(junk))


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", '{"a": Infinity}', "[" * 100_000, "1" * 10_000, b"\xff\xfe", '"\\ud800'],
    ids=repr,
)
def test_what_is_no_json_is_refused(text: Any) -> None:
    with pytest.raises(SpecError, match="no JSON"):
        parse_json(text)


def test_a_label_of_another_kind_is_refused() -> None:
    with pytest.raises(UnknownVersionError, match=r"'Submit.1' is not known here, only Job.2"):
        decode(Job, encode(SUBMIT))
