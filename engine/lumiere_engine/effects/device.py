"""The kind of device that this process computes on, for the recipe: results of one kind have the same bytes."""

from __future__ import annotations

import sys


def device_kind() -> str:
    """ "cuda" if torch was loaded and has a GPU that this process may use, else "cpu"."""
    torch = sys.modules.get("torch")
    return "cuda" if torch is not None and torch.cuda.is_available() else "cpu"
