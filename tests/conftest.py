"""Tests have an engine of their own: never the user's queue."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from lumiere_engine.client import Connection


@pytest.fixture(scope="session", autouse=True)
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the engine that commands of these tests start; it ends with them."""
    home = tmp_path_factory.mktemp("engine") / "home"
    os.environ["LUMIERE_HOME"] = str(home)
    yield home
    connection = Connection(home, start=False)
    deadline = time.monotonic() + 40
    while (found := connection.found()) is not None and time.monotonic() < deadline:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)
        time.sleep(0.1)
