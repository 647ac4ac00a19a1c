"""Short questions that a worker answers without holding the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..frames.source import probe
from .score import score


def _probe(question: dict[str, Any]) -> dict[str, Any]:
    """{"path"} → a `MediaInfo.1`."""
    return probe(question["path"]).to_wire()


TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"probe": _probe, "score": score}
