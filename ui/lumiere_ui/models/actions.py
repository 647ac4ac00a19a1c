"""The one table of actions: panel buttons, context menus and hosts are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Effect:
    """What the panel must know of an effect; its form is made from its parameters.

    Attributes:
        id: as in a `JobSpec`, "remove".
        title: of its form, "Remove object".
        verb: on its button, "Remove".
        done: what its result is called, "removed".
        params: its parameter dataclass; `effect_form` says what its fields must tell.
        hint: what to draw first; "" for an effect that needs no mask.
    """

    id: str
    title: str
    verb: str
    done: str
    params: type
    hint: str = ""


@dataclass(frozen=True)
class Action:
    """Something that can be done with a clip.

    Attributes:
        id: unique, such as "remove".
        title: on buttons and in menus.
        effect: what a job of it does.
        help: a sentence for tooltips.
        shown_in: of "panel", "clip_menu", "command_line", "host".
        params: name and value of parameters that it sets: a preset.
    """

    id: str
    title: str
    effect: Effect
    help: str
    shown_in: tuple[str, ...]
    params: tuple[tuple[str, Any], ...] = ()


def effects_of(actions: tuple[Action, ...]) -> tuple[Effect, ...]:
    """The effects of actions, each once, in their order."""
    return tuple(dict.fromkeys(action.effect for action in actions))
