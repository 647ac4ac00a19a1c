"""A run is taken up where it stopped, and done anew where anything has changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench import quality
from lumiere_bench.baselines import telea
from lumiere_bench.cases import Case
from lumiere_bench.clips import Size, read_clip
from lumiere_bench.methods import Answer, OnProgress
from lumiere_bench.quality import Plan, run
from lumiere_bench.report import LABEL, Report
from lumiere_engine.protocol import JobResult
from lumiere_engine.protocol.errors import LumiereError, MediaError, SpecError, UnknownVersionError


@dataclass
class Counted:
    """A method that counts its runs, and fails where it is told to."""

    name: str = "counted"
    identity: str = "1"
    ran: list[str] = field(default_factory=list)
    error: LumiereError | None = None

    def run(self, case: Case, on_progress: OnProgress) -> Answer:
        self.ran.append(case.name)
        if self.error is not None:
            raise self.error
        return Answer(telea(case.plate, case.holes), 0.5, 1 << 30, {"think": 0.5})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    method = Counted()
    monkeypatch.setattr(quality, "lumiere_methods", lambda seed, remove: [method])
    monkeypatch.setattr(quality, "describe", lambda: {"version": "test"})
    return method


@pytest.fixture
def plan(footage: Path, tmp_path: Path) -> Plan:
    return Plan(
        footage, ("beta",), ("telea", "counted"), ("moving",), ("64x36",), 4, tmp_path / "out", seed=0
    )


def unused(*_: object) -> JobResult:
    raise AssertionError("no job of Lumiere is wanted")


def measured(plan: Plan) -> Report:
    return run(plan, unused, lambda line: None, lambda step: None)


def test_a_second_run_measures_nothing_again(plan: Plan, counted: Counted) -> None:
    first = (measured(plan).path).read_text()
    assert counted.ran == ["beta-moving-64x36"]
    again = measured(plan)
    assert counted.ran == ["beta-moving-64x36"]
    assert again.path.read_text() == first
    assert not (plan.out / "work").exists()


@pytest.mark.parametrize("change", [{"fresh": True}, {"sizes": ("native",)}], ids=lambda c: next(iter(c)))
def test_what_is_not_there_yet_is_measured(plan: Plan, counted: Counted, change: dict[str, object]) -> None:
    measured(plan)
    measured(replace(plan, **change))
    assert len(counted.ran) == 2


@pytest.mark.parametrize("change", [{"seed": 1}, {"frames": 5}], ids=lambda c: next(iter(c)))
def test_results_of_other_settings_are_not_mixed_in(
    plan: Plan, counted: Counted, change: dict[str, object]
) -> None:
    measured(plan)
    with pytest.raises(SpecError, match="other settings.*--fresh"):
        measured(replace(plan, **change))
    measured(replace(plan, **change, fresh=True))
    assert len(counted.ran) == 2


def test_another_state_of_a_method_is_measured_and_the_others_are_not(plan: Plan, counted: Counted) -> None:
    before = json.loads(measured(plan).path.read_text())
    counted.identity = "2"
    after = json.loads(measured(plan).path.read_text())
    assert len(counted.ran) == 2
    case = "beta-moving-64x36"
    assert after["cases"][case]["results"]["telea"] == before["cases"][case]["results"]["telea"]


def test_changed_footage_is_measured_and_its_old_results_are_forgotten(
    plan: Plan, counted: Counted, footage: Path, tmp_path: Path
) -> None:
    measured(plan)
    changed = tmp_path / "changed"
    shutil.copytree(footage, changed)
    shutil.copy(footage / "alpha" / "video.mkv", changed / "beta.mkv")
    report = measured(replace(plan, footage=changed, methods=("telea",)))
    assert list(report.data["cases"]["beta-moving-64x36"]["results"]) == ["telea"]


def test_a_failure_is_noted_does_not_stop_the_rest_and_is_tried_again(plan: Plan, counted: Counted) -> None:
    counted.error = MediaError("out of film")
    report = measured(replace(plan, methods=("counted", "telea")))
    assert report.data["failed"] == {"beta-moving-64x36 counted": "out of film"}
    assert list(report.data["cases"]["beta-moving-64x36"]["results"]) == ["telea"]
    assert "out of film" in (plan.out / "quality.md").read_text()
    counted.error = None
    report = measured(plan)
    assert not report.data["failed"]
    assert "counted" in report.data["cases"]["beta-moving-64x36"]["results"]


def test_footage_that_cannot_be_read_does_not_stop_the_other_shots(
    plan: Plan, counted: Counted, footage: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(footage, broken)
    (broken / "alpha" / "video.mkv").write_bytes(b"no movie")
    report = measured(replace(plan, footage=broken, shots=()))
    assert list(report.data["failed"]) == ["alpha-moving-64x36"]
    assert list(report.data["cases"]) == ["beta-moving-64x36"]


def test_sheets_show_methods_of_earlier_runs_as_well(plan: Plan, counted: Counted) -> None:
    measured(replace(plan, methods=("counted",)))
    measured(replace(plan, methods=("telea",)))
    sheet = cv2.imread(str(plan.out / "sheets" / "beta-moving-64x36.jpg"))
    assert sheet.shape[0] == 4 * (36 + 3)


def test_the_report_says_what_it_is_and_holds_what_was_measured(plan: Plan, counted: Counted) -> None:
    data = json.loads(measured(plan).path.read_text())
    assert data["label"] == LABEL == "QualityReport.1"
    assert data["machine"] == {"version": "test"} and data["settings"] == {"frames": 4, "seed": 0}
    case = data["cases"]["beta-moving-64x36"]
    assert (case["width"], case["height"], case["frames"]) == (64, 36, 4)
    assert case["hole_share"] == pytest.approx(0.1, abs=0.02)
    result = case["results"]["counted"]
    assert result["seconds_per_frame"] == 0.125 and result["peak_bytes"] == 1 << 30
    assert result["measures"] == case["results"]["telea"]["measures"]


def test_pictures_show_truth_plate_and_every_method(plan: Plan, counted: Counted) -> None:
    measured(plan)
    sheet = cv2.imread(str(plan.out / "sheets" / "beta-moving-64x36.jpg"))
    assert sheet.shape[0] == 4 * (36 + 3) and sheet.shape[1] > 5 * 64
    strip = cv2.imread(str(plan.out / "flicker" / "beta-moving-64x36.jpg"))
    assert strip.shape[0] == 4 * (2 * 4 + 3)
    # truth first, in its own colours
    row = sheet[:36, 92 : 92 + 64, ::-1].astype(int)
    truth, _ = read_clip(plan.footage / "beta.mkv", Size(64, 36), 1)
    assert np.abs(row - truth[0]).mean() < 12


def test_what_is_no_report_is_not_overwritten(plan: Plan, counted: Counted) -> None:
    plan.out.mkdir()
    (plan.out / "quality.json").write_text('{"label": "QualityReport.9"}')
    with pytest.raises(UnknownVersionError, match="--fresh"):
        measured(plan)
    (plan.out / "quality.json").write_text("{")
    with pytest.raises(SpecError, match="--fresh"):
        measured(plan)


def test_unknown_methods_are_refused_by_name(plan: Plan, counted: Counted) -> None:
    with pytest.raises(SpecError, match="magic; choose from copy, telea"):
        measured(replace(plan, methods=("magic",)))
