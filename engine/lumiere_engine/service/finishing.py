"""The finishing steps that this installation has; the engine knows their names, never what they do."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import entry_points

from ..protocol.errors import SpecError

GROUP = "lumiere.finish"


@lru_cache(maxsize=1)
def _steps() -> dict[str, str]:
    return {point.name: point.module for point in entry_points(group=GROUP)}


def module_of(name: str) -> str:
    """The module that does a step, run as `python -m`.

    Raises:
        SpecError: no such step is installed.
    """
    steps = _steps()
    if name not in steps:
        known = ", ".join(sorted(steps)) or "none"
        raise SpecError(f"'{name[:80]}' is no finishing step here", remedy=f"those installed: {known}")
    return steps[name]
