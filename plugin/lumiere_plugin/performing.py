"""Who does a prepared job: the engine, which keeps it whatever happens to this process, or a worker right here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lumiere_engine.client import EngineClient, new_key, result_of, work
from lumiere_engine.protocol import Job, Submit
from lumiere_engine.protocol.engine import RegisterTimeline
from lumiere_engine.protocol.errors import MissingMediaError

from .finishing import finish
from .preparing import OnProgress, Outcome, Prepared, outcome_of

HOST = "command line"


def through_engine(prepared: Prepared, on_progress: OnProgress) -> Outcome:
    """Queue a job and follow it.

    Raises:
        LumiereError: why it failed.
        Cancelled: Ctrl-C; the job is cancelled, and its finished chunks are kept.
    """
    client = EngineClient()
    job = client.run(_submit(client, prepared), on_progress)
    return outcome_of(result_of(job), job.outcome or {})


def enqueue(prepared: Prepared, priority: int) -> Job:
    """Queue a job and leave it to the engine.

    Raises:
        LumiereError: it cannot be queued.
    """
    client = EngineClient()
    return client.submit(_submit(client, prepared, priority))


def here(prepared: Prepared, on_progress: OnProgress) -> Outcome:
    """Do a job in a worker of this process; a benchmark measures it so.

    Raises:
        LumiereError: why it failed.
    """
    result = work(prepared.order, on_progress)
    step = prepared.finish
    return outcome_of(result, finish(step.name, step.params, result, prepared.order.overwrite))


def allow(client: EngineClient, prepared: Prepared) -> None:
    """Let the engine use the folders of the files that the user named: naming them here is the permission.

    Raises:
        MissingMediaError: an input's folder is not there.
        PathError: a folder that the engine never uses.
    """
    known = [Path(root) for root in client.info().roots]
    for folder in folders_of(prepared):
        if not any(folder.is_relative_to(root) for root in known):
            client.allow(folder)
            known.append(folder)


def _submit(client: EngineClient, prepared: Prepared, priority: int = 0) -> Submit:
    allow(client, prepared)
    timeline = None
    if prepared.timeline is not None:
        path = prepared.timeline.absolute()
        timeline = client.register(RegisterTimeline(path.name, HOST, str(path))).id
    return Submit(
        order=prepared.order,
        key=new_key(),
        title=prepared.title.encode(errors="replace").decode(),  # a file's name need not be text
        priority=priority,
        finish=prepared.finish,
        timeline=timeline,
        placement=prepared.placement,
    )


def folders_of(prepared: Prepared) -> Iterator[Path]:
    """The folders of all files of a job, links followed."""
    order = prepared.order
    for path in (*order.spec.media, *order.spec.params.files, order.network):
        if path is not None:
            place = Path(os.path.realpath(path))
            if not place.exists() and not place.parent.is_dir():
                raise MissingMediaError("no such file or folder", clip=path)
            yield place if place.is_dir() else place.parent
    for path in (order.output, order.origin, order.save_network, *prepared.finish.outputs):
        if path is not None:
            folder = Path(os.path.realpath(path)).parent
            while not folder.is_dir() and folder != folder.parent:
                folder = folder.parent
            yield folder
