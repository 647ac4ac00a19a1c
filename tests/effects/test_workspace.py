"""What a job keeps on the way: whole or not at all, one process at a time, gone in the end."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from lumiere_engine.effects.workspace import FOLDER, Workspace
from lumiere_engine.protocol.errors import BusyError, LumiereError, OutputError


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "results" / "out.mkv"


def test_what_was_kept_is_found_by_the_next_run(output: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    with pytest.raises(KeyboardInterrupt), Workspace(output, "a" * 64) as workspace:
        workspace.shelf("pictures").put(7, values=values, more=np.ones(2))
        raise KeyboardInterrupt
    with Workspace(output, "a" * 64) as workspace:
        shelf = workspace.shelf("pictures")
        assert shelf.has(7) and not shelf.has(6)
        assert np.array_equal(shelf.get(7)["values"], values)
        assert set(shelf.get(7, "more")) == {"more"}


def test_another_job_does_not_find_it(output: Path) -> None:
    with Workspace(output, "a" * 64) as one, Workspace(output, "b" * 64) as other:
        one.shelf("pictures").put(0, values=np.ones(1))
        assert not other.shelf("pictures").has(0)


def test_a_finished_job_leaves_nothing(output: Path) -> None:
    with Workspace(output, "a" * 64) as workspace:
        workspace.shelf("pictures").put(0, values=np.ones(1))
    assert list(output.parent.iterdir()) == []


def test_a_finished_job_leaves_the_others_alone(output: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Workspace(output, "b" * 64) as other:
        other.shelf("pictures").put(0, values=np.ones(1))
        raise KeyboardInterrupt
    with Workspace(output, "a" * 64):
        pass
    assert [path.name for path in (output.parent / FOLDER).iterdir()] == ["b" * 24]


def test_a_job_runs_once_at_a_time(output: Path) -> None:
    with Workspace(output, "a" * 64) as first:
        first.shelf("pictures").put(0, values=np.ones(1))
        with pytest.raises(LumiereError, match="already running"), Workspace(output, "a" * 64):
            pass
        assert first.shelf("pictures").has(0)


@pytest.mark.parametrize("damage", ["empty", "cut", "junk", "other"])
def test_a_damaged_entry_is_an_error_that_says_where(damage: str, output: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Workspace(output, "a" * 64) as workspace:
        shelf = workspace.shelf("pictures")
        shelf.put(0, values=np.ones(1000))
        (path,) = (workspace.folder / "pictures").iterdir()
        whole = path.read_bytes()
        left = {"empty": b"", "cut": whole[: len(whole) // 2], "junk": b"junk" * 99, "other": whole}[damage]
        path.write_bytes(left)
        with pytest.raises(LumiereError, match=r"damaged.*delete that folder") as caught:
            shelf.get(0, *(["missing"] if damage == "other" else []))
        assert caught.value.clip == str(path)
        raise KeyboardInterrupt


@contextmanager
def no_file_larger_than(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


def test_a_full_disk_leaves_no_half_entry(output: Path) -> None:
    with Workspace(output, "a" * 64) as workspace:
        shelf = workspace.shelf("pictures")
        with no_file_larger_than(4096), pytest.raises(OutputError, match="free some space"):
            shelf.put(0, values=np.ones(10_000))
        assert not shelf.has(0)
        assert list((workspace.folder / "pictures").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with (
        pytest.raises(OutputError, match="choose another output folder"),
        Workspace(tmp_path / "o.mkv", "a" * 64),
    ):
        pass


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError), Workspace(tmp_path / "file" / "o.mkv", "a" * 64):
        pass


def test_what_jobs_share_stays_until_the_last_of_them_is_done(output: Path) -> None:
    def one(fingerprint: str, done: bool) -> None:
        with (
            Workspace(output, f"borrow{'c' * 64}", user=fingerprint) as shared,
            Workspace(output, fingerprint),
        ):
            shared.shelf("borrowed").put(int(done), values=np.ones(1))
            if not done:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one("a" * 64, done=False)
    one("b" * 64, done=True)
    with Workspace(output, f"borrow{'c' * 64}", keep=True) as shared:
        assert shared.shelf("borrowed").has(0) and shared.shelf("borrowed").has(1)
    one("a" * 64, done=True)
    assert list(output.parent.iterdir()) == []


def test_who_comes_while_a_job_clears_away_gets_a_folder_of_its_own(output: Path) -> None:
    """Many short jobs at once in one place: folders and their lock vanish under each other's hands."""
    from threading import Thread

    failures: list[BaseException] = []

    def often(fingerprint: str) -> None:
        try:
            done = 0
            while done < 60:
                try:
                    with Workspace(output, fingerprint) as workspace:
                        workspace.shelf("pictures").put(0, values=np.ones(1))
                        assert workspace.shelf("pictures").has(0)
                        done += 1
                except BusyError:
                    continue
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=often, args=(name * 64,)) for name in "aab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures and list(output.parent.iterdir()) == []
