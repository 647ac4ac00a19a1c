"""How a worker is run, by the engine and by those who do without one."""

from __future__ import annotations

import os
from typing import Dict

MODULE = "lumiere_engine.worker"


def environment() -> Dict[str, str]:
    """The environment of a worker, which shares the machine with a host application.

    Threads that wait for each other sleep instead of spinning: beside one other busy process that makes the
    network three to four times as fast, and on an idle machine no slower. NumPy's products are too small for threads.
    """
    return {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", **os.environ}
