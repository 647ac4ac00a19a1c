"""What a worker leaves behind: a journal of finished work, small pictures, the result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.protocol import JobResult
from lumiere_engine.protocol.errors import Cancelled, OutputError
from lumiere_engine.worker import desk
from lumiere_engine.worker.desk import Desk


@pytest.fixture
def said() -> list[Any]:
    return []


@pytest.fixture
def at_desk(tmp_path: Path, said: list[Any], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(desk, "_PICTURE_S", 0.0)
    monkeypatch.setattr(desk, "_SHARE", 0)
    return Desk(tmp_path, said.append)


def grey(value: float = 0.5) -> np.ndarray:
    return np.full((90, 160, 3), value, np.float32)


def test_the_journal_has_finished_work_alone(at_desk: Desk, tmp_path: Path) -> None:
    for shelf in ("ab/pictures", "ab/plates", "ab/sources", "ab/borrowed", "cd/steady", "cd/textures"):
        at_desk.kept(shelf, 7)
    Desk(tmp_path, print).kept("cd/patches", 1)  # a later worker writes on
    assert (tmp_path / "journal").read_text().splitlines() == [
        "ab/pictures/7",
        "ab/borrowed/7",
        "cd/patches/1",
    ]


def test_small_pictures_are_made_once_per_frame(at_desk: Desk, tmp_path: Path, said: list[Any]) -> None:
    for frame in (3, 3, 8):
        at_desk.finished_frame(frame, grey)
    assert [message["frame"] for message in said] == [3, 8]
    assert sorted(path.name for path in (tmp_path / "thumbnails").iterdir()) == ["3.jpg", "8.jpg"]
    small = cv2.imread(str(tmp_path / "thumbnails" / "3.jpg"))
    assert small.shape == (135, 240, 3) and abs(int(small.mean()) - 128) < 3


def test_small_pictures_take_a_hundredth_of_the_time_at_most(
    tmp_path: Path, said: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, cost = 100.0, 0.05
    monkeypatch.setattr(desk.time, "monotonic", lambda: now)

    def draw() -> np.ndarray:
        nonlocal now
        now += cost
        return grey()

    here = Desk(tmp_path, said.append)
    for frame in range(2000):
        now += 0.01
        here.finished_frame(frame, draw)
    assert 1 < len(said) < 10 and len(said) * cost < 0.02 * (now - 100)


def test_there_are_a_hundred_small_pictures_at_most(at_desk: Desk, said: list[Any]) -> None:
    for frame in range(120):
        at_desk.finished_frame(frame, grey)
    assert len(said) == 100


def test_a_picture_that_cannot_be_drawn_costs_no_more_than_itself(at_desk: Desk, said: list[Any]) -> None:
    def broken() -> np.ndarray:
        raise OutputError("no room")

    at_desk.finished_frame(1, broken)
    at_desk.finished_frame(2, grey)
    assert [message["frame"] for message in said] == [2]


def test_whoever_cancels_while_a_picture_is_drawn_is_heard(at_desk: Desk) -> None:
    def cancelled() -> np.ndarray:
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        at_desk.finished_frame(1, cancelled)


def test_the_result_is_there_whole(at_desk: Desk, tmp_path: Path) -> None:
    result = JobResult("o.mkv", None, 2, 0, "24/1", "abc", 1.0, 0.0)
    at_desk.finished(result)
    assert json.loads((tmp_path / "result.json").read_text()) == json.loads(json.dumps(result.to_wire()))


def test_the_curve_of_a_long_learning_is_short_and_its_sheet_is_small(
    at_desk: Desk, tmp_path: Path, said: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_CURVE_S", 0.0)
    at_desk.learned(3, 5000, [3.0, 2.0, 1.0], grey)
    told = json.loads((tmp_path / "learning.json").read_text())
    assert told == {"step": 3, "total": 5000, "losses": [3.0, 2.0, 1.0], "sheet": 3}
    at_desk.learned(5000, 5000, [float(k) for k in range(5000)], grey)
    told = json.loads((tmp_path / "learning.json").read_text())
    assert len(told["losses"]) == 200 and told["losses"][0] == 12.0
    assert said[-1] == {"label": "Learned.1", "step": 5000, "total": 5000}
    assert max(cv2.imread(str(tmp_path / "sheet.jpg")).shape) == 480


def test_enough_counts_for_the_shot_at_work_also_after_a_death(at_desk: Desk, tmp_path: Path) -> None:
    assert not at_desk.enough(0)
    (tmp_path / "enough").touch()
    assert at_desk.enough(0) and at_desk.enough(0)
    assert not at_desk.enough(40), "the next shot is learned to the end"
    later = Desk(tmp_path, print)
    assert later.enough(0) and not later.enough(40)
