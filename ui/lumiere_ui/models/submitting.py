"""From a prepared job to the engine's queue: folders allowed, timeline registered, job posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lumiere_engine.protocol import Job
from lumiere_engine.protocol.engine import AddRoot, Timeline
from lumiere_engine.protocol.wire import decode

from .engine_link import EngineLink
from .project import Prepared


def submit(link: EngineLink, prepared: Prepared, queued: Callable[[Job], None]) -> None:
    """Queue a job; nothing here waits.

    Args:
        link: to the engine.
        prepared: the job.
        queued: hears of it when it is in the queue.
    """

    def allowed() -> None:
        if prepared.timeline is None:
            link.post("/jobs", prepared.submit, answered)
        else:
            link.post("/timelines", prepared.timeline, registered)

    def registered(data: Any) -> None:
        timeline = decode(Timeline, data)
        link.post("/jobs", replace(prepared.submit, timeline=timeline.id), answered)

    def answered(data: Any) -> None:
        queued(decode(Job, data))

    allow(link, prepared.folders, allowed)


def allow(link: EngineLink, folders: tuple[Path, ...], then: Callable[[], None]) -> None:
    """Let the engine use folders, one call after the other: the artist opened what lies in them."""
    if folders:
        link.post("/roots", AddRoot(str(folders[0])), lambda _: allow(link, folders[1:], then))
    else:
        then()
