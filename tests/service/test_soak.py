"""A short form of `make soak`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "bench" / "soak.py"


@pytest.mark.timeout(300)
def test_sudden_deaths_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, str(SOAK), "--jobs", "8", "--kills", "5", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    report = json.loads(said.stdout)
    assert report["states"] == {"done": 8} and sum(report["kills"].values()) == 5
