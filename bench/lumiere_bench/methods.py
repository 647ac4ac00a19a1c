"""What is compared: anything with a name that fills the holes of a case."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from lumiere_engine.protocol import Progress

from .cases import Case

Array = np.ndarray
OnProgress = Callable[[Progress], None]
# What a method must beat to be worth its time, and the methods that must.
REFERENCES = ("telea", "dis")
OURS = ("borrow", "draft", "standard", "best")
_ORDER = ("copy", "telea", "ns", "dis", *OURS)


@dataclass(frozen=True)
class Answer:
    """What a method made of a case.

    Attributes:
        frames: t h w 3 uint8.
        seconds: wall clock, with reading and writing media where the method does that.
        peak_bytes: most memory that its processes held at one time; None if it has none of its own.
        stages_s: seconds by stage, where the method tells.
    """

    frames: Array
    seconds: float
    peak_bytes: int | None = None
    stages_s: dict[str, float] = field(default_factory=dict)


class Method(Protocol):
    """A way to fill holes."""

    @property
    def name(self) -> str:
        """One word, the row in all tables."""
        ...

    @property
    def identity(self) -> str:
        """Everything but the case that its results depend on, in words."""
        ...

    def run(self, case: Case, on_progress: OnProgress) -> Answer:
        """Fill the holes; pixels outside them are the plate's.

        Raises:
            LumiereError: it failed.
        """
        ...


def in_table_order(names: Iterable[str]) -> list[str]:
    """Simple fills, ours, then peers."""
    there = dict.fromkeys(names)
    return [name for name in _ORDER if name in there] + [name for name in there if name not in _ORDER]


def code_of(files: Iterable[Path]) -> str:
    """A hash of source files; 12 characters."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
