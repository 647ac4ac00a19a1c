"""RV's commands as the RV Reference Manual describes them, as far as the shim uses them.

Rules and where they come from: properties are arrays of values, and are set by `node.component.name` (chapter 2);
`group.rangeOffset` shifts the frames of all media of a source, `cut.in` and `cut.out` are its preferred frames
(chapter 16, RVFileSource); `nodeRangeInfo` tells frames after that shift, and no cut is the lowest or highest number
there is (chapter 16 and commands); every source lies in a group, which carries the name that is shown
(`extra_commands.uiName`). Whether cuts are counted before the shift is not said: the fake can do both.
"""

from __future__ import annotations

import sys
import types
from typing import Any

FRAMES: dict[str, int] = {}
HIGHEST = 2**31 - 1


class Session:
    """The sources with their properties."""

    def __init__(self) -> None:
        self.sources: dict[str, dict[str, Any]] = {}
        self.cuts_before_offset = False
        self.shown: list[str] = []
        self.rates: dict[str, float] = {}
        self.made = 0

    def add(self, path: str) -> str:
        self.made += 1
        source = f"sourceGroup{self.made:06}_source"
        self.sources[source] = {
            "media.movie": [path], "group.rangeOffset": [0], "cut.in": [-HIGHEST], "cut.out": [HIGHEST], "name": "",
        }  # fmt: skip
        return source

    def range(self, source: str) -> dict[str, Any]:
        held = self.sources[source]
        offset = held["group.rangeOffset"][0]
        cuts = [held["cut.in"][0], held["cut.out"][0]]
        if self.cuts_before_offset:
            cuts = [cut if abs(cut) == HIGHEST else cut + offset for cut in cuts]
        last = FRAMES[held["media.movie"][0]]
        rate = self.rates.get(source, 24.0)
        return {
            "start": 1 + offset,
            "end": last + offset,
            "cutIn": cuts[0],
            "cutOut": cuts[1],
            "fps": rate,
            "inc": 1,
        }


class MinorMode:
    def init(self, name: str, bindings: Any, overrides: Any, menu: Any) -> None:
        self.menu = menu


def install() -> Session:
    """Puts the fake where `from rv import commands` finds it; returns its session."""
    session = Session()
    commands, extra, rvtypes = (
        types.ModuleType(f"rv.{name}") for name in ("commands", "extra_commands", "rvtypes")
    )

    def split(name: str) -> tuple[str, str]:
        source, _, key = name.partition(".")
        return source, key

    def set_int(name: str, values: list[int], resize: bool) -> None:
        assert isinstance(values, list) and resize is True
        source, key = split(name)
        session.sources[source][key] = values

    def read(name: str) -> list[Any]:
        source, key = split(name)
        return list(session.sources[source][key])

    known: dict[str, Any] = {
        "nodesOfType": lambda kind: list(session.sources) if kind == "RVFileSource" else [],
        "nodeGroup": lambda node: node.rpartition("_")[0],
        "nodeRangeInfo": session.range,
        "setIntProperty": set_int,
        "getStringProperty": read,
        "addSourceVerbose": lambda paths, tag: session.add(paths[0]),
        "deleteNode": lambda group: session.sources.pop(f"{group}_source"),
        "frame": lambda: 1,
        "fps": lambda: 24.0,
        "sourcesAtFrame": lambda frame: list(session.shown),
        "sessionFileName": lambda: "Untitled",
    }
    for name, call in known.items():
        setattr(commands, name, call)
    extra.told = []  # type: ignore[attr-defined]
    extra.displayFeedback = lambda text, seconds: extra.told.append(text)  # type: ignore[attr-defined]
    extra.uiName = lambda group: session.sources[f"{group}_source"]["name"]  # type: ignore[attr-defined]
    extra.setUIName = lambda group, name: session.sources[f"{group}_source"].update(name=name)  # type: ignore[attr-defined]
    rvtypes.MinorMode = MinorMode  # type: ignore[attr-defined]
    package = types.ModuleType("rv")
    package.commands, package.extra_commands, package.rvtypes = commands, extra, rvtypes  # type: ignore[attr-defined]
    sys.modules.update(
        {"rv": package, "rv.commands": commands, "rv.extra_commands": extra, "rv.rvtypes": rvtypes}
    )
    return session
