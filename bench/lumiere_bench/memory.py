"""How much memory the processes that this one started hold."""

from __future__ import annotations

import threading
from pathlib import Path

_EVERY_S = 0.05


class PeakMemory:
    """Watches all descendants of this process while the context is open; Linux alone tells.

    Attributes:
        peak_bytes: the largest sum, over the processes alive at one time, of what each held at most so far: exact
            for one process, at worst too large for several. None where nothing could be read.
    """

    def __init__(self) -> None:
        self.peak_bytes: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY_S):
            held = sum(map(_most_bytes, _descendants()))
            if held:
                self.peak_bytes = max(held, self.peak_bytes or 0)


def _descendants() -> list[int]:
    """Process numbers of children, grandchildren, and so on."""
    found: list[int] = []
    waiting = ["self"]
    while waiting:
        process = waiting.pop()
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                numbers = children.read_text().split()
            except OSError:  # it has ended meanwhile
                continue
            found += map(int, numbers)
            waiting += numbers
    return found


def _most_bytes(process: int) -> int:
    """The kernel's own record of the most that a process held in memory; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(words[1]) << 10 for words in lines), 0)
