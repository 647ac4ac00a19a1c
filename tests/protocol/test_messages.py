"""What a worker says, and what media holds: unchanged on the wire, refused where unknown."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from lumiere_engine.protocol import JobResult, MediaInfo, Progress
from lumiere_engine.protocol.errors import SpecError, UnknownVersionError
from lumiere_engine.protocol.messages import message_from_wire

RESULT = JobResult(
    "o.mkv",
    None,
    10,
    86400,
    "24000/1001",
    "abc",
    0.75,
    0.25,
    {"read": 0.5},
    ("a note",),
    {"label": "Recipe.1"},
)
INFO = MediaInfo(
    "a.mov", "movie", 96, 64, 10, Fraction(24000, 1001), 86400, "01:00:00:00", False, 10, "yuv 4:2:2, 10 bit"
)


@pytest.mark.parametrize(
    "message", [Progress("read", 1, 10), Progress("note", 0, 0, "a note"), RESULT], ids=str
)
def test_a_message_crosses_a_process_unchanged(message: Any) -> None:
    assert message_from_wire(json.loads(json.dumps(message.to_wire()))) == message


def test_media_info_crosses_a_process_unchanged() -> None:
    assert MediaInfo.from_wire(json.loads(json.dumps(INFO.to_wire()))) == INFO


@pytest.mark.parametrize("label", [None, "Progress.2", "JobResult.0"])
def test_an_unknown_label_is_refused(label: Any) -> None:
    with pytest.raises(UnknownVersionError):
        message_from_wire({**RESULT.to_wire(), "label": label})
    with pytest.raises(UnknownVersionError):
        MediaInfo.from_wire({**INFO.to_wire(), "label": label})


@pytest.mark.parametrize("change", [{"mood": "good"}, {"notes": None}])
def test_a_result_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        message_from_wire({**RESULT.to_wire(), **change})


@pytest.mark.parametrize("change", [{"rate": "0/0"}, {"width": None}, {"frame_count": "ten"}])
def test_media_info_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        MediaInfo.from_wire({**INFO.to_wire(), **change})
