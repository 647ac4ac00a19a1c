"""What the figures were measured on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lumiere_engine import __version__

# torch belongs into workers: another process is asked what it would compute with.
_ASK_TORCH = (
    "import json, torch; from lumiere_engine.effects.imagining import THREADS; "
    "print(json.dumps([torch.__version__, THREADS, torch.cuda.is_available()]))"
)


def describe() -> dict[str, Any]:
    """JSON-ready: version, processor, cores, and the versions of what computes."""
    torch_version, threads, cuda = _torch()
    return {
        "version": __version__,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "torch_threads": threads,
        "cuda": cuda,
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch_version,
        "opencv": cv2.__version__,
        "numpy": np.__version__,
    }


def _torch() -> tuple[str | None, int | None, bool | None]:
    said = subprocess.run([sys.executable, "-c", _ASK_TORCH], capture_output=True, text=True)
    if said.returncode:
        return None, None, None
    version, threads, cuda = json.loads(said.stdout.splitlines()[-1])
    return str(version), int(threads), bool(cuda)


def _processor() -> str:
    """The model's name: Linux knows it better than Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
