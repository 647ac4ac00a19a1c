"""Answers: JSON alone, and every failure a labelled object with a line that people can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ..protocol.errors import (
    EngineError,
    LumiereError,
    OutputError,
    PathError,
    RefusedError,
    SpecError,
    StateError,
    StoreError,
    UnknownJobError,
)
from ..protocol.wire import encode

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# The first that fits; what fits none is something that is wrong with the job's own files.
_STATUS: tuple[tuple[type[LumiereError], int], ...] = (
    (UnknownJobError, 404),
    (StateError, 409),
    (OutputError, 409),
    (PathError, 403),
    (RefusedError, 403),
    (StoreError, 507),
    (EngineError, 503),
    (SpecError, 400),
)


def answer(value: Any) -> Response:
    """A message of the protocol, or a JSON-ready dictionary."""
    return _json(encode(value), 200, {})


def failure(
    error: LumiereError, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A `Failure.1` with its status."""
    return _json(error.to_wire(), status or status_of(error), headers or {})


def status_of(error: LumiereError) -> int:
    """The HTTP status that goes with an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 422)


def picture(content: bytes) -> Response:
    """A small JPEG."""
    return Response(content, media_type="image/jpeg", headers=_HEADERS)


def _json(value: Any, status: int, headers: Mapping[str, str]) -> Response:
    # ASCII, since names of files need not be Unicode
    content = json.dumps(value, ensure_ascii=True, allow_nan=False).encode()
    return Response(content, status, {**_HEADERS, **headers}, media_type="application/json")
