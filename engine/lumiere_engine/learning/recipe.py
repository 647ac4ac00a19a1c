"""A prior's recipe as a file: TOML, two tables, every value optional.

[corpus]            fields of `CorpusParams`
[prior]             fields of `PriorParams`, `network` a table of `STUNetParams`
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet import STUNetParams

from .corpus import CorpusParams
from .prior import PriorParams


def read_recipe(path: Path) -> tuple[CorpusParams, PriorParams]:
    """What the file says; what it does not say is the default.

    Raises:
        SpecError: missing, no TOML, an unknown name, or a value of another type than the default's.
    """
    data = _parsed(path)
    unknown = set(data) - {"corpus", "prior"}
    if unknown:
        raise SpecError(f"the recipe has an unknown table '{sorted(unknown)[0]}'", clip=str(path))
    prior = dict(data.get("prior", {}))
    network = prior.pop("network", None)
    params = PriorParams(**_checked(PriorParams, prior, path))
    if network is not None:
        shape = STUNetParams.from_wire({**STUNetParams().to_wire(), **network})
        params = PriorParams(**{**vars(params), "network": shape})
    return CorpusParams(**_checked(CorpusParams, data.get("corpus", {}), path)), params


def recipe_text(corpus: CorpusParams, prior: PriorParams) -> str:
    """The recipe in full, as TOML that `read_recipe` reads back."""
    values = {k: v for k, v in asdict(prior).items() if k != "network"}
    tables = {"corpus": asdict(corpus), "prior": values, "prior.network": prior.network.to_wire()}
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_written(value)}" for key, value in table.items()), ""]
    return "\n".join(lines)


def read_tables(path: Path, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The tables of a TOML file, each as its dataclass; what the file does not say is the default.

    Raises:
        SpecError: missing, no TOML, an unknown name, or a value of another type than the default's.
    """
    data = _parsed(path)
    unknown = set(data) - set(kinds)
    if unknown:
        raise SpecError(f"the recipe has an unknown table '{sorted(unknown)[0]}'", clip=str(path))
    return {name: kind(**_checked(kind, data.get(name, {}), path)) for name, kind in kinds.items()}


def tables_text(tables: Mapping[str, Any]) -> str:
    """Dataclasses as TOML that `read_tables` reads back."""
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_written(value)}" for key, value in asdict(table).items()), ""]
    return "\n".join(lines)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"the recipe cannot be read: {error.strerror}", clip=str(path)) from error
    except ValueError as error:
        raise SpecError(f"the recipe is no TOML: {error}", clip=str(path)) from error


def _checked(kind: type, values: dict[str, Any], path: Path) -> dict[str, Any]:
    defaults = {field.name: getattr(kind(), field.name) for field in fields(kind)}
    out: dict[str, Any] = {}
    for name, value in values.items():
        if name not in defaults:
            raise SpecError(f"the recipe has an unknown value '{name}'", clip=str(path))
        default = defaults[name]
        if isinstance(default, tuple):
            value = _tuples(value)
        if isinstance(default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(default):
            raise SpecError(f"the recipe's '{name}' cannot be {value!r}", clip=str(path))
        out[name] = value
    return out


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_written(item) for item in value)}]"
    return repr(value)
