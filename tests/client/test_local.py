"""Whatever a worker does, the client answers with a result or with one readable error, and leaves no process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from lumiere_engine.client import ask, local, work
from lumiere_engine.protocol import JobResult, JobSpec, Progress, WorkOrder
from lumiere_engine.protocol.errors import (
    Cancelled,
    LumiereError,
    MissingMediaError,
    SpecError,
    UnreadableMediaError,
    WorkerError,
)

PYTHON = sys.executable
RESULT = JobResult("o.mkv", None, 2, 0, "24/1", "abc", 1.0, 0.0)
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def order(tmp_path: Path) -> WorkOrder:
    return WorkOrder(JobSpec("remove", str(tmp_path / "a.mov"), ("m.mkv",)), str(tmp_path / "o.mkv"))


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets a few lines of Python stand in for the worker; `say` answers, `request` is what was asked."""

    def _worker(lines: str) -> None:
        script = tmp_path / "worker"
        head = f"""\
            #!{PYTHON}
            import json, os, signal, sys, time
            request = json.load(sys.stdin)
            say = lambda message: print(json.dumps(message), flush=True)
            """
        script.write_text(textwrap.dedent(head) + textwrap.dedent(lines))
        script.chmod(0o755)
        monkeypatch.setattr(local.sys, "executable", str(script))

    return _worker


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> object:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    assert not left


def test_progress_and_result_arrive_in_order(worker: Callable[[str], None], order: WorkOrder) -> None:
    steps = [Progress("read", 1, 2), Progress("read", 2, 2), Progress("note", 0, 0, "by the way")]
    wires = [step.to_wire() for step in steps] + [RESULT.to_wire()]
    worker(f"for wire in json.loads({json.dumps(json.dumps(wires))}): say(wire)")
    heard: list[Progress] = []
    assert work(order, heard.append) == RESULT
    assert heard == steps


def test_the_worker_gets_the_order_as_it_was_given(worker: Callable[[str], None], order: WorkOrder) -> None:
    worker("say({'label': 'Answer.1', 'answer': request})")
    assert WorkOrder.from_wire(ask("work", order=order.to_wire())["order"]) == order


def test_a_failure_of_the_worker_is_raised_as_what_it_is(
    worker: Callable[[str], None], order: WorkOrder
) -> None:
    failure = UnreadableMediaError("it ends early", clip="a.mov", frame=7)
    worker(f"say(json.loads({json.dumps(json.dumps(failure.to_wire()))}))")
    with pytest.raises(UnreadableMediaError, match=r"a.mov, frame 7: it ends early"):
        work(order)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_a_killed_worker_is_an_error_that_names_the_signal(
    name: str, worker: Callable[[str], None], order: WorkOrder
) -> None:
    worker(f"say({Progress('read', 1, 9).to_wire()}); os.kill(os.getpid(), signal.{name})")
    with pytest.raises(WorkerError, match=f"{name}.*run it again"):
        work(order)


def test_a_signal_without_a_name_is_an_error_too(worker: Callable[[str], None], order: WorkOrder) -> None:
    worker("os.kill(os.getpid(), signal.SIGRTMIN + 5)")
    with pytest.raises(WorkerError, match="signal"):
        work(order)


def test_the_last_words_of_a_worker_that_died_are_told(
    worker: Callable[[str], None], order: WorkOrder
) -> None:
    worker("print('first'); raise RuntimeError('no such device')")
    with pytest.raises(WorkerError, match="RuntimeError: no such device"):
        work(order)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "sys.exit(3)",
        "print('hello')",
        "print('{'); print('[1, 2]'); print('17'); print('null'); print('{}')",
        "sys.stdout.buffer.write(bytes(range(256)) * 4)",
        "say({'label': 'Answer.1', 'answer': {}})",
        "say({'label': 'JobResult.1'})",
        "say({'label': 'JobResult.2', 'output': 'o.mkv'})",
        "say({'label': 'Progress.1', 'mood': 'good'})",
        "say({'label': 'Failure.1'})",
        f"say({RESULT.to_wire()!r}); sys.exit(1)",
    ],
)
def test_a_worker_that_talks_nonsense_is_an_error(
    lines: str, worker: Callable[[str], None], order: WorkOrder
) -> None:
    worker(lines)
    with pytest.raises(LumiereError):
        work(order)
    with pytest.raises(LumiereError):
        worker(lines.replace("Answer.1", "Answer.2"))
        ask("probe", path="a.mov")


def test_what_libraries_print_is_no_answer(worker: Callable[[str], None], order: WorkOrder) -> None:
    worker(f"print('loading'); print(17); print('[]'); say({RESULT.to_wire()!r}); print('bye'); print(0)")
    assert work(order) == RESULT


def test_a_worker_that_floods_its_log_does_not_block(worker: Callable[[str], None], order: WorkOrder) -> None:
    worker(f"sys.stderr.write('warning\\n' * 200_000); say({RESULT.to_wire()!r})")
    assert work(order) == RESULT


def test_whoever_listens_can_stop_the_worker(worker: Callable[[str], None], order: WorkOrder) -> None:
    worker(f"say({Progress('read', 1, 9).to_wire()}); time.sleep(60)")

    def enough(_: Progress) -> None:
        raise Cancelled("cancelled")

    began = time.monotonic()
    with pytest.raises(Cancelled):
        work(order, enough)
    assert time.monotonic() - began < 15


def test_a_worker_that_does_not_listen_is_killed(
    worker: Callable[[str], None], order: WorkOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_GRACE_S", 0.5)
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    worker(f"{deaf}; say({Progress('read', 1, 9).to_wire()}); time.sleep(60)")

    def enough(_: Progress) -> None:
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        work(order, enough)


def test_ctrl_c_is_heard_while_the_worker_says_nothing(
    worker: Callable[[str], None], order: WorkOrder
) -> None:
    worker(
        f"say({Progress('read', 1, 9).to_wire()}); time.sleep(0.5); os.kill(os.getppid(), 2); time.sleep(60)"
    )
    with pytest.raises(Cancelled, match="goes on from where it stopped"):
        work(order)


def test_a_missing_medium_is_reported_by_the_real_worker(tmp_path: Path, order: WorkOrder) -> None:
    with pytest.raises(MissingMediaError, match=r"a.mov"):
        work(order)
    with pytest.raises(MissingMediaError, match=r"b.mov"):
        ask("probe", path=str(tmp_path / "b.mov"))


def test_an_unknown_task_is_refused_by_the_real_worker() -> None:
    with pytest.raises(SpecError, match="'dance' is no task"):
        ask("dance")


def test_the_worker_ends_when_whoever_asked_was_killed() -> None:
    """SIGKILL leaves the client no time to say goodbye: the worker must notice by itself."""
    lines = "from lumiere_engine.client import local; local.ask('probe', path='/dev/stdin')"
    client = subprocess.Popen([sys.executable, "-c", lines], stdin=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 20
    children: list[psutil.Process] = []
    while not children and time.monotonic() < deadline and client.poll() is None:
        children = psutil.Process(client.pid).children()
        time.sleep(0.01)
    assert children
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    assert psutil.wait_procs(children, timeout=30)[1] == []


def test_client_and_protocol_need_the_standard_library_alone() -> None:
    lines = (
        "import sys; before = set(sys.modules); import lumiere_engine.client, lumiere_engine.protocol;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names) - {'lumiere_engine'}))"
    )
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
