"""The same job into other files, perhaps with other mattes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..protocol.places import kept_file, workspace_folder
from ..protocol.queue import Again, Job, Submit


def again(job: Job, submit: Submit, asked: Again) -> Submit:
    """A draft of what a job was submitted as, into other files and with what was asked to be otherwise.

    Args:
        job: as it stands.
        submit: what it was submitted as.
        asked: the changes.
    """
    draft = renamed(submit, asked.output)
    spec = replace(
        draft.order.spec,
        mattes=asked.mattes or draft.order.spec.mattes,
        base=_kept(job, draft.order.output) if asked.revise else None,
    )
    return replace(draft, order=replace(draft.order, spec=spec))


def _kept(job: Job, output: str) -> str | None:
    """The fingerprint of a finished removal whose work is kept where another one can revise it."""
    if job.order.spec.effect != "remove" or not job.order.keep_work or job.result is None:
        return None
    name = str(job.result["fingerprint"])
    return name if kept_file(workspace_folder(Path(output), name)).is_file() else None


def renamed(submit: Submit, output: str | None) -> Submit:
    """The job with other outputs, as a draft.

    What stands beside the clip under its name (its origin matte, its recipe) follows it; other files that the
    finishing step writes, such as a timeline, get the first free number.

    Args:
        submit: the job.
        output: where the clip goes; None takes the first free `NAME_2`, `NAME_3`, …
    """
    old = Path(submit.order.output)
    new = Path(output) if output is not None else _free(old)
    order, finish = submit.order, submit.finish
    order = replace(
        order,
        output=str(new),
        origin=None if order.origin is None else _beside(order.origin, old, new),
        overwrite=False,
        save_network=None,
    )
    if finish is not None:
        names = {path: _beside(path, old, new) for path in finish.outputs}
        params = {
            key: names.get(value, value) if isinstance(value, str) else value
            for key, value in finish.params.items()
        }
        finish = replace(finish, params=params, outputs=tuple(names.values()))
    return replace(submit, order=order, finish=finish, draft=True, title="")


def _beside(path: str, old: Path, new: Path) -> str:
    """The new name of a file that belongs to the old clip."""
    place, stem = Path(path), _stem(old)
    if place.parent == old.parent and place.name.startswith(stem):
        return str(new.with_name(_stem(new) + place.name[len(stem) :]))
    return str(_free(place))


def _free(place: Path) -> Path:
    """The first of `NAME_2`, `NAME_3`, … that no file has."""
    stem, number = _stem(place), 2
    rest = place.name[len(stem) :]
    while os.path.lexists(free := place.with_name(f"{stem}_{number}{rest}")):
        number += 1
    return free


def _stem(place: Path) -> str:
    return place.name.partition(".")[0]
