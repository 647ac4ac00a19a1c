"""The form of an effect, made from its parameter dataclass: labels, units, ranges and help stand there alone."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints


@dataclass(frozen=True)
class FormField:
    """One parameter.

    Attributes:
        name: of the dataclass's field.
        label: for people.
        kind: "choice", "number", "slider", "switch", "text", "picture" (a file), "styles", "models", "begin" (a choice,
            and a picture), or, of what the shot's notes hold, "paintings", "frame" and "motion".
        default: its default.
        help: a sentence.
        choices: of a choice.
        words: of a choice, what people read.
        more: whether it is seldom needed.
        unit: of a number, such as "px".
        low, high, step: of a number.
        whole: of a number that is counted, such as frames.
        automatic: of a number that may be None: what to begin with when it is set by hand; None if it may not.
        roles: of models, what may be chosen beside the one that paints: "motion", "lora", "upscale".
        needs: names of the parameters without which it counts as its default.
    """

    name: str
    label: str
    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    more: bool = False
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 0.1
    whole: bool = False
    automatic: float | None = None
    roles: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def form_of(params: type) -> tuple[FormField, ...]:
    """The fields of a parameter dataclass that have a label, in its order."""
    hints, helps = get_type_hints(params), _helps(params)
    found = []
    for field in dataclasses.fields(params):
        about = field.metadata
        if "label" not in about:
            continue
        plain = "choice" if "choices" in about else "switch" if hints[field.name] is bool else "number"
        choices = tuple(about.get("choices", ()))
        found.append(
            FormField(
                field.name,
                about["label"],
                about.get("kind", plain),
                field.default,
                helps.get(field.name, ""),
                choices,
                tuple(about.get("words", (choice.capitalize() for choice in choices))),
                about.get("more", False),
                about.get("unit", ""),
                about.get("low", 0.0),
                about.get("high", 1.0),
                about.get("step", 0.1),
                int in (hints[field.name], *get_args(hints[field.name])),
                about.get("automatic"),
                tuple(about.get("roles", ())),
                tuple(about.get("needs", ())),
            )
        )
    return tuple(found)


def effective(fields: Sequence[FormField], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Name → what counts of the values that the controls show: what something else is needed for waits for that."""
    return {
        field.name: wanted[field.name] if all(wanted[name] for name in field.needs) else field.default
        for field in fields
    }


def _helps(params: type) -> dict[str, str]:
    """Name → what the docstring's "Attributes" say of it, as a sentence."""
    text = (inspect.getdoc(params) or "").partition("Attributes:")[2]
    helps = {}
    for match in re.finditer(r"^    (\w+): (.*(?:\n {6,}.*)*)", text, re.MULTILINE):
        said = " ".join(match[2].split())
        helps[match[1]] = said[:1].upper() + said[1:]
    return helps
