"""One way between dataclasses and JSON, for everything that crosses a process or is stored.

A class that `labelled` marks writes its label, and reads nothing that has another. Reading is strict: no unknown
field, no guessed type (a number is no text, true is no number). What is missing takes the field's default, if it has
one.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, Callable, Type, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import SpecError, UnknownVersionError

T = TypeVar("T")
_MOST_DIGITS = 40  # of either part of a rate


def labelled(label: str) -> Callable[[Type[T]], Type[T]]:
    """Give a dataclass the label that it carries on the wire, for example "Job.1"."""

    def mark(cls: Type[T]) -> Type[T]:
        cls.LABEL = label  # type: ignore[attr-defined]
        return cls

    return mark


def label_of(cls: Any) -> "str | None":
    """The label of a class; None if it only stands inside others."""
    return getattr(cls, "LABEL", None)


def encode(value: Any) -> Any:
    """A dataclass, or what is in one, as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        label = label_of(type(value))
        plain = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return plain if label is None else {"label": label, **plain}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


def decode(
    cls: Type[T],
    data: Any,
    *,
    complete: bool = False,
    chosen: "Callable[[dict[str, Any]], dict[str, Any]] | None" = None,
) -> T:
    """The dataclass that `encode` described.

    Args:
        cls: what is expected.
        data: parsed JSON.
        complete: refuse a missing field even if it has a default, as for what is stored.
        chosen: given the values, names the types of fields that depend on other fields.

    Raises:
        UnknownVersionError: another label.
        SpecError: a field is missing or unknown, or its value makes no sense.
    """
    name = label_of(cls) or cls.__name__
    if not isinstance(data, dict):
        raise SpecError(f"a {name} that is no object")
    values = dict(data)
    if label_of(cls) is not None:
        label = values.pop("label", None)
        if label != label_of(cls):
            raise UnknownVersionError(f"'{_short(label)}' is not known here, only {label_of(cls)}")
    hints: "dict[str, tuple[Any, bool]]" = _hints(cls)  # type: ignore[arg-type]
    unknown = [_short(field) for field in values if field not in hints]
    if unknown:
        raise SpecError(f"a {name} has no field {', '.join(sorted(unknown)[:5])}")
    missing = [field for field, (_, needed) in hints.items() if field not in values and (needed or complete)]
    if missing:
        raise SpecError(f"a {name} lacks the field {', '.join(sorted(missing))}")
    kinds = {field: kind for field, (kind, _) in hints.items()}
    if chosen is not None:
        kinds.update(chosen(values))
    try:
        return cls(**{field: _value(kinds[field], value, field) for field, value in values.items()})
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise SpecError(f"a {name} that cannot be understood: {error}") from error


def parse_json(text: "str | bytes") -> Any:
    """Parsed JSON, without what JSON does not have (NaN, infinities, numbers of thousands of digits).

    Raises:
        SpecError: it is none.
    """
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"that is no JSON: {_short(error)}") from None


@lru_cache(maxsize=None)
def _hints(cls: Any) -> "dict[str, tuple[Any, bool]]":
    """Field name → its type, and whether it must be there."""
    types = get_type_hints(cls)
    return {
        f.name: (
            types[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(cls)
    }


def _value(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return _plain(value, where)
    if origin is Union:
        return None if value is None else _value(get_args(kind)[0], value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise SpecError(f"{where} is no list")
        return tuple(_value(get_args(kind)[0], item, where) for item in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise SpecError(f"{where} is no object")
        return {_text(k, where): _value(get_args(kind)[1], item, where) for k, item in value.items()}
    if dataclasses.is_dataclass(kind):
        from_wire = getattr(kind, "from_wire", None)
        nested: Any = kind
        return decode(nested, value) if from_wire is None else from_wire(value)
    return _scalar(kind, value, where)


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is str:
        return _text(value, where)
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**63:
            raise SpecError(f"{where} is a number out of range")
        return value
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value, where)
    if kind is Fraction:
        text = _text(value, where)
        if len(text) > 2 * _MOST_DIGITS:
            raise SpecError(f"{where} is a number out of range")
        return Fraction(text)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(str(member.value) for member in kind)
            raise SpecError(f"{where} is '{_short(value)}'", remedy=f"choose from {known}") from None
    names = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
    raise SpecError(f"{where} is not {names.get(kind, kind)}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise SpecError(f"{where} is not text")
    return value


def _finite(value: Any, where: str) -> float:
    """A number that JSON can hold: 1e999 is none."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SpecError(f"{where} is a number out of range")
    return number


def _plain(value: Any, where: str) -> Any:
    """Any JSON value whose numbers are finite."""
    if isinstance(value, float):
        return _finite(value, where)
    if isinstance(value, list):
        return [_plain(item, where) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, where) for key, item in value.items()}
    return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
