"""The protocol as JSON Schema, made from the dataclasses: `python -m lumiere_engine.service.schema [FILE]`.

It is for those who write clients in other languages, and for tests. The engine itself checks with `protocol.wire`,
which says in words what is wrong; pydantic is needed here alone, and is not loaded into the engine.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ..protocol import engine, jobs, media, messages, params, queue
from ..protocol.wire import label_of
from .calls import CALLS

FILE = Path("docs/schema/protocol.json")
_RATE = {"type": "string", "pattern": r"^\d{1,40}(/[1-9]\d{0,39})?$", "description": "frames per second"}
_WORKER = (messages.Progress, messages.JobResult, media.MediaInfo, engine.JobMedia)
_MORE = (engine.Endpoint, engine.Event, jobs.JobSpec, *_WORKER)
_LABELS = {messages.Progress: "Progress.1", messages.JobResult: "JobResult.1", media.MediaInfo: "MediaInfo.1"}


def protocol_schema() -> dict[str, Any]:
    """Every labelled message, and a list of the calls that take and return them."""
    kinds: dict[str, Any] = {}
    for call in CALLS:
        for kind in (call.takes, call.returns):
            if kind is not None:
                kinds[kind.__name__] = kind
    kinds.update({kind.__name__: kind for kind in _MORE})
    adapters = [(name, "validation", TypeAdapter(kind)) for name, kind in sorted(kinds.items())]
    _, schema = TypeAdapter.json_schemas(adapters)  # type: ignore[arg-type]
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        _finish(definition, _label(name))
    definitions["JobSpec"] = _by_effect(definitions["JobSpec"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Lumiere's protocol, version {engine.PROTOCOL}",
        "calls": [
            {
                "method": call.method,
                "path": call.path,
                "query": list(call.query),
                "takes": None if call.takes is None else f"#/$defs/{call.takes.__name__}",
                "returns": None if call.returns is None else f"#/$defs/{call.returns.__name__}",
            }
            for call in CALLS
        ],
        "$defs": dict(sorted(definitions.items())),
    }


def _by_effect(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec's alternatives: each effect has parameters of its own."""
    return {
        "description": spec["description"],
        "anyOf": [
            {
                **{key: value for key, value in spec.items() if key != "description"},
                "properties": {
                    **spec["properties"],
                    "effect": {"const": effect},
                    "params": {"$ref": f"#/$defs/{kind.__name__}"},
                },
            }
            for effect, kind in params.EFFECTS.items()
        ],
    }


def _label(name: str) -> str | None:
    for module in (engine, jobs, messages, media, queue):
        kind = getattr(module, name, None)
        if kind is not None:
            return _LABELS.get(kind) or label_of(kind)
    return None


def _finish(definition: dict[str, Any], label: str | None) -> None:
    """Add the label, refuse what is unknown, and drop titles."""
    definition.pop("title", None)
    if definition.get("type") != "object":
        return
    for field in definition["properties"].values():
        field.pop("title", None)
        if {"type": "string", "format": "fraction"} in field.get("anyOf", ()):
            rest = [kind for kind in field["anyOf"] if kind == {"type": "null"}]
            field["anyOf"] = [_RATE, *rest]
    definition["additionalProperties"] = False
    if label is not None:
        definition["properties"] = {"label": {"const": label}, **definition["properties"]}
        definition["required"] = ["label", *definition.get("required", [])]
        if label in (jobs.JOB_LABEL, jobs.ORDER_LABEL):  # stored objects lack nothing
            definition["required"] = list(definition["properties"])


def main() -> None:
    """Write the schema."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(protocol_schema(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
