"""Many jobs, and many sudden deaths of worker and engine: `make soak`, or `python bench/soak.py --jobs 8 --kills 6`.

Small clips are queued in mixed order while SIGKILLs fall at random moments. In the end every job must be done, once;
no entry of a workspace's shelf may have been written twice; the database must be whole; and all results must have the
bytes of a run that nobody disturbed. Prints one JSON object; exits with 1 if anything of that does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from lumiere_engine.client import EngineClient, work
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol import Finish, JobSpec, JobState, LumiereError, RemoveParams, Submit, WorkOrder

WIDTH, HEIGHT, FRAMES, CLIPS = 96, 64, 8, 4
_PAUSE_S = (0.05, 2.5)
_PATIENCE_S = 60.0  # for one job, on a busy machine


@dataclass
class Watch:
    """What is seen from outside while it runs: events, and the workers' journals."""

    home: Path
    kept: Path
    done: Counter[int] = field(default_factory=Counter)
    ids: list[int] = field(default_factory=list)
    stopped: bool = False

    def events(self, client: EngineClient) -> None:
        """Count how often each job became done."""
        while not self.stopped:
            with contextlib.suppress(LumiereError):
                for event in client.events(self.ids[-1] if self.ids else None):
                    if event.kind != "snapshot":
                        self.ids.append(event.id)
                    if event.kind == "job" and event.data["state"] == "done":
                        self.done[event.job or 0] += 1
                    if self.stopped:
                        return

    def journals(self) -> None:
        """Keep a second name of each journal, which outlives the first."""
        while not self.stopped:
            for journal in self.home.glob("jobs/*/journal"):
                with contextlib.suppress(OSError):
                    os.link(journal, self.kept / journal.parent.name)
            time.sleep(0.01)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--devices", help="of the engine, such as cpu,cpu for two workers")
    parser.add_argument("--folder", type=Path, help="where everything goes, and stays")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        chance = random.Random(options.seed)
        report = soak(folder.absolute(), options.jobs, options.kills, chance, options.devices)
    print(json.dumps(report, indent=2))
    return 0 if report["held"] else 1


def soak(
    folder: Path, jobs: int, kills: int, chance: random.Random, devices: str | None = None
) -> dict[str, Any]:
    """Queue, kill, wait, compare."""
    home, outputs, journals = folder / "home", folder / "out", folder / "journals"
    for path in (outputs, journals, folder / "calm"):
        path.mkdir(parents=True, exist_ok=True)
    clips = [make_clip(folder / f"clip{k}", k) for k in range(CLIPS)]
    calm = {(clip, seed): calm_run(folder, clips[clip], seed) for clip in range(CLIPS) for seed in (0, 1)}
    os.environ["LUMIERE_HOME"] = str(home)
    client, watch = EngineClient(home, devices=devices), Watch(home, journals)
    client.allow(folder)
    threads = [threading.Thread(target=watch.events, args=(EngineClient(home),), daemon=True)]
    threads.append(threading.Thread(target=watch.journals, daemon=True))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    kinds = queue_all(client, clips, outputs, jobs, chance)
    killed = disturb(client, kills, chance)
    states = wait(client, jobs)
    seconds = time.monotonic() - began
    time.sleep(0.5)
    watch.stopped = True
    info = client.info()
    client.stop()
    twice = {job: n for job, n in watch.done.items() if n != 1}
    redone = sum(entries_twice(path) for path in journals.iterdir())
    different = [job for job, kind in kinds.items() if digests(outputs / f"{job:04d}.mkv") != calm[kind]]
    left = [str(path) for path in outputs.iterdir() if path.name.startswith(".")]
    whole = integrity(home)
    held = (
        states == {"done": jobs}
        and not twice
        and len(watch.done) == jobs
        and not redone
        and whole == "ok"
        and not different
        and not left
        and killed["worker"] + killed["engine"] == kills
        and watch.ids == sorted(set(watch.ids))
    )
    return {
        "held": held,
        "jobs": jobs,
        "workers": len(info.devices),
        "states": states,
        "kills": killed,
        "done_other_than_once": twice,
        "heard_done": len(watch.done),
        "entries": sum(len(path.read_text().splitlines()) for path in journals.iterdir()),
        "entries_written_twice": redone,
        "results_that_differ": different,
        "left_behind": left,
        "integrity_check": whole,
        "engine_memory_mb": round(info.memory_bytes / 1e6, 1),
        "seconds": round(seconds, 1),
    }


