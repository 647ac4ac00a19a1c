"""Engines of their own for these tests: the real process, or its parts with a stand-in for the worker."""

from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lumiere_engine.client import EngineClient, new_key
from lumiere_engine.protocol import JobResult, JobSpec, RemoveParams, Submit, WorkOrder
from lumiere_engine.service import child
from lumiere_engine.service.engine import Engine

FRAMES = 4


def wait_for(done: Callable[[], Any], timeout_s: float = 30) -> Any:
    """What `done` answers, as soon as that is something."""
    deadline = time.monotonic() + timeout_s
    while not (found := done()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return found


@pytest.fixture(scope="session")
def tools() -> Any:
    """The helpers of this page."""
    return sys.modules[__name__]


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with something in it that has the name of a plate and of a matte."""
    folder = tmp_path / "media"
    folder.mkdir()
    for name in ("plate.mov", "matte.mkv"):
        (folder / name).write_bytes(b"not empty")
    return folder


@pytest.fixture
def submit(media: Path) -> Callable[..., Submit]:
    """A job on that media; each has another output."""
    count = 0

    def _submit(name: str = "", *, order: dict[str, Any] | None = None, **more: Any) -> Submit:
        nonlocal count
        count += 1
        spec = JobSpec(
            "remove",
            str(media / "plate.mov"),
            (str(media / "matte.mkv"),),
            params=RemoveParams("draft", imagine=False),
        )
        work = WorkOrder(spec, str(media / (name or f"out{count}.mkv")), **(order or {}))
        return Submit(work, **{"key": new_key(), **more})

    return _submit


@pytest.fixture
def engine(tmp_path: Path, media: Path) -> Iterator[Engine]:
    """The engine without its door, not started: jobs wait."""
    home = tmp_path / "home"
    home.mkdir()
    engine = Engine(home)
    engine.roots.add(str(media))
    yield engine
    with suppress(RuntimeError):  # it was not started
        engine.stop()


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets a few lines of Python stand in for the worker.

    `say` tells the engine something, `progress(done)` and `keep(entry)` are as a worker does them, `result()` writes
    the files and answers; `attempt` counts from 1; `chunk` is how many frames are imagined at a time.
    """

    def _worker(lines: str) -> None:
        script = tmp_path / "worker"
        script.write_text(f"#!{sys.executable}\n" + textwrap.dedent(_STAND_IN) + textwrap.dedent(lines))
        script.chmod(0o755)
        monkeypatch.setattr(child.sys, "executable", str(script))

    return _worker


_STAND_IN = f"""
    import json, os, pathlib, signal, sys, time
    request = json.loads(sys.stdin.readline())
    order, folder = request["order"], pathlib.Path(request["folder"])
    chunk = order["chunk_frames"]
    with (folder / "attempts").open("a") as file:
        file.write("x")
    attempt = (folder / "attempts").stat().st_size
    with (folder / "orders").open("a") as file:
        file.write(json.dumps(order) + chr(10))

    def say(message):
        sys.stdout.write(json.dumps(message) + chr(10))
        sys.stdout.flush()

    def progress(done, stage="borrow", total={FRAMES}):
        say({{"label": "Progress.1", "stage": stage, "done": done, "total": total, "note": None}})

    def keep(entry):
        with (folder / "journal").open("a") as file:
            file.write(entry + chr(10))

    def result():
        pathlib.Path(order["output"]).write_bytes(b"a clip")
        say({JobResult("OUT", None, FRAMES, 0, "24/1", "abc", 1.0, 0.0, {"borrow": 1.0}).to_wire()!r}
            | {{"output": order["output"]}})

    def die(name="SIGKILL"):
        os.kill(os.getpid(), getattr(signal, name))

    progress(1)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a real engine."""
    return tmp_path / "home"


@pytest.fixture
def client(home: Path, media: Path) -> Iterator[EngineClient]:
    """A real engine, and a client of it."""
    client = EngineClient(home)
    client.allow(media)
    yield client
    end(home)


def end(home: Path) -> None:
    """End the engine of a folder."""
    connection = EngineClient(home, start=False).connection
    deadline = time.monotonic() + 40
    while (found := connection.found()) is not None and time.monotonic() < deadline:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)
        time.sleep(0.02)


def rows(path: Path) -> list[Any]:
    """The objects in a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]
