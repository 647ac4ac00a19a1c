"""The manifest `plugin.json`: one table of actions for panel, context menus, hosts and command line."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import SpecError


@lru_cache(maxsize=1)
def manifest() -> dict[str, Any]:
    """The manifest of this installation.

    Raises:
        SpecError: it is not there.
    """
    places = (
        Path(__file__).parents[2] / "plugin.json",
        Path(sys.prefix) / "share" / "lumiere" / "plugin.json",
    )
    for place in places:
        if place.is_file():
            found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            return found
    raise SpecError("plugin.json is missing", remedy="install Lumiere again")


def done_word(effect: str) -> str:
    """What a result of an effect is called: the end of its file's name, and of its clip's in brackets.

    Raises:
        SpecError: there is no manifest.
    """
    word: str = manifest()["effects"][effect]["done"]
    return word
