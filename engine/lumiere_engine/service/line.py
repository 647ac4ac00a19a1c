"""What the workers of one engine share: who takes which job next."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from .queue import Queue


class Line:
    """The waiting jobs, as the supervisors of several devices take them.

    Two jobs on one shot share what is borrowed, in a folder that one of them works in at a time. The second is put off
    until one of those that ran beside it neither runs nor waits: one that was merely interrupted goes on first.

    Args:
        queue: the jobs.
        wake: tells all supervisors that there may be something to do.
    """

    def __init__(self, queue: Queue, wake: Callable[[], None]) -> None:
        self._queue, self._wake = queue, wake
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._put_off: dict[int, set[int]] = {}

    def take(self, kind: str) -> sqlite3.Row | None:
        """Claim the next job for a device of this kind."""
        with self._lock:
            self._put_off = {
                job: others for job, others in self._put_off.items() if self._queue.at_work(others) == others
            }
            row = self._queue.claim(kind, without=tuple(self._put_off))
            if row is not None:
                self._running.add(row["id"])
            return row

    def put_off(self, job: int) -> bool:
        """A job needs what another one holds; False if no other job of this engine runs, so that it is not ours."""
        with self._lock:
            others = self._running - {job}
            if others:
                self._put_off[job] = others
            return bool(others)

    def left(self, job: int) -> None:
        """A job does not run any more."""
        with self._lock:
            self._running.discard(job)
        self._wake()