def make_clip(folder: Path, number: int) -> tuple[Path, Path]:
    """A panning texture with a box on it, and the box's matte."""
    rng = np.random.default_rng(number)
    plane = np.kron(rng.random((HEIGHT // 4, WIDTH // 2, 3)), np.ones((4, 4, 1))).astype(np.float32)
    box = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    box[20:44, 36:60] = 1
    plates = [np.where(box > 0, np.float32(0.9), plane[:, 5 * k : 5 * k + WIDTH]) for k in range(FRAMES)]
    return (
        write(folder / "plate.mkv", plates),
        write(folder / "matte.mkv", [np.repeat(box, 3, -1) for _ in plates]),
    )


def write(path: Path, frames: list[np.ndarray]) -> Path:
    """Lossless RGB."""
    fmt = FrameFormat(WIDTH, HEIGHT, Fraction(24), PixelLayout("rgb", 8), ColorTags(1, 13, 0, 2))
    with open_writer(path, fmt, overwrite=True) as writer:
        for rgb in frames:
            writer.write(picture_from_rgb(np.ascontiguousarray(rgb, np.float32), fmt))
        writer.finish()
    return path


def order_of(clip: tuple[Path, Path], seed: int, output: Path) -> WorkOrder:
    """A quick removal."""
    spec = JobSpec(
        "remove", str(clip[0]), (str(clip[1]),), params=RemoveParams("draft", imagine=False), seed=seed
    )
    return WorkOrder(spec, str(output), str(output.with_suffix(".origin.mkv")))


def calm_run(folder: Path, clip: tuple[Path, Path], seed: int) -> tuple[str, str]:
    """The same job without an engine, undisturbed; the digests of its files."""
    output = folder / "calm" / f"{clip[0].parent.name}-{seed}.mkv"
    work(order_of(clip, seed, output))
    return digests(output)


def digests(output: Path) -> tuple[str, str]:
    """Of a clip and of its origin matte; empty where a file is missing."""
    files = (output, output.with_suffix(".origin.mkv"))
    return tuple(hashlib.sha256(f.read_bytes()).hexdigest() if f.exists() else "" for f in files)  # type: ignore[return-value]


def queue_all(
    client: EngineClient, clips: list[tuple[Path, Path]], outputs: Path, jobs: int, chance: random.Random
) -> dict[int, tuple[int, int]]:
    """Queue everything, in mixed order and with mixed priorities; job's name → which clip and seed."""
    kinds = {name: (chance.randrange(CLIPS), chance.randrange(2)) for name in range(jobs)}
    names = list(kinds)
    chance.shuffle(names)
    submits = []
    for name in names:
        clip, seed = kinds[name]
        output = outputs / f"{name:04d}.mkv"
        finish = Finish("sidecar", {}, (f"{output}.lumiere.json",))
        order = order_of(clips[clip], seed, output)
        submits.append(Submit(order, key=f"soak-{name}", priority=chance.randrange(-2, 3), finish=finish))
    half = len(submits) // 2
    client.submit_all(submits[:half])
    client.submit_all(submits[:half] + submits[half:])  # keys that are known are not queued again
    return kinds


def disturb(client: EngineClient, kills: int, chance: random.Random) -> dict[str, int]:
    """Kill worker and engine at random moments; a killed engine is started again."""
    killed = {"worker": 0, "engine": 0}
    while sum(killed.values()) < kills:
        time.sleep(chance.uniform(*_PAUSE_S))
        info = client.info()
        if not info.running and not info.counts.get("queued") and not info.counts.get("running"):
            break
        victim = "worker" if info.workers and chance.random() < 0.5 else "engine"
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(info.workers) if victim == "worker" else info.pid, signal.SIGKILL)
            killed[victim] += 1
    return killed


def wait(client: EngineClient, jobs: int) -> dict[str, int]:
    """Until nothing waits or runs; state → how many."""
    deadline = time.monotonic() + _PATIENCE_S * jobs
    while time.monotonic() < deadline:
        counts = client.info().counts
        if not counts.get("queued") and not counts.get("running"):
            break
        time.sleep(0.2)
    found: Counter[str] = Counter()
    before = None
    while True:  # as they read, so that lost ones show
        page = client.jobs([state for state in JobState], before=before, limit=500)
        found.update(job.state.value for job in page.jobs)
        if not page.more:
            return dict(found)
        before = page.jobs[-1].id


def entries_twice(journal: Path) -> int:
    """How many entries of shelves were written more than once."""
    lines = journal.read_text().splitlines()
    return len(lines) - len(set(lines))


def integrity(home: Path) -> str:
    """What SQLite finds wrong with the queue: "ok" if nothing."""
    with contextlib.closing(sqlite3.connect(home / "queue.sqlite3")) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
