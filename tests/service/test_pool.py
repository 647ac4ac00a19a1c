"""Two devices, two workers: each job has one of them, and what happens to one does not touch the other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import Job, JobState, Submit
from lumiere_engine.protocol.errors import EngineError, UnknownJobError
from lumiere_engine.protocol.places import endpoint_file
from lumiere_engine.service.engine import Engine

Worker = Callable[[str], None]
Submits = Callable[..., Submit]
pytestmark = pytest.mark.timeout(60)
# Works until its job's folder has a file "go".
_UNTIL_TOLD = """
while not (folder / "go").exists():
    time.sleep(0.005)
result()
"""


@pytest.fixture
def engine(tmp_path: Path, media: Path) -> Iterator[Engine]:
    """An engine with two devices, not started."""
    home = tmp_path / "home"
    home.mkdir()
    engine = Engine(home, "cpu,cpu")
    engine.roots.add(str(media))
    yield engine
    with suppress(RuntimeError):
        engine.stop()


@pytest.fixture
def running(engine: Engine, submit: Submits, worker: Worker, tools: Any) -> Callable[..., list[int]]:
    """Jobs, of which the first two run."""

    def _running(lines: str = _UNTIL_TOLD, priorities: tuple[int, ...] = (0, 0)) -> list[int]:
        worker(lines)
        jobs = [job.id for job in engine.submit(tuple(submit(priority=p) for p in priorities))]
        engine.start()
        tools.wait_for(lambda: len([job for job in jobs if engine.queue.get(job).progress]) == 2)
        return jobs

    return _running


def go(engine: Engine, job: int) -> None:
    """Let a job's worker end well."""
    folder = engine.folder / "jobs" / str(job)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go").touch()


def done(engine: Engine, tools: Any, *jobs: int) -> list[Job]:
    tools.wait_for(lambda: all(engine.queue.get(job).state.terminal for job in jobs))
    found = [engine.queue.get(job) for job in jobs]
    assert [job.state for job in found] == [JobState.DONE] * len(jobs)
    return found


def worker_of(engine: Engine, job: int) -> int | None:
    return next((device.worker_pid for device in engine.info().devices if device.job == job), None)


def test_two_jobs_run_at_once_and_the_next_takes_the_first_device_that_is_free(
    running: Callable[..., list[int]], engine: Engine, tools: Any
) -> None:
    a, b, low, high = running(priorities=(3, 3, 1, 2))
    info = engine.info()
    assert sorted(info.running) == [a, b] and len(set(info.workers)) == 2
    go(engine, b)
    tools.wait_for(lambda: high in engine.info().running)  # the higher priority, on the device of b
    assert sorted(engine.info().running) == [a, high] and engine.queue.get(low).state is JobState.QUEUED
    for job in (a, low, high):
        go(engine, job)
    assert {job.device for job in done(engine, tools, a, b, low, high)} == {"cpu"}


def test_the_death_of_one_worker_touches_its_job_alone(
    running: Callable[..., list[int]], engine: Engine, tools: Any
) -> None:
    a, b = running()
    other = worker_of(engine, b)
    os.kill(worker_of(engine, a) or 0, signal.SIGKILL)
    tools.wait_for(lambda: engine.queue.get(a).attempt == 2)
    assert worker_of(engine, b) == other
    go(engine, a)
    go(engine, b)
    assert [job.attempt for job in done(engine, tools, a, b)] == [2, 1]


def test_cancel_and_pause_reach_the_right_worker(
    running: Callable[..., list[int]], engine: Engine, tools: Any
) -> None:
    a, b = running()
    engine.cancel(b)
    tools.wait_for(lambda: engine.queue.get(b).state is JobState.CANCELLED)
    assert engine.info().running == (a,)
    engine.hold(a)
    tools.wait_for(lambda: engine.queue.get(a).state is JobState.PAUSED)
    assert engine.info().running == ()


def test_yield_gives_back_all_devices_or_one(
    running: Callable[..., list[int]], engine: Engine, tools: Any
) -> None:
    a, b = running()
    first = engine.info().devices[0].job
    info = engine.give_back(0)
    assert info.devices[0].yielded and info.devices[0].worker_pid is None and not info.paused
    assert len(info.workers) == 1
    tools.wait_for(lambda: engine.queue.get(first or 0).state is JobState.QUEUED)
    time.sleep(0.1)
    assert engine.queue.get(first or 0).state is JobState.QUEUED  # that device rests
    info = engine.give_back()
    assert info.paused and info.workers == ()
    tools.wait_for(lambda: {engine.queue.get(job).state for job in (a, b)} == {JobState.QUEUED})
    assert not any(device.yielded for device in engine.pause(False).devices)
    go(engine, a)
    go(engine, b)
    assert sorted(job.attempt for job in done(engine, tools, a, b)) == [2, 2]
    with pytest.raises(UnknownJobError, match="no device number 2"):
        engine.give_back(2)


