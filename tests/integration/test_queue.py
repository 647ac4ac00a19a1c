"""The queue from the command line: submit, look, change, and leave; real jobs on real media."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import opentimelineio as otio
import pytest
from lumiere_engine.client import EngineClient, result_of
from lumiere_engine.protocol import JobState
from lumiere_plugin.finishing import finish
from lumiere_plugin.manifest import manifest


@pytest.fixture
def client() -> Iterator[EngineClient]:
    """Of the engine that the commands use; the queue goes on afterwards."""
    client = EngineClient()
    client.resume_queue()
    yield client
    for job in client.jobs([JobState.QUEUED, JobState.PAUSED, JobState.DRAFT]).jobs:
        client.cancel(job.id)
    client.resume_queue()


@pytest.fixture
def say(tools: Any) -> Callable[..., Any]:
    """`lumiere … --json`, which must succeed; its answer."""

    def _say(*arguments: Any) -> Any:
        said = tools.lumiere(*arguments, "--json")
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    return _say


@pytest.fixture
def enqueue(shot: Any, tools: Any, say: Callable[..., Any], tmp_path: Path) -> Callable[..., int]:
    """`lumiere remove … --queue`; the job's number."""

    def _enqueue(name: str = "out.mkv", *more: Any) -> int:
        arguments = ("remove", shot.plate, "--matte", shot.matte, "-o", tmp_path / name, *tools.FAST)
        job = say(*arguments, "--queue", *more)
        assert job["label"] == "Job.2"
        return int(job["id"])

    return _enqueue


def test_a_queued_job_is_done_while_nobody_waits(
    enqueue: Callable[..., int], client: EngineClient, rendered: Any, tools: Any, tmp_path: Path
) -> None:
    number = enqueue()
    job = client.follow(number)
    assert job.state is JobState.DONE
    assert tools.digest(tmp_path / "out.mkv") == tools.digest(rendered.output)
    assert (tmp_path / "out.mkv.lumiere.json").is_file()
    assert tools.hidden_files(tmp_path) == []
    listed = tools.lumiere("queue", "list").stdout
    assert f"{number}  done" in listed and "out.mkv" in listed
    shown = tools.lumiere("queue", "show", number).stdout
    assert str(tmp_path / "out.mkv") in shown and "draft" in shown


def test_small_pictures_of_a_finished_job_show_its_result(
    enqueue: Callable[..., int], client: EngineClient, shot: Any
) -> None:
    number = enqueue()
    job = client.follow(number)
    assert job.thumbnails and set(job.thumbnails) <= set(range(10))
    frame = job.thumbnails[0]
    data = np.frombuffer(client.thumbnail(number, frame), np.uint8)
    small = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1] / 255
    assert small.shape == (135, 240, 3)
    truth = cv2.resize(shot.truth[frame], (240, 135), interpolation=cv2.INTER_AREA)
    assert np.abs(small - truth).mean() < 0.03


def test_jobs_are_moved_paused_duplicated_cancelled_and_retried(
    enqueue: Callable[..., int], say: Callable[..., Any], client: EngineClient, tmp_path: Path
) -> None:
    assert say("queue", "pause")["paused"] is True
    a, b = enqueue("a.mkv"), enqueue("b.mkv", "--priority", "-1")
    assert [job["position"] for job in say("queue", "list", "--state", "queued")["jobs"]] == [1, 2]
    assert say("queue", "move", b, "--before", a)["position"] == 1
    assert say("queue", "move", b, "--last")["position"] == 2
    assert say("queue", "move", b, "--priority", "7")["position"] == 1
    assert say("queue", "pause", a)["state"] == "paused"
    assert say("queue", "resume", a)["state"] == "queued"
    assert say("queue", "cancel", a)["state"] == "cancelled"
    new = say("queue", "retry", a)
    assert (new["retry_of"], new["state"]) == (a, "queued")
    copy = say("queue", "duplicate", b, "-o", tmp_path / "c.mkv")
    assert (copy["state"], copy["order"]["output"]) == ("draft", str(tmp_path / "c.mkv"))
    assert say("queue", "resume", copy["id"])["state"] == "queued"
    assert say("queue", "resume")["paused"] is False
    for number in (b, new["id"], copy["id"]):
        assert client.follow(number).state is JobState.DONE
    assert all((tmp_path / name).is_file() for name in ("a.mkv", "b.mkv", "c.mkv"))


