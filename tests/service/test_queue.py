"""The queue in its database: order, states, keys, conflicts, pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lumiere_engine.protocol import Finish, JobState, Submit
from lumiere_engine.protocol.errors import (
    OutputError,
    OutputExistsError,
    SpecError,
    StateError,
    UnknownJobError,
)
from lumiere_engine.protocol.queue import Again
from lumiere_engine.service.engine import Engine

Submits = Callable[..., Submit]
RESULT = {
    **{"label": "JobResult.1", "output": "", "origin": None, "frame_count": 1, "start_frame": 0},
    **{"rate": "24/1", "fingerprint": "abc", "borrowed": 1.0, "imagined": 0.0, "seconds": {}, "notes": []},
    "recipe": {},
}


def queued(engine: Engine, submit: Submits, count: int, **more: object) -> list[int]:
    return [job.id for job in engine.submit(tuple(submit(**more) for _ in range(count)))]


def line(engine: Engine) -> list[int]:
    jobs = engine.queue.find([JobState.QUEUED]).jobs
    assert [job.position for job in jobs] == list(range(1, len(jobs) + 1))
    return [job.id for job in jobs]


def test_what_was_queued_is_found_as_it_was_asked_for(engine: Engine, submit: Submits) -> None:
    asked = submit(priority=3, title="my shot", finish=Finish("sidecar"))
    (job,) = engine.submit((asked,))
    assert (job.order, job.priority, job.title, job.state) == (asked.order, 3, "my shot", JobState.QUEUED)
    assert engine.queue.get(job.id) == job


def test_the_same_key_is_the_same_job(engine: Engine, submit: Submits) -> None:
    asked = submit()
    (first,) = engine.submit((asked,))
    (again,) = engine.submit((asked,))
    assert first.id == again.id and len(line(engine)) == 1
    other = replace(submit(), key=asked.key)
    with pytest.raises(SpecError, match="key"):
        engine.submit((other,))


def test_a_batch_is_queued_whole_or_not_at_all(engine: Engine, submit: Submits, media: Path) -> None:
    good = submit()
    (media / "taken.mkv").write_bytes(b"mine")
    for bad, error in (
        (submit("taken.mkv"), OutputExistsError),
        (submit(timeline=5), UnknownJobError),
        (submit(finish=Finish("dance")), SpecError),
        (replace(submit(), order=good.order), OutputError),
    ):
        with pytest.raises(error):
            engine.submit((good, bad))
    assert line(engine) == []


def test_the_higher_priority_goes_first_and_the_older_of_equals(engine: Engine, submit: Submits) -> None:
    low, high = queued(engine, submit, 2), queued(engine, submit, 2, priority=5)
    assert line(engine) == [*high, *low]
    engine.queue.prioritise(low[1], 6)
    assert line(engine) == [low[1], *high, low[0]]
    assert [engine.queue.claim("cpu")["id"] for _ in range(4)] == [low[1], *high, low[0]]  # type: ignore[index]
    assert engine.queue.claim("cpu") is None


def test_a_job_is_moved_before_another_or_to_the_end(engine: Engine, submit: Submits) -> None:
    a, b, c = queued(engine, submit, 3)
    (high,) = queued(engine, submit, 1, priority=9)
    assert engine.queue.move(c, a).position == 2
    assert line(engine) == [high, c, a, b]
    assert engine.queue.move(b, high).priority == 9
    assert line(engine) == [b, high, c, a]
    assert engine.queue.move(b, None).position == 4
    assert line(engine) == [high, c, a, b]
    (late,) = queued(engine, submit, 1)
    assert line(engine)[-1] == late
    with pytest.raises(SpecError):
        engine.queue.move(a, a)
    with pytest.raises(UnknownJobError):
        engine.queue.move(a, 99)
    engine.cancel(c)
    with pytest.raises(StateError, match="cancelled"):
        engine.queue.move(a, c)


def test_what_is_over_stays_as_it_is(engine: Engine, submit: Submits) -> None:
    (job,) = queued(engine, submit, 1)
    assert engine.cancel(job).state is JobState.CANCELLED
    for ask in (engine.hold, engine.release, lambda n: engine.queue.prioritise(n, 1)):
        with pytest.raises(StateError):
            ask(job)
    with pytest.raises(StateError):
        engine.queue.change(job, JobState.RUNNING)
    assert engine.cancel(job).state is JobState.CANCELLED  # once more is no error


def test_drafts_and_paused_jobs_do_not_run(engine: Engine, submit: Submits) -> None:
    (draft,), (paused,) = queued(engine, submit, 1, draft=True), queued(engine, submit, 1)
    engine.hold(paused)
    assert engine.queue.claim("cpu") is None
    assert engine.release(draft).state is engine.release(paused).state is JobState.QUEUED
    assert engine.queue.claim("cpu") is not None


def test_a_paused_queue_starts_nothing(engine: Engine, submit: Submits) -> None:
    queued(engine, submit, 1)
    assert engine.pause(True).paused and engine.queue.claim("cpu") is None
    assert not engine.pause(False).paused and engine.queue.claim("cpu") is not None


def test_two_unfinished_jobs_never_write_the_same_file(engine: Engine, submit: Submits, media: Path) -> None:
    first = submit("same.mkv", order={"origin": str(media / "o.mkv")})
    (job,) = engine.submit((first,))
    with pytest.raises(OutputError, match=f"job {job.id}"):
        engine.submit((submit("same.mkv"),))
    with pytest.raises(OutputError, match=f"job {job.id}"):
        engine.submit((submit("other.mkv", order={"origin": first.order.output}),))
    engine.cancel(job.id)
    engine.submit((submit("same.mkv"),))


def test_retry_makes_a_new_job_of_what_failed(engine: Engine, submit: Submits) -> None:
    (job,) = queued(engine, submit, 1, title="mine", priority=2)
    with pytest.raises(StateError, match="queued"):
        engine.retry(job, Again("k"))
    engine.cancel(job)
    new = engine.retry(job, Again("k"))
    assert (new.retry_of, new.title, new.priority, new.state) == (job, "mine", 2, JobState.QUEUED)
    assert new.order == engine.queue.get(job).order
    assert engine.retry(job, Again("k")).id == new.id
    assert engine.queue.get(job).state is JobState.CANCELLED


def test_a_duplicate_is_a_draft_with_other_files(engine: Engine, submit: Submits, media: Path) -> None:
    (job,) = engine.submit((submit("shot.mov", order={"origin": str(media / "shot.origin.mkv")}),))
    (media / "shot_2.mov").write_bytes(b"taken")
    copy = engine.duplicate(job.id, Again("k"))
    assert copy.state is JobState.DRAFT
    assert (copy.order.output, copy.order.origin) == (
        str(media / "shot_3.mov"),
        str(media / "shot_3.origin.mkv"),
    )
    named = engine.duplicate(job.id, Again("l", str(media / "else.mov")))
    assert named.order.origin == str(media / "else.origin.mkv")
    assert named.order.spec == job.order.spec


def test_a_duplicate_of_a_timelines_job_writes_another_timeline(
    engine: Engine, submit: Submits, media: Path
) -> None:
    (media / "edit_media").mkdir()
    asked = submit("edit_media/sh010.mov", order={"origin": str(media / "edit_media" / "sh010.origin.mkv")})
    recipe, written = f"{asked.order.output}.lumiere.json", str(media / "edit.otio")
    step = Finish("timeline", {"output": written, "clip": None, "relink": []}, (recipe, written))
    (job,) = engine.submit((replace(asked, finish=step),))
    copy = engine.duplicate(job.id, Again("k"))
    row = json.loads(engine.queue.row(copy.id)["finish"])
    other = str(media / "edit_2.otio")
    assert row["params"] == {"output": other, "clip": None, "relink": []}
    assert row["outputs"] == [str(media / "edit_media" / "sh010_2.mov.lumiere.json"), other]


def finish(engine: Engine, job: int, path: Path | None = None) -> None:
    engine.queue.change(job, JobState.RUNNING)
    files = [] if path is None else [path]
    told = [{"path": str(f), "size_bytes": f.stat().st_size, "mtime_ns": f.stat().st_mtime_ns} for f in files]
    engine.queue.change(job, JobState.DONE, files=json.dumps(told), result=json.dumps(RESULT))


def test_a_done_job_whose_file_is_gone_reads_as_lost(engine: Engine, submit: Submits, media: Path) -> None:
    lost, kept = queued(engine, submit, 2)
    paths = [media / "lost.mkv", media / "kept.mkv"]
    for job, path in zip((lost, kept), paths, strict=True):
        path.write_bytes(b"a clip")
        finish(engine, job, path)
    assert engine.queue.get(lost).state is JobState.DONE
    moved = paths[0].rename(media / "elsewhere.mkv")
    assert engine.queue.get(lost).state is JobState.LOST
    assert [job.id for job in engine.queue.find([JobState.LOST]).jobs] == [lost]
    assert [job.id for job in engine.queue.find([JobState.DONE]).jobs] == [kept]
    assert engine.retry(lost, Again("k")).state is JobState.QUEUED
    moved.rename(paths[0])
    assert engine.queue.get(lost).state is JobState.DONE
    paths[0].write_bytes(b"another clip")
    assert engine.queue.get(lost).state is JobState.LOST


def test_pages_have_every_job_once(engine: Engine, submit: Submits) -> None:
    over = queued(engine, submit, 7)
    for number in over[:4]:
        finish(engine, number)
    for number in over[4:]:
        engine.cancel(number)
    waiting = queued(engine, submit, 2)
    first = engine.queue.find([], limit=4)
    assert [job.id for job in first.jobs] == [*waiting, over[6], over[5]] and first.more
    second = engine.queue.find([], limit=4, before=over[5])
    assert [job.id for job in second.jobs] == [over[4], over[3], over[2], over[1]] and second.more
    third = engine.queue.find([], limit=4, before=over[1])
    assert [job.id for job in third.jobs] == [over[0]] and not third.more
    for limit in (0, 501):
        with pytest.raises(SpecError, match="limit"):
            engine.queue.find([], limit=limit)


def test_a_hundred_of_ten_thousand_finished_jobs_are_listed_in_50_ms(
    engine: Engine, submit: Submits, media: Path
) -> None:
    clip = media / "clip.mkv"
    clip.write_bytes(b"a clip")
    (job,) = queued(engine, submit, 1)
    finish(engine, job, clip)
    with engine.queue._database.change() as connection:
        connection.execute("UPDATE jobs SET idempotency_key = 'k0'")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
        copied = ", ".join(c for c in columns if c not in ("id", "idempotency_key"))
        connection.execute(
            f"""
            WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
            INSERT INTO jobs (idempotency_key, {copied}) SELECT 'k' || i, {copied} FROM n, jobs WHERE id = {job}
            """
        )
    assert engine.queue.counts() == {"done": 10_000}
    for states, before in (([], None), ([JobState.DONE], 5_000), ([JobState.FAILED, JobState.DONE], 300)):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            found = engine.queue.find(states, before=before, limit=100)
            took.append(time.perf_counter() - began)
            assert len(found.jobs) == 100
        assert min(took) < 0.05


@pytest.mark.parametrize("number", [0, -1, 7, 2**63, 10**30])
def test_an_unknown_number_is_refused(number: int, engine: Engine) -> None:
    with pytest.raises(UnknownJobError):
        engine.queue.get(number)
    with pytest.raises(UnknownJobError):
        engine.queue.wish(number, "cancel")
