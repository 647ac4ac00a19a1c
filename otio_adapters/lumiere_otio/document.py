"""The JSON document of a timeline: read without harm, cut to what OpenTimelineIO can load, wrapped in a
timeline.

A timeline is kept as two things: the document exactly as the file had it, and a model that OpenTimelineIO
loads from a copy. What is written is the document with one track more, so whatever the model cannot hold
(newer schema versions, floats that its JSON reader rounds, whole numbers that it makes floats of) is still
there afterwards.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

Json = dict[str, Any]
Keys = tuple[str | int, ...]

SCHEMA = "OTIO_SCHEMA"
_MARKER_COLORS = {
    "PINK", "RED", "ORANGE", "YELLOW", "GREEN", "CYAN", "BLUE", "PURPLE", "MAGENTA", "BLACK", "WHITE",
}  # fmt: skip
_TRACK_ITEMS = ("Clip", "Gap", "Transition")
_MANGLED_TYPE = re.compile(r"\s*\(of type '[^']*'\)|N14opentimelineio\d+v\d+_\d+_\d(?=\d)\d{1,2}(?=[A-Z])")


def parse_document(data: bytes) -> Json:
    """The JSON object in the bytes of a file.

    Raises:
        TimelineError: empty, not text, not JSON, or JSON that is no OpenTimelineIO object.
    """
    if not data.strip():
        raise TimelineError("the file is empty")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TimelineError("the file is no text, so no OpenTimelineIO timeline") from None
    except json.JSONDecodeError as error:
        raise TimelineError(f"broken JSON in line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise TimelineError("its JSON is nested too deeply") from None
    except ValueError as error:  # a number with thousands of digits
        raise TimelineError(f"broken JSON: {error}") from None
    if not isinstance(document, dict) or not schema_of(document)[0]:
        raise TimelineError("JSON, but no OpenTimelineIO object (no OTIO_SCHEMA at its root)")
    return document


def schema_of(node: Any) -> tuple[str, int]:
    """Schema name and version of a JSON node: `("Clip", 2)`; `("", 0)` if it has none."""
    label = node.get(SCHEMA) if isinstance(node, dict) else None
    name, dot, version = str(label or "").rpartition(".")
    return (name, int(version)) if dot and version.isdecimal() and len(version) < 9 else ("", 0)


def children_of(node: Json) -> list[Any]:
    """The list of children of a composition or collection."""
    children = node.get("children")
    return children if isinstance(children, list) else []


def find_timeline(document: Json) -> tuple[Json, Keys]:
    """The document with a timeline in it, and the keys that lead from its root to that timeline.

    A root that is itself a timeline stays as it is, as does a collection that holds exactly one. A clip,
    track, stack, or a collection of only one of these kinds, is wrapped into a new timeline.

    Raises:
        TimelineError: several timelines (named), or a root that cannot be a timeline.
    """
    name = schema_of(document)[0]
    if name == "Timeline":
        return document, ()
    if name != "SerializableCollection":
        return _wrapped([document], str(document.get("name") or "")), ()
    children = children_of(document)
    found = [i for i, child in enumerate(children) if schema_of(child)[0] == "Timeline"]
    if len(found) == 1:
        return document, ("children", found[0])
    if found:
        names = ", ".join(f"'{children[i].get('name') or ''}'" for i in found)
        raise TimelineError(
            f"the file holds {len(found)} timelines ({names})", remedy="export the one you mean on its own"
        )
    return _wrapped(children, str(document.get("name") or "")), ()


def at(document: Json, keys: Keys) -> Any:
    """The node that the keys lead to."""
    node: Any = document
    for key in keys:
        node = node[key]
    return node


def load_model(node: Json) -> otio.schema.Timeline:
    """OpenTimelineIO's own object of a timeline's JSON node.

    Raises:
        TimelineError: a schema version that this OpenTimelineIO does not know, or anything else it refuses.
    """
    try:
        text = json.dumps(_loadable(node, dict(otio.core.type_version_map())))
        model = otio.core.deserialize_json_from_string(text)
    except RecursionError:
        raise TimelineError("its JSON is nested too deeply") from None
    except TimelineError:
        raise
    except Exception as error:  # OpenTimelineIO raises ValueError, KeyError, RuntimeError and others
        raise TimelineError(f"OpenTimelineIO refuses it: {one_line(error)}") from None
    if not isinstance(model, otio.schema.Timeline):
        raise TimelineError("OpenTimelineIO finds no timeline in it")
    if model.tracks is None:
        raise TimelineError("the timeline has no stack of tracks")
    return model


def one_line(error: BaseException) -> str:
    """The message of a foreign error in one line, without C++ type names."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    text = " ".join(_MANGLED_TYPE.sub("", text).split())
    return text[:300] or type(error).__name__


def _loadable(node: Any, known: dict[str, int]) -> Any:
    """A JSON node in which Marker.3 is Marker.2, the newest that OpenTimelineIO 0.18 can load; itself without any.

    Args:
        node: it is not changed.
        known: the newest version of each schema.

    Raises:
        TimelineError: any other schema version that is newer than this OpenTimelineIO.
    """
    if isinstance(node, list):
        values = [_loadable(value, known) if isinstance(value, (dict, list)) else value for value in node]
        return node if all(map(operator.is_, values, node)) else values
    if not isinstance(node, dict):
        return node
    changed = {}
    for key, value in node.items():
        if isinstance(value, (dict, list)):
            loadable = _loadable(value, known)
            if loadable is not value:
                changed[key] = loadable
    name, version = schema_of(node)
    if version > known.get(name, version):
        if name != "Marker" or version != 3:
            raise TimelineError(
                f"it holds a {name}.{version}, newer than the {name}.{known[name]} of OpenTimelineIO "
                f"{otio.__version__}",
                remedy="update OpenTimelineIO, or export with an older OTIO version",
            )
        changed |= {SCHEMA: "Marker.2", "color": _marker_color(node.get("color"))}
    return {**node, **changed} if changed else node


def _marker_color(color: Any) -> str:
    """The colour name of Marker.2 for the Color.1 object of Marker.3 (the document keeps the object)."""
    name = str(color.get("name") or "").upper() if isinstance(color, dict) else str(color or "").upper()
    return name if name in _MARKER_COLORS else "GREEN"


def _wrapped(children: list[Any], name: str) -> Json:
    """A new timeline around clips, tracks or stacks, which stay as they are.

    Raises:
        TimelineError: nothing in it, or kinds that do not go together.
    """
    kinds = {schema_of(child)[0] for child in children}
    if not kinds:
        raise TimelineError("the file holds an empty collection")
    if kinds == {"Track"}:
        tracks = children
    elif kinds == {"Stack"} and len(children) == 1:
        return _timeline_node(name, children[0])
    elif kinds <= {*_TRACK_ITEMS, "Stack"}:
        tracks = [node_of(otio.schema.Track(name="", kind="Video")) | {"children": children}]
    else:
        kind = ", ".join(sorted(kind or "an object without a schema" for kind in kinds))
        raise TimelineError(f"the file holds no timeline but {kind}")
    return _timeline_node(name, node_of(otio.schema.Stack(name="tracks")) | {"children": tracks})


def _timeline_node(name: str, stack: Json) -> Json:
    return node_of(otio.schema.Timeline(name=name)) | {"tracks": stack}


def node_of(thing: Any) -> Json:
    """The JSON node of an OpenTimelineIO object."""
    node: Json = json.loads(thing.to_json_string())
    return node


def nodes(node: Any) -> Iterator[Json]:
    """Every JSON object in a node, itself included."""
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(value)