def test_a_list_says_why_a_job_failed_and_not_where(
    enqueue: Callable[..., int], client: EngineClient, tools: Any, tmp_path: Path
) -> None:
    number = enqueue("out.mkv", "--save-network", tmp_path / "network.bin")
    assert client.follow(number).state is JobState.FAILED
    (line,) = [
        one for one in tools.lumiere("queue", "list").stdout.splitlines() if f"{number}  failed" in one
    ]
    assert "weights are kept" in line and str(tmp_path) not in line
    assert f"{tmp_path / 'network.bin'}: weights are kept" in tools.lumiere("queue", "show", number).stdout


def test_wrong_numbers_and_states_are_refused_in_one_line(
    enqueue: Callable[..., int], client: EngineClient, tools: Any
) -> None:
    done = enqueue()
    client.follow(done)
    for arguments, word in (
        (("show", "99999"), "no job 99999"),
        (("cancel", done), f"job {done} is done"),
        (("retry", done), "done"),
        (("move", done, "--last"), "done"),
    ):
        said = tools.lumiere("queue", *arguments)
        assert said.returncode == 1 and word in said.stderr and len(said.stderr.splitlines()) == 1
    for arguments in (("move", done), ("move", done, "--last", "--before", "1"), ("list", "--state", "sad")):
        assert tools.lumiere("queue", *arguments).returncode == 2


def test_yield_frees_the_device_and_resume_goes_on(
    enqueue: Callable[..., int],
    say: Callable[..., Any],
    client: EngineClient,
    rendered: Any,
    tools: Any,
    tmp_path: Path,
) -> None:
    number = enqueue()
    while (worker := tools.worker_of_engine()) is None:
        time.sleep(0.005)
    info = say("engine", "yield")
    assert info["paused"] and info["devices"][0]["worker_pid"] is None and not worker.is_running()
    assert client.job(number).state is JobState.QUEUED
    say("queue", "resume")
    assert client.follow(number).state is JobState.DONE
    assert tools.digest(tmp_path / "out.mkv") == tools.digest(rendered.output)


def test_a_job_survives_its_engine(
    enqueue: Callable[..., int], client: EngineClient, rendered: Any, tools: Any, tmp_path: Path
) -> None:
    number = enqueue()
    while not list((tmp_path / ".lumiere").glob("*/borrowed/*.npz")):
        time.sleep(0.005)
    worker = tools.worker_of_engine()
    os.kill(client.info().pid, signal.SIGKILL)
    worker.wait(5)
    assert client.follow(number).state is JobState.DONE  # whoever asks next starts it again
    assert client.job(number).attempt == 2
    assert tools.digest(tmp_path / "out.mkv") == tools.digest(rendered.output)
    assert tools.hidden_files(tmp_path) == []


def test_a_plan_tells_time_and_memory_before_anything_starts(
    shot: Any, say: Callable[..., Any], tools: Any, client: EngineClient, enqueue: Callable[..., int]
) -> None:
    client.pause_queue()
    number = enqueue()
    asked = ("queue", "plan", shot.plate, "--matte", shot.matte, "--quality", "draft", "--no-imagine")
    for estimate in (say(*asked), say("queue", "plan", number)):
        assert (estimate["frames"], estimate["width"], estimate["height"]) == (10, 128, 72)
        assert 0 < estimate["seconds_low"] <= estimate["seconds"] <= estimate["seconds_high"]
        assert 0 < estimate["memory_low_bytes"] <= estimate["memory_bytes"] <= estimate["memory_high_bytes"]
    assert "10 frames of 128x72" in tools.lumiere(*asked).stdout
    assert tools.lumiere("queue", "plan", shot.plate).returncode == 2
    missing = tools.lumiere("queue", "plan", shot.folder / "none.mov", "--matte", shot.matte)
    assert missing.returncode == 1 and "none.mov" in missing.stderr


