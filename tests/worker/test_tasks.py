"""What a worker is asked beside jobs is answered without waiting for what only jobs need."""

from __future__ import annotations

import subprocess
import sys


def test_a_task_does_not_wait_for_torch() -> None:
    line = "import lumiere_engine.worker.tasks, sys; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
