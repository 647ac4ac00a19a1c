"""The schema in docs/ is that of the code, and both judge alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lumiere_engine.protocol import LumiereError
from lumiere_engine.protocol import engine as engine_messages
from lumiere_engine.protocol import queue as queue_messages
from lumiere_engine.protocol.wire import decode, encode, label_of
from lumiere_engine.service.calls import CALLS
from lumiere_engine.service.schema import protocol_schema

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = protocol_schema()
KINDS = {
    name: kind
    for module in (engine_messages, queue_messages)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and label_of(kind) is not None and name in SCHEMA["$defs"]
}


def test_the_schema_is_in_step() -> None:
    told = json.loads((DOCS / "schema" / "protocol.json").read_text())
    assert told == SCHEMA, "run: python -m lumiere_engine.service.schema"


def test_every_call_is_told_in_the_protocols_page() -> None:
    page = (DOCS / "protocol.md").read_text()
    for call in CALLS:
        assert f"`{call.method} {call.path}`" in page
    for name in SCHEMA["$defs"]:
        label = SCHEMA["$defs"][name].get("properties", {}).get("label")
        if label is not None:
            assert label["const"] in page


@pytest.mark.parametrize("name", sorted(KINDS))
def test_what_the_schema_allows_is_understood_or_refused_for_its_values(name: str, from_schema: Any) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(from_schema(SCHEMA["$defs"][name], SCHEMA["$defs"]))
    def check(data: Any) -> None:
        try:
            message = decode(KINDS[name], data)
        except LumiereError as error:
            # never for its shape
            assert not any(
                word in error.message
                for word in ("no field", "lacks", "is not text", "no object", "not known")
            ), error
        else:
            assert decode(KINDS[name], encode(message)) == message

    check()