def test_the_doctor_names_everything_and_what_to_do(say: Callable[..., Any], tools: Any) -> None:
    report = say("doctor")
    found = {finding["subject"]: finding for finding in report["findings"]}
    for subject in (
        "lumiere",
        "device",
        "memory",
        "disk",
        "codecs to write",
        "codecs to read",
        "Qt",
        "engine",
    ):
        assert found[subject]["found"]
    hosts = {host["title"] for host in manifest()["hosts"]}
    assert "hosts" in found or hosts & found.keys()  # which of them this machine has
    assert report["healthy"] and all(f["remedy"] for f in found.values() if f["state"] == "problem")
    text = tools.lumiere("doctor")
    assert text.returncode == 0 and "engine" in text.stdout


def test_the_engine_is_started_asked_and_stopped_by_command(
    tools: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, say: Callable[..., Any]
) -> None:
    monkeypatch.setenv("LUMIERE_HOME", str(tmp_path / "home"))
    said = tools.lumiere("engine", "status")
    assert said.returncode == 1 and "not running" in said.stdout + said.stderr
    pid = say("engine", "start")["pid"]
    assert say("engine", "start")["pid"] == say("engine", "status")["pid"] == pid
    assert str(tmp_path) in say("engine", "allow", tmp_path)["roots"]
    assert say("engine", "stop")["pid"] == pid
    assert tools.lumiere("engine", "stop").returncode == 1


@pytest.fixture
def edit(shot: Any, tmp_path: Path) -> Path:
    """A timeline with the shot in it."""

    def span(start: int, duration: int) -> Any:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(start, 24), otio.opentime.RationalTime(duration, 24)
        )

    (tmp_path / "plate.mkv").write_bytes(shot.plate.read_bytes())
    media = otio.schema.ExternalReference(target_url="plate.mkv", available_range=span(86400, 10))
    timeline = otio.schema.Timeline("edit")
    gap = otio.schema.Gap(source_range=span(0, 5))
    clip = otio.schema.Clip("sh010", media, span(86403, 4))
    timeline.tracks.append(otio.schema.Track("V1", [gap, clip], kind="Video"))
    otio.adapters.write_to_file(timeline, str(tmp_path / "edit.otio"))
    return tmp_path / "edit.otio"


def test_a_timeline_is_queued_and_written_when_its_clip_is_done(
    edit: Path, shot: Any, tools: Any, say: Callable[..., Any], client: EngineClient
) -> None:
    matte = ("--matte", shot.matte, "--matte-covers", "media", *tools.FAST)
    number = say("remove", edit, "--clip", "sh010", *matte, "--queue")["id"]
    job = client.follow(number)
    assert job.state is JobState.DONE, job.error
    written = edit.with_name("edit_removed.otio")
    assert job.outcome is not None and job.outcome["output"] == str(written)
    timeline = otio.adapters.read_from_file(str(written))
    assert [track.name for track in timeline.tracks] == ["V1", "Lumiere"]
    assert job.timeline is not None
    (result,) = client.results(job.timeline).results
    assert (result.job, result.state, result.frame_count) == (number, "done", 10)
    assert result.placement is not None
    assert (result.placement.clip, result.placement.record_start, result.placement.record_duration) == (
        "sh010",
        5,
        4,
    )
    assert result.placement.source_start == 3
    # what a crash makes it do again is done once
    before = written.read_bytes()
    row = client.job(number)
    params = {"timeline": str(edit), "clip": "sh010", "relink": [], "output": str(written)}
    finish("timeline", params, result_of(row), False)
    assert written.read_bytes() == before


def test_a_timeline_that_changed_meanwhile_keeps_the_clip_and_says_why(
    edit: Path, shot: Any, tools: Any, say: Callable[..., Any], client: EngineClient
) -> None:
    client.pause_queue()
    matte = ("--matte", shot.matte, "--matte-covers", "media", *tools.FAST)
    number = say("remove", edit, "--clip", "sh010", *matte, "--queue")["id"]
    original = edit.read_text()
    edit.write_text(original.replace("sh010", "sh011"))
    client.resume_queue()
    job = client.follow(number)
    assert job.state is JobState.FAILED and job.error is not None
    assert "sh010" in job.error["message"]
    clip = edit.parent / "edit_removed_media" / "sh010_removed.mov"
    made = clip.stat().st_mtime_ns
    edit.write_text(original)
    new = client.retry(number)
    assert client.follow(new.id).state is JobState.DONE  # and it is not rendered again
    assert clip.stat().st_mtime_ns == made
    assert edit.with_name("edit_removed.otio").is_file()
