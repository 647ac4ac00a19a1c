"""The workers of an engine: one supervisor for each of its devices."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ..protocol.engine import Device
from ..protocol.errors import UnknownJobError
from .estimates import Estimator
from .line import Line
from .paths import Roots
from .queue import Queue
from .supervisor import Supervisor

_FREED_S = 10.0
_STOPPED_S = 25.0


class WorkerPool:
    """All supervisors, asked as one.

    Args:
        devices: one supervisor each.
        queue, roots, estimator, folder: as for `Supervisor`.
    """

    def __init__(
        self, devices: Sequence[str], queue: Queue, roots: Roots, estimator: Estimator, folder: Path
    ) -> None:
        line = Line(queue, self.wake)
        self._all = [Supervisor(device, line, queue, roots, estimator, folder) for device in devices]
        self._stopping = threading.Event()

    def devices(self) -> tuple[Device, ...]:
        """What each of them does."""
        return tuple(supervisor.state() for supervisor in self._all)

    def start(self) -> None:
        """Work off the queue."""
        for supervisor in self._all:
            supervisor.start()
        threading.Thread(target=self._guard, name="guard", daemon=True).start()

    def wake(self) -> None:
        """There may be something to do."""
        for supervisor in self._all:
            supervisor.wake()

    def heed(self, job: int) -> None:
        """A wish was recorded for this job: if it runs, its worker is asked to stop."""
        for supervisor in self._all:
            supervisor.heed(job)
        self.wake()  # another one may have been put off for it

    def yield_to_others(self, number: int | None) -> None:
        """Let a device rest, or all of them, and end what runs on it at once; returns when its memory is free.

        Args:
            number: its place among the devices, from 0; None is all.

        Raises:
            UnknownJobError: there is none of that number.
        """
        if number is not None and not 0 <= number < len(self._all):
            raise UnknownJobError(
                f"there is no device number {str(number)[:20]}",
                remedy=f"count from 0 to {len(self._all) - 1}",
            )
        asked = self._all if number is None else [self._all[number]]
        for supervisor in asked:
            supervisor.rest(number is not None)
        deadline = time.monotonic() + _FREED_S
        for supervisor in asked:
            supervisor.wait_until_free(deadline - time.monotonic())

    def go_on(self) -> None:
        """No device rests any longer."""
        for supervisor in self._all:
            supervisor.go_on()

    def stop(self) -> None:
        """End all workers and threads; their jobs wait again."""
        self._stopping.set()
        for supervisor in self._all:
            supervisor.ask_to_stop()
        deadline = time.monotonic() + _STOPPED_S
        for supervisor in self._all:
            supervisor.join(max(0.0, deadline - time.monotonic()))

    def _guard(self) -> None:
        """End workers that have not said anything for as long as their lease lasts."""
        while not self._stopping.wait(1.0):
            for supervisor in self._all:
                supervisor.end_if_silent()
