"""How much memory a worker may still take."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import torch

_SYSTEM, _GROUPS, _OWN_GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def free_bytes(device: str) -> int:
    """Bytes that are free on a device, "cuda" or "cpu"; what this process has kept aside there counts as free.

    Of a processor it is what Linux calls available, and no more than is left of a container's limit. Other systems
    do not say: all the memory that is built in.
    """
    if device == "cuda":
        free, _ = torch.cuda.mem_get_info()
        return free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    try:
        available = _entries(_SYSTEM)["MemAvailable:"] * 1024
    except (OSError, KeyError):
        available = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([available, *_left_of_limit()])


def _left_of_limit() -> list[int]:
    """What is left of the limit of this process's control group (version 2), if it has one."""
    with suppress(OSError, KeyError, ValueError, StopIteration):
        own = next(line[3:] for line in _OWN_GROUP.read_text().splitlines() if line.startswith("0::"))
        folder = _GROUPS / own.lstrip("/")
        limit = int((folder / "memory.max").read_text())  # "max" where there is none
        held = int((folder / "memory.current").read_text())
        return [limit - held + _entries(folder / "memory.stat")["inactive_file"]]
    return []


def _entries(path: Path) -> dict[str, int]:
    lines = (line.split() for line in path.read_text().splitlines())
    return {line[0]: int(line[1]) for line in lines}
