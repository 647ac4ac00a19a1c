"""Where the engine keeps its things; clients and engine must find the same folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "LUMIERE_HOME"
# The folder of workspaces beside an output, and how many digits of a fingerprint name one.
WORKSPACES = ".lumiere"
# The end of the name of one that is being removed.
GONE = ".gone"
_DIGITS = 24


def state_folder() -> Path:
    """The engine's folder: `$LUMIERE_HOME`, or the system's place for the state of programs."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Lumiere"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Lumiere"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "lumiere"


def endpoint_file(folder: Path) -> Path:
    """Says where the engine listens."""
    return folder / "endpoint.json"


def log_file(folder: Path) -> Path:
    """What the engine prints."""
    return folder / "engine.log"


def interpreter_file(folder: Path) -> Path:
    """Names the Python that the engine was started with last."""
    return folder / "interpreter"


def workspace_folder(output: Path, fingerprint: str) -> Path:
    """Where a job keeps what it has finished, beside its output.

    Args:
        output: of the job.
        fingerprint: of the job, or of the part of it that several jobs share.
    """
    return output.parent / WORKSPACES / fingerprint[:_DIGITS]


def kept_file(workspace: Path) -> Path:
    """Tells of a finished job that its work is kept, and what is to be known of it."""
    return workspace / "done.json"
