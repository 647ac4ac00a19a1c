"""What people read: means over shots, differences over the shots that both have, and a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lumiere_bench.report import Report
from lumiere_bench.tables import markdown


def result(psnr_db: float) -> dict[str, Any]:
    measures = dict.fromkeys(
        ("ssim", "hole_psnr_db", "hole_ssim", "patch_distance", "warp_ratio", "worst_flicker", "seam_step"),
        1.0,
    )
    return {"measures": {"psnr_db": psnr_db, **measures}, "seconds_per_frame": 0.1, "peak_bytes": 1 << 30}


@pytest.fixture
def report(tmp_path: Path) -> Report:
    report = Report(tmp_path)
    shown = {
        "a": {"telea": 20.0, "dis": 25.0, "standard": 26.0, "draft": 24.5},
        "b": {"telea": 30.0, "dis": 27.0, "standard": 30.5, "draft": 31.0},
        "c": {"telea": 40.0},
    }
    for shot, methods in shown.items():
        report.data["cases"][shot] = {
            "name": f"{shot}-moving-432x240",
            "shot": shot,
            "kind": "moving",
            "size": "432x240",
            "note": "gt is clean" if shot == "a" else "",
            "results": {name: result(value) for name, value in methods.items()},
        }
    report.data["failed"]["c-moving-432x240 standard"] = "out of film"
    return report


def row(text: str, name: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(f"| {name} |")).strip("| ").split(" | ")


def test_means_are_over_all_shots_and_differences_over_common_ones(report: Report) -> None:
    text = markdown(report)
    telea, standard = row(text, "telea"), row(text, "standard")
    assert telea[1:3] == ["3", "30.00"] and standard[1:3] == ["2", "28.25"]
    assert standard[-2:] == ["+3.25", "+2.25"]  # over a and b, not against telea's 40 dB on c
    assert standard[-3] == "1.00"


def test_the_verdict_names_the_shots_where_a_quality_is_not_above_both(report: Report) -> None:
    text = markdown(report)
    assert (
        "**standard** (moving, 432x240) is above the better of telea and dis on every shot (2), by 0.50"
        in text
    )
    assert (
        "**draft** (moving, 432x240) is above the better of telea and dis on 1 of 2 shots, not on a (-0.50"
        in text
    )


def test_notes_and_failures_are_told(report: Report) -> None:
    text = markdown(report)
    assert "- a-moving-432x240: gt is clean" in text
    assert "- c-moving-432x240 standard: out of film" in text


def test_a_report_of_nothing_has_no_tables(tmp_path: Path) -> None:
    assert "|" not in markdown(Report(tmp_path))
