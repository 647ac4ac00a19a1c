"""The calls that clients make: what each takes, what it returns, and who does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..protocol.engine import (
    AddRoot,
    EngineInfo,
    Estimate,
    Learning,
    Plan,
    RegisterTimeline,
    Timeline,
    TimelineResults,
    Timelines,
)
from ..protocol.errors import SpecError, UnknownJobError
from ..protocol.queue import Again, Job, Jobs, Move, Prioritise, Submit, SubmitBatch
from ..protocol.states import JobState
from .engine import Engine
from .listing import MOST_LISTED

DEFAULT_LIMIT = 100


@dataclass(frozen=True)
class Asked:
    """A request, understood.

    Attributes:
        numbers: those in the path.
        query: the query's parameters.
        body: the parsed message, or None.
    """

    numbers: tuple[int, ...]
    query: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        method, path: of HTTP; `{…}` in the path is a number.
        takes: the message in the body; None takes none (a POST then sends `{}`).
        returns: the message in the answer; None is a picture.
        does: the work.
        query: names of the query's parameters.
    """

    method: str
    path: str
    takes: type | None
    returns: type | None
    does: Callable[[Engine, Asked], Any]
    query: tuple[str, ...] = ()


def _list(engine: Engine, asked: Asked) -> Jobs:
    names = [name for name in asked.query.get("state", "").split(",") if name]
    try:
        states = [JobState(name) for name in names]
    except ValueError:
        known = ", ".join(state.value for state in JobState)
        raise SpecError(f"'{asked.query['state'][:80]}' is no state", remedy=f"choose from {known}") from None
    before = asked.query.get("before")
    limit = number(asked.query.get("limit", str(DEFAULT_LIMIT)), "limit", MOST_LISTED)
    return engine.queue.find(states, before=None if before is None else number(before, "before"), limit=limit)


def _stop(engine: Engine, _: Asked) -> EngineInfo:
    info = engine.info()
    engine.shut_down()
    return info


def _add_root(engine: Engine, asked: Asked) -> EngineInfo:
    engine.roots.add(asked.body.path)
    return engine.info()


CALLS = (
    Call("GET", "/engine", None, EngineInfo, lambda e, _: e.info()),
    Call("POST", "/engine/stop", None, EngineInfo, _stop),
    Call("POST", "/yield", None, EngineInfo, lambda e, _: e.give_back()),
    Call("POST", "/devices/{device}/yield", None, EngineInfo, lambda e, a: e.give_back(a.numbers[0])),
    Call("POST", "/roots", AddRoot, EngineInfo, _add_root),
    Call("POST", "/queue/pause", None, EngineInfo, lambda e, _: e.pause(True)),
    Call("POST", "/queue/resume", None, EngineInfo, lambda e, _: e.pause(False)),
    Call("POST", "/plan", Plan, Estimate, lambda e, a: e.plan(a.body)),
    Call("GET", "/jobs", None, Jobs, _list, ("state", "before", "limit")),
    Call("POST", "/jobs", Submit, Job, lambda e, a: e.submit((a.body,))[0]),
    Call("POST", "/jobs/batch", SubmitBatch, Jobs, lambda e, a: Jobs(e.submit(a.body.jobs))),
    Call("GET", "/jobs/{job}", None, Job, lambda e, a: e.queue.get(a.numbers[0])),
    Call("POST", "/jobs/{job}/cancel", None, Job, lambda e, a: e.cancel(a.numbers[0])),
    Call("POST", "/jobs/{job}/pause", None, Job, lambda e, a: e.hold(a.numbers[0])),
    Call("POST", "/jobs/{job}/resume", None, Job, lambda e, a: e.release(a.numbers[0])),
    Call("POST", "/jobs/{job}/retry", Again, Job, lambda e, a: e.retry(a.numbers[0], a.body)),
    Call("POST", "/jobs/{job}/duplicate", Again, Job, lambda e, a: e.duplicate(a.numbers[0], a.body)),
    Call("POST", "/jobs/{job}/move", Move, Job, lambda e, a: e.queue.move(a.numbers[0], a.body.before)),
    Call(
        "POST",
        "/jobs/{job}/priority",
        Prioritise,
        Job,
        lambda e, a: e.queue.prioritise(a.numbers[0], a.body.priority),
    ),
    Call("GET", "/jobs/{job}/thumbnails/{frame}", None, None, lambda e, a: e.thumbnail(*a.numbers)),
    Call("GET", "/jobs/{job}/learning", None, Learning, lambda e, a: e.learning(a.numbers[0])),
    Call("GET", "/jobs/{job}/sheet", None, None, lambda e, a: e.sheet(a.numbers[0])),
    Call("POST", "/jobs/{job}/enough", None, Job, lambda e, a: e.enough(a.numbers[0])),
    Call("POST", "/timelines", RegisterTimeline, Timeline, lambda e, a: e.timelines.register(a.body)),
    Call("GET", "/timelines", None, Timelines, lambda e, _: Timelines(e.timelines.all())),
    Call(
        "GET",
        "/timelines/{timeline}/results",
        None,
        TimelineResults,
        lambda e, a: e.timelines.results(a.numbers[0]),
    ),
)


def number(text: str, name: str, most: int = 2**63 - 1) -> int:
    """A whole number out of a path or query.

    Raises:
        SpecError: it is none, or out of range.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not 0 <= int(text) <= most:
        raise SpecError(f"{name} is '{text[:40]}'", remedy=f"give a whole number of up to {most}")
    return int(text)


def path_number(text: str) -> int:
    """The number of a job, timeline or frame in a path.

    Raises:
        UnknownJobError: it is no number, so there is nothing of that name.
    """
    try:
        return number(text, "the number")
    except SpecError:
        raise UnknownJobError(f"there is nothing named '{text[:40]}' here") from None
