"""What the engine costs: `python bench/engine.py`, a minute or two on an idle machine.

Prints Markdown tables: start to ready, submit to running, memory when idle, the list of a hundred of 10,000 jobs; and
what a job takes through the engine against the same job and its recipe without one, in alternating runs. Beside the
clock stands the processor's time of all processes that are concerned (client, engine, worker, finishing step), which
tells the same on a busy machine.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from lumiere_engine.client import EngineClient, new_key, result_of, work
from lumiere_engine.protocol import Finish, FrameRange, JobSpec, JobState, RemoveParams, Submit, WorkOrder
from lumiere_engine.protocol.recipe import write_sidecar

FILM = Path(__file__).parent.parent / "assets" / "demo"
MANY, LISTINGS = 10_000, 10


@dataclass(frozen=True)
class Took:
    """What a job took.

    Attributes:
        clock_s: from the first to the last.
        busy_s: of the processor, all processes together.
        engine_s: of these, the engine's own.
        wait_s: until it ran.
    """

    clock_s: float
    busy_s: float
    engine_s: float = 0.0
    wait_s: float = 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quality", default="draft")
    parser.add_argument("--frames", type=int, help="of the bundled shot, only so many")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="engine-") as name:
        folder = Path(name)
        client = EngineClient(folder / "home")
        ready = [restarted(client) for _ in range(5)]
        client.allow(FILM)
        client.allow(folder)
        idle = client.info().memory_bytes
        alone: list[Took] = []
        engine: list[Took] = []
        for number in range(options.rounds):
            first = number % 2  # neither is always the one on a warm cache
            for kind in (first, 1 - first):
                order = order_of(folder / f"{kind}-{number}.mkv", options.quality, options.frames)
                if kind:
                    engine.append(through(client, order))
                else:
                    alone.append(without(order))
        listing = listed(client, folder / "home")
        end(client)
    start = [1000 * statistics.median(of) for of in zip(*((t.clock_s, t.busy_s) for t in ready), strict=True)]
    print("| | clock | processor |\n|---|---|---|")
    print(f"| start to ready | {start[0]:.0f} ms | {start[1]:.0f} ms |")
    print(f"| submit to running | {1000 * statistics.median(took.wait_s for took in engine):.0f} ms | |")
    print(
        f"| a hundred of {MANY:,} finished jobs listed | {1000 * listing.clock_s:.0f} ms "
        f"| {1000 * listing.busy_s:.0f} ms |"
    )
    print(f"\nIdle it holds {idle / 1e6:.0f} MB.")
    print("\n| one job | clock | processor |\n|---|---|---|")
    clocks = [[took.clock_s for took in kind] for kind in (alone, engine)]
    busy = [[took.busy_s for took in kind] for kind in (alone, engine)]
    print(f"| alone | {spread(clocks[0])} | {spread(busy[0])} |")
    print(f"| through the engine | {spread(clocks[1])} | {spread(busy[1])} |")
    print(f"| more | {more(clocks)} | {more(busy)} |")
    share = statistics.median(took.engine_s / took.busy_s for took in engine)
    print(f"| of which the engine's own process | | {share:.1%} |")


def end(client: EngineClient) -> None:
    """Stop the engine, and wait for its end."""
    client.stop()
    while client.connection.found() is not None:
        time.sleep(0.01)


def restarted(client: EngineClient) -> Took:
    """From nothing to an answer."""
    if client.connection.found() is not None:
        end(client)
    began = time.monotonic()
    pid = client.info().pid
    clock = time.monotonic() - began
    return Took(clock, sum(psutil.Process(pid).cpu_times()[:2]))


def without(order: WorkOrder) -> Took:
    """The job in a worker of this process, and its recipe."""
    began, before = time.monotonic(), own_s(resource.RUSAGE_SELF) + own_s(resource.RUSAGE_CHILDREN)
    result = work(order)
    write_sidecar(Path(result.output), result.recipe)
    busy = own_s(resource.RUSAGE_SELF) + own_s(resource.RUSAGE_CHILDREN) - before
    return Took(time.monotonic() - began, busy)


def through(client: EngineClient, order: WorkOrder) -> Took:
    """The same, queued and followed."""
    process = psutil.Process(client.info().pid)
    times, before = process.cpu_times(), own_s(resource.RUSAGE_SELF)
    began = time.monotonic()
    number = client.submit(Submit(order, new_key(), finish=Finish("sidecar"))).id
    while client.job(number).state is JobState.QUEUED:
        time.sleep(0.002)
    wait = time.monotonic() - began
    result_of(client.follow(number, lambda step: None))
    clock = time.monotonic() - began
    grown = [after - before for after, before in zip(process.cpu_times()[:4], times[:4], strict=True)]
    own = grown[0] + grown[1]
    return Took(clock, sum(grown) + own_s(resource.RUSAGE_SELF) - before, own, wait)


def own_s(who: int) -> float:
    """Seconds of the processor that this process, or its ended children, have taken."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def listed(client: EngineClient, home: Path) -> Took:
    """A client's way to the first page, after a finished job was multiplied behind the engine's back."""
    end(client)
    with sqlite3.connect(home / "queue.sqlite3") as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(jobs)")]
        copied = ", ".join(name for name in names if name not in ("id", "idempotency_key"))
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
            f" INSERT INTO jobs (idempotency_key, {copied})"
            f" SELECT 'many' || i, {copied} FROM n, jobs WHERE id = (SELECT MAX(id) FROM jobs)"
        )
    took = []
    process = psutil.Process(client.info().pid)
    client.jobs(limit=100)
    before = own_s(resource.RUSAGE_SELF) + sum(process.cpu_times()[:2])
    for _ in range(LISTINGS):
        began = time.monotonic()
        assert len(client.jobs([JobState.DONE], limit=100).jobs) == 100
        took.append(time.monotonic() - began)
    busy = own_s(resource.RUSAGE_SELF) + sum(process.cpu_times()[:2]) - before
    return Took(statistics.median(took), busy / LISTINGS)


def order_of(output: Path, quality: str, frames: int | None) -> WorkOrder:
    """The bundled shot."""
    params = RemoveParams(quality, imagine=False)
    spec = JobSpec(
        "remove",
        str(FILM / "crossing.mov"),
        (str(FILM / "crossing_matte.mkv"),),
        frames=None if frames is None else FrameRange(0, frames),
        whole_mattes=True,
        params=params,
    )
    return WorkOrder(spec, str(output), str(output.with_suffix(".origin.mkv")))


def spread(seconds: list[float]) -> str:
    """The median, the smallest and the largest."""
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def more(seconds: list[list[float]]) -> str:
    """How much more the second takes than the first, of medians and of the least."""
    medians, least = [[of(kind) for kind in seconds] for of in (statistics.median, min)]
    return f"{medians[1] / medians[0] - 1:+.1%} (of the least {least[1] / least[0] - 1:+.1%})"


if __name__ == "__main__":
    main()
