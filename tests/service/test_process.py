"""The engine as a process: small, quick, alone, and nothing outlives it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lumiere_engine
import psutil
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol import JobState, Submit
from lumiere_engine.protocol.engine import Event, RegisterTimeline, Selection
from lumiere_engine.protocol.errors import (
    EngineError,
    EngineUnreachableError,
    StoreError,
    UnreadableMediaError,
)
from lumiere_engine.protocol.places import log_file
from lumiere_engine.protocol.queue import Placement
from lumiere_engine.service import probing
from lumiere_engine.service.database import FILE
from lumiere_engine.service.engine import Engine

Submits = Callable[..., Submit]
SERVICE = [sys.executable, "-m", "lumiere_engine.service"]


def test_an_idle_engine_is_small_and_has_no_torch(client: EngineClient) -> None:
    client.jobs()
    info = client.info()
    process = psutil.Process(info.pid)
    assert process.memory_info().rss < 80e6
    assert 0 < info.memory_bytes < 80e6
    loaded = {Path(mapped.path).name for mapped in process.memory_maps()}
    assert not [name for name in loaded if "torch" in name or "numpy" in name or "cv2" in name]


def test_the_engine_imports_nothing_heavy() -> None:
    lines = "import sys, lumiere_engine.service.__main__; print('\\n'.join(sys.modules))"
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in said.split()}
    assert "starlette" in loaded
    assert not loaded & {"torch", "numpy", "cv2", "av", "pydantic", "typer", "opentimelineio"}


def test_it_is_ready_within_a_second(home: Path, tools: Any) -> None:
    took = []
    for _ in range(3):  # this machine may be busy
        began = time.monotonic()
        EngineClient(home).info()
        took.append(time.monotonic() - began)
        tools.end(home)
    assert min(took) < 1.0


def test_a_job_runs_within_half_a_second_of_being_submitted(client: EngineClient, submit: Submits) -> None:
    took = []
    for _ in range(3):
        began = time.monotonic()
        job = client.submit(submit()).id
        for event in client.events():
            if client.job(job).state is not JobState.QUEUED:
                took.append(time.monotonic() - began)
                break
            assert isinstance(event, Event)
        client.follow(job)
    assert min(took) < 0.5


def test_two_clients_that_start_it_at_once_get_one_engine(home: Path, tools: Any) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(EngineClient(home).info().pid)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1
    tools.end(home)


def test_a_second_engine_does_not_start(client: EngineClient, home: Path) -> None:
    said = subprocess.run(
        SERVICE, capture_output=True, text=True, env={**os.environ, "LUMIERE_HOME": str(home)}, timeout=30
    )
    assert said.returncode == 1
    assert said.stderr == f"lumiere: {home}: an engine is already running\n"
    assert client.info().pid


def test_a_killed_engine_is_started_again_and_goes_on(
    client: EngineClient, home: Path, submit: Submits, tools: Any
) -> None:
    client.pause_queue()
    jobs = [client.submit(submit()).id for _ in range(3)]
    os.kill(client.info().pid, signal.SIGKILL)
    assert [job.id for job in client.jobs([JobState.QUEUED]).jobs] == jobs
    assert client.info().paused


def test_an_endpoint_file_whose_number_another_process_has_by_now_is_stale(
    client: EngineClient, home: Path
) -> None:
    """As after a reboot."""
    old = client.connection.found()
    assert old is not None
    os.kill(old.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(old.pid)] if psutil.pid_exists(old.pid) else [], timeout=5)
    path = home / "endpoint.json"
    path.write_text(path.read_text().replace(f'"pid": {old.pid}', f'"pid": {os.getpid()}'))
    with pytest.raises(EngineUnreachableError):
        EngineClient(home, start=False).info()
    assert client.info().pid != old.pid


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"label": "Endpoint.9"}'])
def test_a_broken_endpoint_file_is_no_engine(
    content: str, client: EngineClient, home: Path, tools: Any
) -> None:
    tools.end(home)
    (home / "endpoint.json").write_text(content)
    assert client.connection.found() is None
    assert client.info().pid


def test_a_worker_dies_with_its_engine(
    client: EngineClient, submit: Submits, media: Path, tools: Any
) -> None:
    """A plate that never ends keeps a real worker busy."""
    os.mkfifo(media / "endless.mov")
    asked = submit()
    order = replace(asked.order, spec=replace(asked.order.spec, plate=str(media / "endless.mov")))
    client.submit(replace(asked, order=order))
    worker = psutil.Process(tools.wait_for(lambda: client.info().workers)[0])
    time.sleep(0.5)  # its libraries are loaded by now, or it dies while it loads them
    os.kill(client.info().pid, signal.SIGKILL)
    assert psutil.wait_procs([worker], timeout=5)[1] == []


def test_stopping_it_puts_the_running_job_back(
    client: EngineClient, home: Path, submit: Submits, media: Path, tools: Any
) -> None:
    os.mkfifo(media / "endless.mov")
    asked = submit()
    order = replace(asked.order, spec=replace(asked.order.spec, plate=str(media / "endless.mov")))
    job = client.submit(replace(asked, order=order)).id
    worker = psutil.Process(tools.wait_for(lambda: client.info().workers)[0])
    client.pause_queue()
    client.stop()
    tools.wait_for(lambda: client.connection.found() is None)
    assert not worker.is_running()
    assert not (home / "endpoint.json").exists()
    assert client.job(job).state is JobState.QUEUED


def test_who_follows_a_job_does_not_start_an_engine_that_was_stopped(
    client: EngineClient, submit: Submits, tools: Any
) -> None:
    client.pause_queue()
    job = client.submit(submit()).id
    told: list[BaseException] = []

    def follow() -> None:
        try:
            client.follow(job)
        except EngineUnreachableError as error:
            told.append(error)

    follower = threading.Thread(target=follow)
    follower.start()
    time.sleep(0.3)
    client.stop()
    follower.join(20)
    assert not follower.is_alive() and "was stopped" in str(told[0])
    assert client.connection.found() is None


def test_a_damaged_queue_is_told_to_whoever_asks_and_kept(home: Path, tools: Any) -> None:
    home.mkdir()
    (home / FILE).write_bytes(b"no database at all" * 500)
    with pytest.raises(EngineError, match=f"{FILE}.*damaged"):
        EngineClient(home).info()
    assert (home / FILE).read_bytes() == b"no database at all" * 500


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="LUMIERE_HOME"):
        EngineClient(tmp_path / "file" / "home").info()


def test_events_are_replayed_over_a_restart_without_gap_or_repetition(
    client: EngineClient, submit: Submits
) -> None:
    client.pause_queue()
    stream = client.events()
    first = next(stream)
    assert first.kind == "snapshot" and first.data["paused"] is True
    jobs = [client.submit(submit()).id]
    seen = [next(stream)]
    os.kill(client.info().pid, signal.SIGKILL)
    jobs += [client.submit(submit()).id for _ in range(2)]
    seen += [next(stream) for _ in range(2)]
    assert [event.job for event in seen] == jobs
    assert [event.id for event in seen] == list(range(first.id + 1, first.id + 4))
    again = client.events(first.id)
    assert [next(again) for _ in range(3)] == seen


def test_who_asks_for_events_that_are_not_known_gets_a_snapshot(client: EngineClient) -> None:
    assert next(client.events(10**9)).kind == "snapshot"


def test_a_silent_stream_beats(client: EngineClient) -> None:
    began = time.monotonic()
    lines = client.connection.lines("/events", client.info().last_event)
    beat = next(line for line in lines if line == ": still here")
    assert beat and time.monotonic() - began < 10


def test_several_timelines_get_their_own_results(client: EngineClient, submit: Submits, media: Path) -> None:
    edits = [
        client.register(RegisterTimeline(name, "resolve", f"/{name}", (Selection("sh010"),))) for name in "ab"
    ]
    assert {edit.id for edit in client.timelines()} == {edit.id for edit in edits}
    again = client.register(RegisterTimeline("a", "resolve", "/a", (Selection("sh020"),)))
    assert again.id == edits[0].id and again.selection[0].clip == "sh020"
    place = Placement("sh010", 86400, 24, "24/1", source_start=12)
    client.pause_queue()
    job = client.submit(submit(timeline=edits[1].id, placement=place))
    assert (job.timeline, job.placement) == (edits[1].id, place)
    assert client.results(edits[1].id).results == ()


def test_a_full_disk_is_told_and_the_queue_goes_on_when_there_is_room(
    client: EngineClient, submit: Submits
) -> None:
    import resource

    client.pause_queue()
    before = client.submit(submit()).id
    pid = client.info().pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    with pytest.raises(StoreError, match="free some space"):
        client.submit(submit())
    with contextlib.suppress(StoreError):
        assert client.job(before).state is JobState.QUEUED
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    after = client.submit(submit()).id
    assert {job.id for job in client.jobs([JobState.QUEUED]).jobs} == {before, after}


def test_a_hosts_python_starts_it_with_the_one_it_had_before(
    client: EngineClient, home: Path, tools: Any
) -> None:
    """A Python without any package stands in for a host's."""
    package = Path(lumiere_engine.__file__).parents[1]
    lines = "from lumiere_engine.client import EngineClient; print(EngineClient().info().pid)"
    bare = [sys.executable, "-S", "-c", lines]
    environment = {**os.environ, "LUMIERE_HOME": str(home), "PYTHONPATH": str(package)}
    asked = subprocess.run(bare, capture_output=True, text=True, env=environment)
    assert int(asked.stdout) == client.info().pid
    tools.end(home)
    started = subprocess.run(bare, capture_output=True, text=True, env=environment)
    assert int(started.stdout) == client.info().pid, started.stderr
    tools.end(home)
    (home / "interpreter").unlink()
    refused = subprocess.run(bare, capture_output=True, text=True, env=environment)
    assert "lumiere engine start" in refused.stderr


def test_what_it_prints_goes_to_its_log(client: EngineClient, home: Path) -> None:
    assert "listens on 127.0.0.1" in log_file(home).read_text()


def test_media_that_never_answers_is_given_up(
    client: EngineClient, submit: Submits, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(media / "endless.mov")
    monkeypatch.setattr(probing, "_PATIENCE_S", 1.5)
    with pytest.raises(UnreadableMediaError, match="within"):
        probing.probe(str(media / "endless.mov"), media)


def test_the_pictures_of_old_jobs_are_forgotten_and_those_of_unfinished_ones_are_not(
    engine: Engine, submit: Submits, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumiere_engine.service.engine._JOBS_WITH_PICTURES", 1)
    jobs = engine.submit((submit(draft=True), submit(), submit()))
    for job in jobs:
        (engine.folder / "jobs" / str(job.id) / "thumbnails").mkdir(parents=True)
    engine.cancel(jobs[1].id)
    engine.cancel(jobs[2].id)
    engine.start()
    tools.wait_for(lambda: not (engine.folder / "jobs" / str(jobs[1].id)).exists())
    assert (engine.folder / "jobs" / str(jobs[0].id)).exists()
    assert (engine.folder / "jobs" / str(jobs[2].id)).exists()
