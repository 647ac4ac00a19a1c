"""What a worker can be asked beside a job."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..frames.source import probe
from ..protocol.messages import Progress
from .loop_points import loop_points
from .loop_sizes import loop_sizes
from .machine import codecs, devices
from .models import inspect_model
from .paint_tasks import advise_paintings, export_frame
from .proxy import make_proxy
from .roto_tasks import export_roto, import_roto
from .score import score
from .steadiness import steadiness
from .teach import train_image, train_temporal
from .teach_lora import train_lora
from .track import track
from .train import train_prior

OnProgress = Callable[[Progress], None]


def _probe(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """{"path"}, perhaps {"conform", "rate"} as `open_source` → a `MediaInfo.1`."""
    rate = question.get("rate")
    found = probe(
        question["path"], conform=bool(question.get("conform")), rate=Fraction(rate) if rate else None
    )
    return found.to_wire()


def _score(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    return score(question)


def _proxy(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    return make_proxy(question)


def _loop_sizes(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    return loop_sizes(question)


def _devices(_: dict[str, Any], __: OnProgress) -> dict[str, Any]:
    return devices()


def _codecs(_: dict[str, Any], __: OnProgress) -> dict[str, Any]:
    return codecs()


def _clear(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """{"output", "folders"}: remove the workspaces of a finished job whose worker died before it could."""
    from pathlib import Path

    from ..effects.workspace import BORROWING, PAINTING, Workspace

    # a shared one stays as long as there is a job's own, so those come first
    for name in sorted(question["folders"], key=lambda name: name.startswith((BORROWING, PAINTING))):
        with Workspace(Path(question["output"]), name):
            pass  # leaving it is what removes it
    return {}


TASKS: dict[str, Callable[[dict[str, Any], OnProgress], dict[str, Any]]] = {
    "advise_paintings": advise_paintings,
    "clear": _clear,
    "codecs": _codecs,
    "devices": _devices,
    "export_frame": export_frame,
    "export_roto": export_roto,
    "import_roto": import_roto,
    "loop_points": loop_points,
    "loop_sizes": _loop_sizes,
    "inspect_model": inspect_model,
    "probe": _probe,
    "proxy": _proxy,
    "score": _score,
    "steadiness": steadiness,
    "track": track,
    "train_image": train_image,
    "train_lora": train_lora,
    "train_prior": train_prior,
    "train_temporal": train_temporal,
}
