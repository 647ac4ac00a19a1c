"""Tests have an engine of their own: never the user's queue."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from lumiere_engine.client import Connection
from lumiere_engine.protocol.worker import environment

# As a worker has it, before anything loads torch: beside other work the tests of networks take a tenth of the time.
os.environ.update(environment())
# A busy machine is no failure: how long things take, benchmarks say.
settings.register_profile("lumiere", deadline=None)
settings.load_profile("lumiere")

try:
    import PySide6.QtWidgets  # noqa: F401
except ImportError as error:
    WHY_NO_QT = str(error)
else:
    WHY_NO_QT = ""
pytest_plugins = [] if WHY_NO_QT else ["pytestqt.plugin"]
collect_ignore = ["ui"] if WHY_NO_QT else []
if find_spec("bpy") is None:  # Blender's tests run in its own Python: `make test-blender`
    collect_ignore.append("blender")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what is left out, even when asked to be quiet."""
    if WHY_NO_QT:
        terminalreporter.write_line(f"the panel's tests are LEFT OUT, Qt cannot be loaded: {WHY_NO_QT}")


@pytest.fixture(scope="session", autouse=True)
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the engine that commands of these tests start; it ends with them."""
    home = tmp_path_factory.mktemp("engine") / "home"
    os.environ["LUMIERE_HOME"] = str(home)
    yield home
    connection = Connection(home, start=False)
    deadline = time.monotonic() + 40
    while (found := connection.found()) is not None and time.monotonic() < deadline:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)
        time.sleep(0.1)


@pytest.fixture(scope="session")
def from_schema() -> Any:
    """Makes a strategy of what a JSON Schema allows, and of `more` in any place."""
    return _from_schema


def _from_schema(
    schema: dict[str, Any], definitions: dict[str, Any], more: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _from_schema(definitions[schema["$ref"].rpartition("/")[2]], definitions, more)
    if "const" in schema:
        found: st.SearchStrategy[Any] = st.just(schema["const"])
    elif "enum" in schema:
        found = st.sampled_from(schema["enum"])
    elif "anyOf" in schema:
        found = st.one_of([_from_schema(part, definitions, more) for part in schema["anyOf"]])
    elif schema.get("type") == "object" and "properties" in schema:
        fields = {name: _from_schema(part, definitions, more) for name, part in schema["properties"].items()}
        needed = {name: fields.pop(name) for name in schema.get("required", ())}
        found = st.fixed_dictionaries(needed, optional=fields)
    elif schema.get("type") == "array":
        found = st.lists(_from_schema(schema["items"], definitions, more), max_size=3)
    else:
        found = _plain(schema)
    return found if more is None else found | more


def _plain(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    words = st.sampled_from(["/tmp/a.mov", "draft", "24/1", "remove", "/etc/passwd"])
    simple = st.none() | st.integers(-9, 9) | st.text(max_size=5)
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        "string": st.from_regex(schema["pattern"], fullmatch=True)
        if "pattern" in schema
        else words | st.text(max_size=20),
        "integer": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
        "object": st.dictionaries(st.text(max_size=5), simple, max_size=3),
    }
    return kinds.get(schema.get("type"), simple)
