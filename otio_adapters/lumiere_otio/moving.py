"""Media that is named relative to its timeline stays found when the timeline is written into another folder."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import Any

from .document import SCHEMA, Json
from .media import paths_of_url

_FIELDS = {"ExternalReference": "target_url", "ImageSequenceReference": "target_url_base"}


def moved(document: Json, old: Path, new: Path) -> Json:
    """The document for another folder: relative media paths that lead to something are turned to lead there still.

    Args:
        document: a timeline's JSON; not changed.
        old: the folder that relative paths count from now.
        new: the folder that they will count from.
    """
    old, new = old.absolute(), new.absolute()
    if old == new:
        return document
    document = deepcopy(document)
    _turn(document, old, new)
    return document


def _turn(node: Any, old: Path, new: Path) -> None:
    if isinstance(node, list):
        for child in node:
            _turn(child, old, new)
    elif isinstance(node, dict):
        field = _FIELDS.get(str(node.get(SCHEMA)).partition(".")[0])
        url = node.get(field) if field else None
        if isinstance(url, str) and url and not _is_absolute(url):
            there = next((place for place in paths_of_url(url, old) if place.exists()), None)
            if there is not None:
                node[field] = os.path.relpath(there, new) + ("/" if url.endswith("/") else "")
        for child in node.values():
            _turn(child, old, new)


def _is_absolute(url: str) -> bool:
    """Whether a reference means the same from every folder."""
    return all(place.is_absolute() for place in paths_of_url(url, None))
