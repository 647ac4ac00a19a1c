"""Whatever a worker does, its job ends as it should; the worker is a stand-in, everything else is real."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from lumiere_engine.protocol import Finish, Job, JobState, Submit
from lumiere_engine.protocol.errors import UnreadableMediaError
from lumiere_engine.protocol.queue import Again
from lumiere_engine.service import attempt, supervisor
from lumiere_engine.service.engine import Engine

Worker = Callable[[str], None]
Submits = Callable[..., Submit]
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def seen_through(engine: Engine, submit: Submits, tools: Any) -> Callable[..., Job]:
    """Submits a job and waits until it is over."""

    def _seen_through(**more: Any) -> Job:
        engine.start()
        (job,) = engine.submit((submit(**more),))
        tools.wait_for(lambda: engine.queue.get(job.id).state.terminal)
        return engine.queue.get(job.id)

    return _seen_through


def orders(engine: Engine, job: int, tools: Any) -> list[Any]:
    """What each attempt's worker was asked."""
    return tools.rows(engine.folder / "jobs" / str(job) / "orders")  # type: ignore[no-any-return]


def test_a_job_runs_and_is_done(worker: Worker, seen_through: Callable[..., Job], engine: Engine) -> None:
    worker("progress(4); say({'label': 'JobMedia.1', 'width': 8, 'height': 8, 'frames': 4}); result()")
    job = seen_through()
    assert (job.state, job.attempt, job.error) == (JobState.DONE, 1, None)
    assert job.result is not None and job.result["output"] == job.order.output
    assert job.progress is not None and (job.progress.stage, job.progress.done) == ("borrow", 4)
    assert job.created_s <= (job.started_s or 0) <= (job.finished_s or 0) <= time.time()


def test_a_failure_is_told_as_it_is_and_not_tried_again(
    worker: Worker, seen_through: Callable[..., Job]
) -> None:
    failure = UnreadableMediaError("it ends early", clip="a.mov", frame=7).to_wire()
    worker(f"say(json.loads({json.dumps(json.dumps(failure))}))")
    job = seen_through()
    assert (job.state, job.attempt, job.error) == (JobState.FAILED, 1, failure)


@pytest.mark.parametrize(
    ("death", "word"),
    [
        ("die()", "SIGKILL"),
        ("die('SIGSEGV')", "SIGSEGV"),
        ("die('SIGTERM')", "SIGTERM"),
        ("raise RuntimeError('no such device')", "no such device"),
        ("say({'label': 'Failure.1', 'kind': 'OutOfMemory', 'message': 'out of memory'})", "out of memory"),
        ("say({'label': 'Answer.1', 'answer': {}})", "in the middle"),
        ("", "code 0"),
    ],
)
def test_a_worker_that_keeps_dying_gets_smaller_chunks_and_then_fails_with_the_reason(
    death: str, word: str, worker: Worker, seen_through: Callable[..., Job], engine: Engine, tools: Any
) -> None:
    worker(death)
    job = seen_through()
    assert job.state is JobState.FAILED and job.error is not None
    assert word in job.error["message"] and "did not get any further" in job.error["message"]
    assert [order["chunk_frames"] for order in orders(engine, job.id, tools)] == [16, 8, 4, 2, 1]


def test_memory_that_runs_out_costs_a_chunk_and_not_the_job(
    worker: Worker, seen_through: Callable[..., Job], engine: Engine, tools: Any
) -> None:
    worker("result() if chunk <= 4 else die()")
    job = seen_through()
    assert (job.state, job.attempt, job.chunk_frames, job.order.chunk_frames) == (JobState.DONE, 3, 4, 16)


def test_as_long_as_it_gets_further_it_is_tried_again(
    worker: Worker, seen_through: Callable[..., Job], engine: Engine, tools: Any
) -> None:
    worker("keep(f'a/b/{attempt}')\nresult() if attempt == 12 else die()")
    job = seen_through()
    assert (job.state, job.attempt) == (JobState.DONE, 12)


def test_only_the_first_attempt_minds_names_that_are_taken(
    worker: Worker, seen_through: Callable[..., Job], engine: Engine, tools: Any
) -> None:
    worker("if attempt == 1:\n    pathlib.Path(order['output']).write_bytes(b'x')\n    die()\nresult()")
    job = seen_through()
    assert job.state is JobState.DONE
    assert [order["overwrite"] for order in orders(engine, job.id, tools)] == [False, True]


def test_a_result_that_could_not_be_told_any_more_is_not_made_again(
    worker: Worker, seen_through: Callable[..., Job], engine: Engine, tools: Any
) -> None:
    worker(
        """
        sys.stdout = (folder / "result.json").open("w")
        result()
        sys.stdout.close()
        die()
        """
    )
    job = seen_through()
    assert (job.state, job.attempt) == (JobState.DONE, 2)
    assert len(orders(engine, job.id, tools)) == 1


