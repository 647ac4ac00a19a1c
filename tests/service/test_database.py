"""The file of the queue: whatever happens to it, nothing that was queued is lost, and one line says what is wrong."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from lumiere_engine.protocol.errors import StoreError
from lumiere_engine.service.database import BACKUP, FILE, Database


def note(database: Database, name: str, *, durable: bool = True) -> None:
    with database.change(durable=durable) as connection:
        connection.execute("INSERT INTO settings (name, value) VALUES (?, '')", (name,))


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.read("SELECT name FROM settings ORDER BY name")]


def test_a_new_file_gets_all_migrations_and_an_old_one_only_those_it_lacks(tmp_path: Path) -> None:
    first = Database(tmp_path)
    note(first, "a")
    first.close()
    with sqlite3.connect(tmp_path / FILE) as connection:  # as version 1 left it
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.executescript(
            "DROP TABLE history; ALTER TABLE jobs DROP COLUMN device; PRAGMA user_version = 1"
        )
    assert version >= 2
    again = Database(tmp_path)
    assert names(again) == ["a"]
    assert again.read("SELECT COUNT(*) FROM history")[0][0] == 0
    assert again.read("PRAGMA journal_mode")[0][0] == "wal"


def test_a_file_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer Lumiere"):
        Database(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_change_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with pytest.raises(RuntimeError), database.change() as connection:
        connection.execute("INSERT INTO settings (name, value) VALUES ('half', '')")
        raise RuntimeError
    note(database, "whole")
    assert names(database) == ["whole"]


def test_a_change_of_state_waits_for_the_disk_and_progress_does_not(tmp_path: Path) -> None:
    database = Database(tmp_path)
    for durable, level in ((True, 2), (False, 1)):
        with database.change(durable=durable) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == level


@pytest.mark.parametrize("harm", ["garbage", "cut", "page"])
def test_a_damaged_file_is_told_and_kept(harm: str, tmp_path: Path) -> None:
    database = Database(tmp_path)
    for number in range(300):
        note(database, f"setting {number:04d} {'x' * 200}", durable=False)
    database.backup()
    database.close()
    path = tmp_path / FILE
    content = path.read_bytes()
    harmed = {
        "garbage": b"this was a database once" * 100,
        "cut": content[: len(content) // 2],
        "page": content[:4096] + bytes(4096 * 3) + content[4096 * 4 :],
    }[harm]
    path.write_bytes(harmed)
    with pytest.raises(StoreError, match=f"{FILE}.*{BACKUP}") as told:
        Database(tmp_path)
    assert len(str(told.value).splitlines()) == 1
    assert path.read_bytes() == harmed
    shutil.copyfile(tmp_path / BACKUP, path)  # what the line says helps
    assert len(names(Database(tmp_path))) == 300


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    """A file that may not grow stands in for the disk."""
    lines = f"""
import resource, signal
from pathlib import Path
from lumiere_engine.protocol.errors import StoreError
from lumiere_engine.service.database import Database
database = Database(Path({str(tmp_path)!r}))
def note(name):
    with database.change() as connection:
        connection.execute("INSERT INTO settings (name, value) VALUES (?, '')", (name,))
note("before")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
kept = 0
try:
    for number in range(10_000):
        note(f"{{number}} " + "x" * 10_000)
        kept += 1
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
note("after")
print(kept, len(database.read("SELECT name FROM settings")))
"""
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stderr
    told, counts = said.stdout.splitlines()
    assert "cannot be written" in told and "free some space" in told
    kept, found = map(int, counts.split())
    assert kept > 0 and found == kept + 2
