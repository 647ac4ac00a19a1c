"""The calls over HTTP: parse, do in a thread, answer; whatever goes wrong is a labelled failure."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ..protocol.engine import Event
from ..protocol.errors import EngineError, LumiereError, SpecError, UnknownJobError
from ..protocol.wire import decode, encode, parse_json
from .answers import answer, failure, picture
from .calls import CALLS, Asked, Call, number, path_number
from .engine import Engine
from .events import wait_for

HEARTBEAT_S = 5.0
_log = logging.getLogger(__name__)
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def make_app(engine: Engine, stopping: Callable[[], bool]) -> Starlette:
    """The application behind the door.

    Args:
        engine: does the work.
        stopping: whether the engine is about to end, so that streams end too.
    """
    routes = [Route(call.path, _endpoint(engine, call), methods=[call.method]) for call in CALLS]
    routes.append(Route("/events", _events(engine, stopping), methods=["GET"]))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_call})
    app.router.redirect_slashes = False  # an answer never points elsewhere
    return app


def _endpoint(engine: Engine, call: Call) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            asked = _asked(call, request)
            value = await run_in_threadpool(call.does, engine, asked)
            return picture(value) if call.returns is None else await run_in_threadpool(answer, value)
        except LumiereError as error:
            return failure(error)
        except Exception as error:
            _log.exception("%s %s", call.method, call.path)
            told = EngineError(
                f"the engine could not do that: {type(error).__name__}",
                remedy="see engine.log, and report it",
            )
            return failure(told)

    return endpoint


def _asked(call: Call, request: Request) -> Asked:
    numbers = tuple(path_number(text) for text in request.path_params.values())
    unknown = set(request.query_params) - set(call.query)
    if unknown:
        raise SpecError(f"{call.path} has no parameter '{sorted(unknown)[0][:40]}'")
    body: Any = None
    if call.method == "POST":
        data = parse_json(request.scope["lumiere.body"] or b"{}")
        if call.takes is not None:
            body = decode(call.takes, data)
        elif data != {}:
            raise SpecError(f"{call.path} takes an empty object")
    return Asked(numbers, request.query_params, body)


def _events(engine: Engine, stopping: Callable[[], bool]) -> Endpoint:
    async def events(request: Request) -> Response:
        given = request.headers.get("last-event-id", request.query_params.get("after"))
        try:
            after = None if given is None else number(given, "the last event's id")
        except LumiereError as error:
            return failure(error)
        stream = _stream(engine, after, stopping)
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    return events


async def _stream(engine: Engine, after: int | None, stopping: Callable[[], bool]) -> AsyncIterator[str]:
    """Events after a number; without one, or where some are forgotten, a snapshot first."""
    bell = engine.events.bell
    rung = bell.listen()
    spoke_s = time.monotonic()
    try:
        yield ": hello\n\n"
        while not stopping():
            rung.clear()
            found = None if after is None else await run_in_threadpool(engine.events.after, after)
            if found is None:
                info = await run_in_threadpool(engine.info)
                after = info.last_event
                yield _told(Event(after, "snapshot", None, encode(info)))
                continue
            for event in found:
                yield _told(event)
                after = event.id
            if found:
                spoke_s = time.monotonic()
                continue
            await wait_for(rung, 1.0)
            if time.monotonic() - spoke_s > HEARTBEAT_S:
                spoke_s = time.monotonic()
                yield ": still here\n\n"
    except LumiereError as error:  # the queue cannot be read: who asks again is told so
        _log.error("%s", error)
    finally:
        bell.leave(rung)


def _told(event: Event) -> str:
    data = json.dumps(encode(event), ensure_ascii=True)
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n"


async def _no_such_call(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return failure(SpecError(f"{request.method} is not how this is called"), 405)
    return failure(UnknownJobError("there is no such call"), error.status_code)