def test_a_job_whose_work_another_one_holds_waits_for_it_and_lets_others_go_first(
    running: Callable[..., list[int]], engine: Engine, tools: Any, submit: Submits
) -> None:
    """As two jobs on one shot, which share what is borrowed; the first is killed in between."""
    busy = """
    held, mine = pathlib.Path(order["output"]).parent / "held", folder / "mine"
    if folder.name in ("1", "2"):
        mine.write_text(folder.name)
        try:
            os.link(mine, held)  # one of two that come at the same instant gets it
        except FileExistsError:
            if held.read_text() != folder.name:
                say({"label": "Failure.1", "kind": "BusyError", "message": "the same job is already running"})
                sys.exit(0)
    while not (folder / "go").exists():
        time.sleep(0.005)
    held.unlink(missing_ok=True) if folder.name in ("1", "2") else None
    result()
    """
    first, second = running(busy, (1, 2))
    third = engine.submit((submit(),))[0].id
    tools.wait_for(lambda: third in engine.info().running)
    (holder,) = {first, second} & set(engine.info().running)
    (waits,) = {first, second} - {holder}
    os.kill(worker_of(engine, holder) or 0, signal.SIGKILL)
    tools.wait_for(lambda: engine.queue.get(holder).attempt == 2)
    assert engine.queue.get(waits).state is JobState.QUEUED
    for job in (first, second, third):
        go(engine, job)
    jobs = done(engine, tools, waits, holder, third)
    assert [job.attempt for job in jobs] == [2, 2, 1]
    assert jobs[0].chunk_frames == 16


def test_a_job_that_was_put_off_is_let_go_when_the_other_is_cancelled(
    running: Callable[..., list[int]], engine: Engine, tools: Any
) -> None:
    busy = """
    if folder.name == "2" and attempt == 1:
        say({"label": "Failure.1", "kind": "BusyError", "message": "the same job is already running"})
        sys.exit(0)
    result() if folder.name == "2" else time.sleep(60)
    """
    a, b = running(busy)
    tools.wait_for(lambda: engine.info().running == (a,))
    engine.cancel(a)
    assert done(engine, tools, b)[0].attempt == 2


def test_a_job_goes_on_only_on_the_kind_of_device_that_it_began_on(engine: Engine, submit: Submits) -> None:
    (job,) = engine.submit((submit(),))
    assert job.device is None
    engine.queue.record(job.id, device="cuda")
    assert engine.queue.claim("cpu") is None
    row = engine.queue.claim("cuda")
    assert row is not None and row["id"] == job.id


def test_a_real_engine_remembers_its_devices_and_requeues_what_ran_on_all_of_them(
    home: Path, media: Path, submit: Submits, tools: Any
) -> None:
    client = EngineClient(home, devices="cpu,cpu")
    try:
        client.allow(media)
        os.mkfifo(media / "endless.mov")
        jobs = []
        for _ in range(2):
            asked = submit()
            order = asked.order.to_wire()
            order["spec"]["plate"] = str(media / "endless.mov")
            jobs.append(client.submit(Submit(type(asked.order).from_wire(order), asked.key)).id)
        tools.wait_for(lambda: len(client.info().workers) == 2)
        os.kill(client.info().pid, signal.SIGKILL)
        plain = EngineClient(home)
        tools.wait_for(lambda: len(plain.info().workers) == 2)
        assert [device.name for device in plain.info().devices] == ["cpu", "cpu"]
        assert {plain.job(job).attempt for job in jobs} == {2}
    finally:
        tools.end(home)


def test_an_engine_for_devices_that_are_not_there_does_not_start(home: Path) -> None:
    with pytest.raises(EngineError, match="no device 'cuda:77' here"):
        EngineClient(home, devices="cuda:77").info()
    assert EngineClient(home, start=False).connection.found() is None


def test_an_engine_of_another_protocol_can_be_stopped(client: EngineClient, home: Path, tools: Any) -> None:
    place = endpoint_file(home)
    place.write_text(place.read_text().replace('"protocol": 2', '"protocol": 1'))
    with pytest.raises(EngineError, match="another protocol"):
        client.info()
    assert client.stop()
    tools.wait_for(lambda: client.connection.found() is None)