def test_done_is_believed_only_if_the_files_are_there(
    worker: Worker, seen_through: Callable[..., Job]
) -> None:
    worker("result(); os.unlink(order['output'])")
    job = seen_through()
    assert job.state is JobState.FAILED and "there are 0 files" in (job.error or {})["message"]


@pytest.fixture
def running(engine: Engine, submit: Submits, worker: Worker, tools: Any) -> Callable[[str], int]:
    """A job whose worker has begun, and goes on as these lines say."""

    def _running(lines: str) -> int:
        worker(lines)
        engine.start()
        (job,) = engine.submit((submit(),))
        tools.wait_for(lambda: engine.queue.get(job.id).progress)
        return job.id

    return _running


def test_cancel_stops_a_running_job(running: Callable[[str], int], engine: Engine, tools: Any) -> None:
    job = running("time.sleep(60)")
    assert engine.cancel(job).wish == "cancel"
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.CANCELLED)
    assert not engine.info().running and engine.queue.get(job).wish is None


def test_a_worker_that_does_not_listen_is_killed(
    running: Callable[[str], int], engine: Engine, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "GRACE_S", 0.3)
    job = running("signal.signal(signal.SIGTERM, signal.SIG_IGN); progress(1, 'refine'); time.sleep(60)")
    tools.wait_for(lambda: engine.queue.get(job).progress.stage == "refine")
    engine.cancel(job)
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.CANCELLED)


def test_pause_keeps_a_running_job_and_resume_goes_on(
    running: Callable[[str], int], engine: Engine, tools: Any
) -> None:
    job = running("time.sleep(60) if attempt == 1 else result()")
    engine.hold(job)
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.PAUSED)
    engine.release(job)
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.DONE)
    assert engine.queue.get(job).chunk_frames == 16


def test_yield_frees_the_device_at_once_and_loses_nothing(
    running: Callable[[str], int], engine: Engine, tools: Any
) -> None:
    job = running(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60) if attempt == 1 else result()"
    )
    began = time.monotonic()
    info = engine.give_back()
    assert time.monotonic() - began < 2
    assert info.paused and not info.workers
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.QUEUED)
    engine.pause(False)
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.DONE)
    assert engine.queue.get(job).chunk_frames == 16


def test_a_silent_worker_is_given_up(
    running: Callable[[str], int], engine: Engine, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LEASE_S", 0.5)
    job = running("time.sleep(60) if attempt == 1 else result()")
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.DONE)


def test_small_pictures_are_known_as_they_come(
    running: Callable[[str], int], engine: Engine, tools: Any
) -> None:
    job = running(
        """
        (folder / "thumbnails").mkdir()
        (folder / "thumbnails" / "3.jpg").write_bytes(b"a picture")
        say({"label": "Thumbnail.1", "frame": 3})
        result()
        """
    )
    tools.wait_for(lambda: engine.queue.get(job).state is JobState.DONE)
    assert engine.queue.get(job).thumbnails == (3,)
    assert engine.thumbnail(job, 3) == b"a picture"


def test_a_retry_after_the_clip_was_rendered_only_finishes(
    worker: Worker, seen_through: Callable[..., Job], engine: Engine, tools: Any
) -> None:
    worker("result()")  # the same lines stand in for the finishing step, and do not answer as one
    job = seen_through(finish=Finish("sidecar"))
    assert job.state is JobState.FAILED and job.result is not None
    made = engine.queue.get(job.id).result
    new = engine.retry(job.id, Again("k"))
    assert new.result == made


def test_a_stumble_of_the_engine_itself_fails_the_job_and_not_the_queue(
    worker: Worker,
    seen_through: Callable[..., Job],
    engine: Engine,
    tools: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker("result()")
    monkeypatch.setattr(supervisor, "fingerprints", lambda *_: 1 / 0)
    job = seen_through()
    assert job.state is JobState.FAILED and "ZeroDivisionError" in (job.error or {})["message"]
    monkeypatch.undo()


def test_a_worker_that_fails_while_it_is_being_cancelled_is_cancelled(
    running: Callable[[str], int], engine: Engine, tools: Any
) -> None:
    job = running(
        """
        def fail(*_):
            say({"label": "Failure.1", "kind": "OutputError", "message": "half a file"})
            sys.exit(0)
        signal.signal(signal.SIGTERM, fail)
        progress(1, "refine")
        time.sleep(60)
        """
    )
    tools.wait_for(lambda: engine.queue.get(job).progress.stage == "refine")
    engine.cancel(job)
    tools.wait_for(lambda: engine.queue.get(job).state.terminal)
    assert engine.queue.get(job).state is JobState.CANCELLED
