"""The one table of actions: panel buttons, context menus and hosts are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Action:
    """Something that can be done with a clip.

    Attributes:
        id: unique, such as "remove".
        title: on buttons and in menus.
        effect: the effect that a job of it has.
        help: a sentence for tooltips.
        shown_in: of "panel", "clip_menu", "command_line", "host".
        params: name and value of parameters that it sets: a preset.
    """

    id: str
    title: str
    effect: str
    help: str
    shown_in: tuple[str, ...]
    params: tuple[tuple[str, Any], ...] = ()
