"""What the engine costs: `python bench/engine.py`, a minute or two on an idle machine.

Prints a Markdown table: start to ready, submit to running, memory when idle, and the time that a job takes through the
engine against the same job in a worker without one (medians of alternating runs), with the engine's own share of the
processor.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from lumiere_engine.client import EngineClient, new_key, work
from lumiere_engine.protocol import Finish, JobSpec, JobState, RemoveParams, Submit, WorkOrder

FILM = Path(__file__).parent.parent / "assets" / "demo"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quality", default="draft")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="engine-") as name:
        folder = Path(name)
        client = EngineClient(folder / "home")
        ready = [restarted(client) for _ in range(5)]
        client.allow(FILM)
        client.allow(folder)
        idle = client.info().memory_bytes
        waits, engine, alone, busy = [], [], [], []
        for number in range(options.rounds):
            order = order_of(folder / f"alone{number}.mkv", options.quality)
            began = time.monotonic()
            work(order)
            alone.append(time.monotonic() - began)
            wait, seconds, share = through(client, order_of(folder / f"engine{number}.mkv", options.quality))
            waits.append(wait)
            engine.append(seconds)
            busy.append(share)
        client.stop()
    more = statistics.median(engine) / statistics.median(alone) - 1
    print("| | |\n|---|---|")
    print(f"| start to ready | {1000 * statistics.median(ready):.0f} ms |")
    print(f"| submit to running | {1000 * statistics.median(waits):.0f} ms |")
    print(f"| memory, idle | {idle / 1e6:.0f} MB |")
    print(f"| a job alone | {statistics.median(alone):.2f} s ({spread(alone)}) |")
    print(
        f"| the same job through the engine | {statistics.median(engine):.2f} s ({spread(engine)}), {more:+.1%} |"
    )
    print(f"| processor time of the engine during that job | {statistics.median(busy):.2%} |")


def restarted(client: EngineClient) -> float:
    """Seconds from nothing to an answer."""
    if client.connection.found() is not None:
        client.stop()
        while client.connection.found() is not None:
            time.sleep(0.01)
    began = time.monotonic()
    client.info()
    return time.monotonic() - began


def through(client: EngineClient, order: WorkOrder) -> tuple[float, float, float]:
    """Submit to running, s; submit to done, s; and the share of that for which the engine was busy."""
    process = psutil.Process(client.info().pid)
    before = sum(process.cpu_times()[:2])
    began = time.monotonic()
    number = client.submit(Submit(order, new_key(), finish=Finish("sidecar"))).id
    while client.job(number).state is JobState.QUEUED:
        time.sleep(0.002)
    running = time.monotonic() - began
    client.follow(number, lambda step: None)
    seconds = time.monotonic() - began
    return running, seconds, (sum(process.cpu_times()[:2]) - before) / seconds


def order_of(output: Path, quality: str) -> WorkOrder:
    """The bundled shot."""
    params = RemoveParams(quality, imagine=False)
    spec = JobSpec(
        "remove",
        str(FILM / "crossing.mov"),
        (str(FILM / "crossing_matte.mkv"),),
        whole_mattes=True,
        params=params,
    )
    return WorkOrder(spec, str(output), str(output.with_suffix(".origin.mkv")))


def spread(seconds: list[float]) -> str:
    """The smallest and the largest."""
    return f"{min(seconds):.2f} to {max(seconds):.2f}"


if __name__ == "__main__":
    main()
