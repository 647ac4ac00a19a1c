"""What a worker can be asked beside a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..frames.source import probe
from ..protocol.messages import Progress
from .score import score
from .track import track
from .train import train_prior

OnProgress = Callable[[Progress], None]


def _probe(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """{"path"} → a `MediaInfo.1`."""
    return probe(question["path"]).to_wire()


def _score(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    return score(question)


TASKS: dict[str, Callable[[dict[str, Any], OnProgress], dict[str, Any]]] = {
    "probe": _probe,
    "score": _score,
    "track": track,
    "train_prior": train_prior,
}
