"""Which Python the engine is started with: this one, or, from inside a host, the one that it was started with before.

A host's own Python has the standard library and this package at most, and `sys.executable` there may be the host.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from ..protocol.errors import EngineError
from ..protocol.places import interpreter_file

_NEEDED = ("starlette", "uvicorn")
# What a host sets for its own Python would mislead another one.
_OF_THE_HOST = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD")


def interpreter(folder: Path) -> "tuple[str, dict[str, str]]":
    """The Python to start the engine of a folder with, and the environment for it.

    Raises:
        EngineError: this Python cannot run the engine, and no other one is known.
    """
    if all(importlib.util.find_spec(name) is not None for name in _NEEDED):
        return sys.executable, dict(os.environ)
    try:
        known = interpreter_file(folder).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        known = ""
    if not known or not os.access(known, os.X_OK):
        raise EngineError(
            "this program's Python cannot run the engine",
            remedy="run `lumiere engine start` once in a terminal",
        )
    return known, {name: value for name, value in os.environ.items() if name not in _OF_THE_HOST}
