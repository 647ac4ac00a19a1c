"""The actions and effects of the manifest, as the panel shows them."""

from __future__ import annotations

from lumiere_engine.protocol.params import EFFECTS
from lumiere_ui.models.actions import Action, Effect

from .manifest import manifest


def effect(name: str) -> Effect:
    """What the panel must know of an effect: the manifest's words, the protocol's parameters.

    Raises:
        SpecError: there is no manifest.
    """
    words = manifest()["effects"][name]
    return Effect(name, words["title"], words["verb"], words["done"], EFFECTS[name], words["hint"])


def actions() -> tuple[Action, ...]:
    """The actions of the manifest that the panel shows.

    Raises:
        SpecError: there is no manifest.
    """
    return tuple(
        Action(
            one["id"],
            one["title"],
            effect(one["effect"]),
            one["help"],
            tuple(one["shown_in"]),
            tuple(one.get("params", {}).items()),
        )
        for one in manifest()["actions"]
        if "panel" in one["shown_in"]
    )
